"""Small COCO labels, to be changed and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from posetune.data.dataset import load_dataset

COCO_NAMES = ["nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "neck"]


POINTS = [50, 10, 2, 60, 30, 2, 40, 30, 1, 58, 70, 2, 42, 70, 2, 50, 25, 2]


def content(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 120}],
        "annotations": [{"id": 7, "image_id": 1, "category_id": 1, "keypoints": list(POINTS)}],
        "categories": [{"id": 1, "name": "person", "keypoints": list(COCO_NAMES)}],
    }
    return {**base, **changes}


def annotation(**changes: Any) -> dict[str, Any]:
    return {**content()["annotations"][0], **changes}


def read(folder: Path, labels: Any, text: str | None = None):
    (folder / "annotations" / "train.json").write_text(json.dumps(labels) if text is None else text)
    return load_dataset(folder, "train")
