"""A set whose points are none of the 33, and a short run on it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from posetune.landmarks import INDEX

NAMES = ["left_hip", "right_hip", "left_shoulder", "right_shoulder", "neck", "left_shin", "right_shin"]


QUICK = ["suspects=false", "replay.share=0", "augment.wild_rotation=0", "samples=[8, 8]", "batch=4", "validations=1"]


def own_points(body: np.ndarray) -> np.ndarray:
    """(33, 3) → (7, 3): hips and shoulders, the neck between the shoulders, the shins' middles."""
    at = {name: body[INDEX[name]] for name in INDEX}
    middle = [np.append((at[a][:2] + at[b][:2]) / 2, 2) for a, b in (
        ("left_shoulder", "right_shoulder"), ("left_knee", "left_ankle"), ("right_knee", "right_ankle"))]  # fmt: skip
    return np.stack([*(np.append(at[n][:2], 2) for n in NAMES[:4]), *middle])


def write_labels(folder: Path, split: str, people: list, names: list[str], pick: list[int]) -> None:
    images, annotations = {}, []
    for person in people:
        images[person.image.id] = {
            "id": person.image.id, "file_name": str(person.image.path.resolve()), "group": person.image.group,
            "width": person.image.width, "height": person.image.height,
        }  # fmt: skip
        keypoints = own_points(person.keypoints)[pick]
        annotations.append({"id": person.id, "image_id": person.image.id, "category_id": 1,
                            "keypoints": [*map(float, keypoints.ravel())]})  # fmt: skip
    categories = [{"id": 1, "name": "person", "keypoints": [names[i] for i in pick], "skeleton": [[1, 2]]}]
    content = {"images": list(images.values()), "annotations": annotations, "categories": categories}
    (folder / "annotations" / f"{split}.json").write_text(json.dumps(content))


def run(folder, out, *assignments, **options):
    from posetune.tune.train import train

    said: list[str] = []
    settings = [*QUICK, *assignments]
    return train(folder, "lite", out, method="head", assignments=settings, say=said.append, **options), said
