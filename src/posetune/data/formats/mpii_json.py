"""MPII's labels as JSON (HRNet's and mmpose's form of them): a bare list of people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posetune.data.formats.label_text import is_label_file, mentions, read_json
from posetune.data.formats.reading import Reading, Tables
from posetune.data.formats.row_values import is_finite
from posetune.data.formats.table_reader import read_tables
from posetune.data.people import Dataset
from posetune.errors import PosetuneError

__all__ = ["NAME", "POINTS", "TITLE", "person_box", "read", "sniff"]

NAME = "mpii"
TITLE = "MPII JSON"

#: MPII's 16 points in their order (human-pose.mpi-inf.mpg.de).
POINTS = ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax", "upper_neck",
          "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist")  # fmt: skip
#: MPII's unit of a person's size, px.
_UNIT = 200.0


def sniff(path: Path) -> bool:
    """Whether ``path`` is JSON with joints and joints_vis."""
    return path.is_file() and is_label_file(path) and mentions(path, b'"joints_vis"') and mentions(path, b'"joints"')


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read each entry as a person. The file does not tell hidden points from visible ones: all that it has are v = 2, and
    (−1, −1) is unlabelled. A box has 200 px times ``scale`` a side, around ``center``. Places are as in the file, which MATLAB
    counts from 1.

    Raises PosetuneError: no list, another number of joints, and what ``coco.load_coco`` raises.
    """
    content, notes = read_json(path)
    if not isinstance(content, list) or not content or not all(isinstance(row, dict) for row in content):
        raise PosetuneError(f"{path}: it is no list of people with 'image', 'joints' and 'joints_vis'.")
    images: dict[str, dict[str, Any]] = {}
    rows = []
    for number, entry in enumerate(content, 1):
        name = entry.get("image", entry.get("images"))
        if not isinstance(name, str) or not name:
            raise PosetuneError(f"{path}: entry {number} names no image.")
        image = images.setdefault(name, {"id": len(images) + 1, "file_name": name})
        row: dict[str, Any] = {"id": number, "image_id": image["id"], "category_id": 1}
        row["keypoints"] = _keypoints(entry, f"{path}: entry {number} ({name})")
        box = person_box(entry.get("center"), entry.get("scale"))
        rows.append(row if box is None else {**row, "bbox": box})
    notes.append("does not say which points are hidden: all labelled ones count as visible (v = 2)")
    categories = [{"id": 1, "name": "person", "keypoints": list(POINTS)}]
    return read_tables(Tables(str(path), list(images.values()), rows, categories, notes), path, how)


def person_box(center: Any, scale: Any) -> list[float] | None:
    """x, y, width, height of the square that MPII's center and scale mean; None where they mean none."""
    if not isinstance(center, list | tuple) or len(center) != 2 or not is_finite(scale) or scale <= 0:
        return None
    if not all(map(is_finite, center)):
        return None
    side = _UNIT * float(scale)
    x, y = (float(v) for v in center)
    return [x - side / 2, y - side / 2, side, side]


def _keypoints(entry: dict[str, Any], about: str) -> list[float]:
    joints, visible = entry.get("joints"), entry.get("joints_vis")
    if not isinstance(joints, list) or not isinstance(visible, list) or not len(joints) == len(visible) == len(POINTS):
        raise PosetuneError(f"{about}: it has not {len(POINTS)} joints and joints_vis, as MPII has.")
    keypoints: list[float] = []
    for joint, v in zip(joints, visible, strict=True):
        try:
            x, y = (float(value) for value in joint)
        except (TypeError, ValueError, OverflowError):
            raise PosetuneError(f"{about}: a joint is not x, y.") from None
        there = bool(v) and not (x < 0 and y < 0)
        keypoints += [x, y, 2.0] if there else [0.0, 0.0, 0.0]
    return keypoints
