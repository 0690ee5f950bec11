"""Halpe's JSON: COCO's tables without the names of its 136 (or 26) points, which stand here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posetune import landmarks
from posetune.data.formats.coco import tables_of
from posetune.data.formats.coco_schema import WHOLEBODY
from posetune.data.formats.label_text import is_label_file, mentions, read_json
from posetune.data.formats.reading import Reading
from posetune.data.formats.row_values import LOW_SCORE, SURE, is_finite
from posetune.data.formats.table_reader import read_tables
from posetune.data.losses import Losses
from posetune.data.people import Dataset
from posetune.errors import PosetuneError

__all__ = ["NAME", "TITLE", "read", "sniff"]

NAME = "halpe"
TITLE = "Halpe JSON (136 or 26 points)"

_BODY = (
    *(landmarks.NAMES[i] for i in landmarks.COCO17), "head", "neck", "hip", "left_big_toe", "right_big_toe", "left_small_toe",
    "right_small_toe", "left_heel", "right_heel",
)  # fmt: skip
#: The order of github.com/Fang-Haoshu/Halpe-FullBody: body and feet, face, hands.
POINTS = (*_BODY, *WHOLEBODY["face_kpts"], *WHOLEBODY["lefthand_kpts"], *WHOLEBODY["righthand_kpts"])
#: Points that lie by each other, if the order is Halpe's: wrist and hand, ankle and heel.
_NEIGHBOURS = ((9, 94), (10, 115), (15, 24), (16, 25))


def sniff(path: Path) -> bool:
    """Whether ``path`` has COCO's tables with one category that names no points, and annotations with 136 or 26 of them."""
    if not (
        path.is_file() and is_label_file(path) and mentions(path, b'"annotations"') and mentions(path, b'"images"')
    ):
        return False
    if not mentions(path, b'"keypoints": []') and not mentions(path, b'"keypoints":[]'):
        return False
    try:
        content, _ = read_json(path)
    except PosetuneError:
        return False
    return _count(content) is not None


def _count(content: Any) -> int | None:
    """How many points each annotation has, if it is Halpe's."""
    if not isinstance(content, dict):
        return None
    categories, rows = content.get("categories"), content.get("annotations")
    if not isinstance(categories, list) or not isinstance(rows, list) or len(categories) != 1:
        return None
    if not isinstance(categories[0], dict) or categories[0].get("keypoints"):
        return None
    lengths = {
        len(row["keypoints"]) for row in rows if isinstance(row, dict) and isinstance(row.get("keypoints"), list)
    }
    lengths.discard(0)
    counts = {len(POINTS) * 3: len(POINTS), len(_BODY) * 3: len(_BODY)}
    return counts.get(lengths.pop()) if len(lengths) == 1 else None


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read the points that are among the 33. The order is held against the labels themselves: hands by wrists, heels by ankles.

    Raises PosetuneError where they contradict it, and what ``coco.load_coco`` raises.
    """
    content, notes = read_json(path)
    tables = tables_of(content, path, notes)
    names = POINTS[: _count(content)]
    rows = [_scored(row, tables.losses) for row in tables.annotations]
    _check_order(rows, len(names), path)
    categories = [{**tables.categories[0], "keypoints": list(names), "skeleton": []}]
    return read_tables(dataclasses.replace(tables, categories=categories, annotations=rows), path, how)


def _scored(row: dict[str, Any], losses: Losses) -> dict[str, Any]:
    """v of a face or hand may be a detector's score: from a half on it is a label."""
    flat = row.get("keypoints")
    if not isinstance(flat, list) or not any(isinstance(v, float) and 0 < v < 1 for v in flat[2::3]):
        return row
    flat = list(flat)
    losses.add("points", LOW_SCORE, sum(isinstance(v, float) and 0 < v < SURE for v in flat[2::3]))
    flat[2::3] = [2 * (v >= SURE) if isinstance(v, float) and 0 < v < 1 else v for v in flat[2::3]]
    return {**row, "keypoints": flat}


def _check_order(rows: Sequence[dict[str, Any]], count: int, path: Path) -> None:
    near = far = 0
    for row in rows:
        flat = row.get("keypoints")
        if not isinstance(flat, list) or len(flat) != 3 * count or not all(map(is_finite, flat)):
            continue
        points = np.array(flat, float).reshape(-1, 3)
        body = points[(points[:, 2] > 0) & (np.arange(count) < 17)]
        for a, b in _NEIGHBOURS:
            if b < count and points[a, 2] > 0 and points[b, 2] > 0 and len(body) > 4:
                size = float(np.ptp(body[:, :2], axis=0).max())
                is_near = float(np.linalg.norm(points[a, :2] - points[b, :2])) < 0.25 * size
                near, far = near + is_near, far + (not is_near)
    if far > near:
        raise PosetuneError(
            f"{path}: its {count} points have no names, and are not in Halpe's order (hands lie far from wrists); name them in the "
            "category."
        )
