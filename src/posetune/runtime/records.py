"""Poses as records: COCO's results format and a table with one row a landmark."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from posetune.runtime.pipeline import Pose
from posetune.skeleton import BLAZEPOSE

CATEGORY_ID = 1  # "person"
CSV_COLUMNS = (
    "image_id", "file_name", "frame", "person", "score", "landmark", "name",
    "x", "y", "z", "visibility", "presence", "world_x", "world_y", "world_z",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Found:
    """One person, where it was found: ``frame`` counts a video's frames from 0 and is None for an image."""

    image_id: int
    file_name: str
    frame: int | None
    person: int
    pose: Pose


def coco_result(found: Found) -> dict[str, Any]:
    """One entry of a COCO keypoint results file (cocodataset.org/#format-results), and what COCO has no
    place for.

    ``keypoints``: 33 × (x, y, visibility), image px and 0…1. Beyond COCO: ``file_name``; ``frame`` (videos);
    ``z``: 33 × image px; ``presence``: 33 × 0…1; ``world``: 33 × [x, y, z] metres, hip-centred;
    ``detection_score`` 0…1. Of a network with K points of its own: K instead of 33, ``keypoint_names``, and null for what
    it does not tell (z, presence and world of points that are none of the 33).
    """
    pose = found.pose
    keypoints = [
        number
        for (x, y, _), v in zip(pose.landmarks_px.tolist(), pose.visibility.tolist(), strict=True)
        for number in (round(x, 3), round(y, 3), round(v, 4))
    ]
    entry: dict[str, Any] = {
        "image_id": found.image_id,
        "category_id": CATEGORY_ID,
        "keypoints": keypoints,
        "score": round(pose.score, 5),
        "file_name": found.file_name,
        "detection_score": round(pose.detection_score, 5),
        "z": [_rounded(z, 3) for z in pose.landmarks_px[:, 2].tolist()],
        "presence": [_rounded(p, 4) for p in pose.presence.tolist()],
        "world": [[_rounded(v, 4) for v in point] for point in pose.world.tolist()],
    }
    if pose.skeleton is not BLAZEPOSE:
        entry["keypoint_names"] = list(pose.skeleton.names)
    if found.frame is not None:
        entry["frame"] = found.frame
    return entry


def _rounded(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)


def coco_json(people: Iterable[Found]) -> str:
    """A COCO keypoint results file: a list, one person a line."""
    lines = [json.dumps(coco_result(found)) for found in people]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def table_csv(people: Iterable[Found]) -> str:
    """The same as CSV_COLUMNS, one row a landmark: x, y, z in image px, world in metres."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for found in people:
        pose = found.pose
        frame = "" if found.frame is None else found.frame
        for i, name in enumerate(pose.skeleton.names):
            writer.writerow(
                [found.image_id, found.file_name, frame, found.person, f"{pose.score:.5f}", i, name]
                + ["" if math.isnan(v) else f"{v:.3f}" for v in pose.landmarks_px[i]]
                + ["" if math.isnan(v) else f"{v:.4f}" for v in (pose.visibility[i], pose.presence[i], *pose.world[i])]
            )
    return stream.getvalue()
