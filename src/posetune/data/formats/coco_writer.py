"""A set written as COCO keypoint JSON, whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.formats.writing import Part
from posetune.data.losses import Loss
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.files import replacing
from posetune.skeleton import Skeleton


def write_coco(dataset: Dataset, path: str | Path) -> None:
    """Write ``dataset`` as a COCO keypoint file over the 33 landmarks (or its own points), atomically.

    ``file_name`` is relative to ``root/images`` (or to ``root``) where the image lies there, absolute
    otherwise. Groups, ``ignore``, ``keypoints_3d``, ``outside``, ``bbox_from`` and ``origin`` are kept.

    Raises PosetuneError if the file cannot be written.
    """
    info = {"description": dataset.name, "made_by": "posetune"}
    head = {"info": info, "categories": [category_row(dataset.skeleton)]}
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(_json(head)[:-1])
        for key, rows in (
            ("images", (image_row(image, dataset.root) for image in dataset.images)),
            ("annotations", (annotation_row(person) for person in dataset.people)),
        ):
            file.write(f',"{key}":[')
            for i, row in enumerate(rows):  # one at a time: a set may have 100,000 people
                file.write("," * (i > 0) + _json(row))
            file.write("]")
        file.write("}")


def write_parts(parts: Sequence[Part], out: Path) -> tuple[Loss, ...]:
    """Write ``out``/annotations/<split>.json for each part; images are taken to lie in ``out``/images under their new names.

    Nothing is lost. Raises PosetuneError if a file cannot be written.
    """
    for part in parts:
        moved = {
            id(image): dataclasses.replace(image, path=out / "images" / part.names[id(image)])
            for image in part.dataset.images
        }
        dataset = dataclasses.replace(part.dataset.with_images(moved, part.dataset.warnings), root=out)
        write_coco(dataset, out / "annotations" / f"{part.split}.json")
    return ()


def _json(content: Any) -> str:
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


def category_row(skeleton: Skeleton) -> dict[str, Any]:
    """The category of a file whose points are those of ``skeleton``."""
    return {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.names),
        "skeleton": [[a + 1, b + 1] for a, b in skeleton.edges],  # COCO counts from 1 here
    }


def image_row(image: ImageRecord, root: Path) -> dict[str, Any]:
    """The entry of an image of the set in ``root``."""
    return {
        "id": image.id,
        "file_name": _relative(image.path, root),
        "width": image.width,
        "height": image.height,
        "group": image.group,
        **image.origin.to_row(),
    }


def annotation_row(person: Person) -> dict[str, Any]:
    """The entry of a person."""
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
        if person.bbox_from is not None:
            row["bbox_from"] = person.bbox_from
    if person.outside is not None:
        row["outside"] = {
            person.skeleton.names[i]: np.round(person.outside[i], 3).tolist()
            for i in np.flatnonzero(np.isfinite(person.outside[:, 0]))
        }
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
