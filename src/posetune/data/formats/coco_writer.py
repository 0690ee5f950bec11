"""A set written as COCO keypoint JSON, whole or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.people import Dataset, Person
from posetune.files import write_text


def write_coco(dataset: Dataset, path: str | Path) -> None:
    """Write ``dataset`` as a COCO keypoint file over the 33 landmarks (or its own points), atomically.

    ``file_name`` is relative to ``root/images`` (or to ``root``) where the image lies there, absolute
    otherwise. Groups, ``ignore``, ``keypoints_3d`` and ``origin`` are kept.

    Raises PosetuneError if the file cannot be written.
    """
    content = {
        "info": {"description": dataset.name, "made_by": "posetune"},
        "categories": [
            {
                "id": 1,
                "name": "person",
                "supercategory": "person",
                "keypoints": list(dataset.skeleton.names),
                "skeleton": [[a + 1, b + 1] for a, b in dataset.skeleton.edges],  # COCO counts from 1 here
            }
        ],
        "images": [
            {
                "id": image.id,
                "file_name": _relative(image.path, dataset.root),
                "width": image.width,
                "height": image.height,
                "group": image.group,
            }
            for image in dataset.images
        ],
        "annotations": [_annotation(person) for person in dataset.people],
    }
    write_text(path, json.dumps(content, allow_nan=False, separators=(",", ":")))


def _annotation(person: Person) -> dict[str, Any]:
    points = np.where(person.labelled[:, None], person.keypoints, 0.0)
    row: dict[str, Any] = {
        **person.origin.to_row(),
        "id": person.id,
        "image_id": person.image.id,
        "category_id": 1,
        "keypoints": [v if i % 3 != 2 else int(v) for i, v in enumerate(np.round(points, 3).ravel().tolist())],
        "num_keypoints": int(person.labelled.sum()),
        "iscrowd": 0,
        "ignore": int(person.ignore),
    }
    if person.bbox is not None:
        row["bbox"] = [round(float(v), 2) for v in person.bbox]
    if person.area is not None:
        row["area"] = round(float(person.area), 2)
    if person.keypoints_3d is not None:
        row["keypoints_3d"] = [
            None if not math.isfinite(v) else round(v, 5) for v in person.keypoints_3d.ravel().tolist()
        ]
    return row


def _relative(path: Path, root: Path) -> str:
    for base in (root / "images", root):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.resolve().as_posix()
