"""The numbers of one annotation of COCO's tables: points, places in space, boxes; each mistake is one sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from posetune.data.formats.coco_schema import WHOLEBODY, Fail, Schema

#: In COCO-WholeBody's hands, feet and faces v may be a detector's score: from here on it counts as a label.
SURE = 0.5
LOW_SCORE = f"have a score for v below {SURE} and count as unlabelled"
#: A box this near to the hull of the labelled points, in px, is their hull: exporters round to two decimals.
_HULL_PX = 0.02


def is_hull(box: np.ndarray, row: dict[str, Any]) -> bool:
    """Whether a box is the hull of the labelled points, all of the file's own."""
    flat = row.get("keypoints") or []
    points = np.array(flat, float).reshape(-1, 3)
    points = points[points[:, 2] > 0, :2]
    if len(points) < 2:
        return False
    hull = np.concatenate([points.min(axis=0), np.ptp(points, axis=0)])
    return bool(np.abs(hull - box).max() <= _HULL_PX)


def outside_of(row: dict[str, Any], schema: Schema, count: int, who: str, fail: Fail) -> np.ndarray:
    """(count, 3) x, y, occluded of the points that were marked as not there; NaN for all others."""
    points = np.full((count, 3), np.nan)
    said = row.get("outside")
    if not isinstance(said, dict):
        return points
    place = {name: schema.mapping[i] for i, name in enumerate(schema.names) if i in schema.mapping}
    for name, values in said.items():
        if not isinstance(values, list) or len(values) != 3 or not all(map(is_finite, values)):
            raise fail(f"'outside' of {who} is not name: [x, y, occluded].")
        if name in place:
            points[place[name]] = values
    return points


def scored_points_of(row: dict[str, Any], key: str, count: int, who: str, fail: Fail) -> tuple[np.ndarray, int, int]:
    """``(points, n, low)``: as :func:`points_of`, where v may be a score between 0 and 1, as it is of n points; of ``low`` it is
    too small for a label.
    """
    flat = row.get(key)
    fractions = low = 0
    if isinstance(flat, list) and row.get(key.replace("kpts", "valid")) is False:
        flat = None
    if isinstance(flat, list):
        flat = list(flat)
        for i in range(2, len(flat), 3):
            if isinstance(flat[i], float) and 0 < flat[i] < 1:
                fractions += 1
                low += flat[i] < SURE
                flat[i] = 2 if flat[i] >= SURE else 0
    return points_of({key: flat}, key, count, who, fail), fractions, low


def points_of(row: dict[str, Any], key: str, count: int, who: str, fail: Fail) -> np.ndarray:
    """(count, 3) x, y, v of an annotation; zeros if it has none."""
    flat = row.get(key)
    if flat is None or flat == []:
        return np.zeros((count, 3))
    try:
        values = np.array(flat, dtype=np.float64).reshape(-1)  # None becomes NaN
    except (TypeError, ValueError, OverflowError):
        raise fail(f"the {key} of {who} are not numbers.") from None
    if values.size != 3 * count:
        named = (
            f"COCO-WholeBody has {count} points there" if key in WHOLEBODY else f"its category names {count} keypoints"
        )
        raise fail(f"the {key} of {who} are {values.size} numbers; {named}, so it takes {3 * count} (x, y, v each).")
    points = values.reshape(count, 3)
    if not np.isin(points[:, 2], (0, 1, 2)).all():
        raise fail(f"the {key} of {who} have a v that is not 0, 1 or 2.")
    if not np.isfinite(points[points[:, 2] > 0]).all():
        raise fail(f"the {key} of {who} hold NaN or infinity; correct it, or set v = 0 for that point.")
    points[points[:, 2] == 0] = np.nan_to_num(points[points[:, 2] == 0], nan=0, posinf=0, neginf=0)
    return points


def points_3d_of(row: dict[str, Any], schema: Schema, who: int, count: int, fail: Fail) -> np.ndarray | None:
    """(33, 3) metres, NaN where absent; None if the annotation has no ``keypoints_3d``.

    Written as the 2D points are: by the category's names, flat or as triples; null or NaN is unknown.
    """
    raw = row.get("keypoints_3d")
    if not raw:
        return None
    try:
        values = np.array(raw, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise fail(f"the keypoints_3d of annotation {who} are not numbers.") from None
    if values.size != 3 * len(schema.names):
        raise fail(
            f"the keypoints_3d of annotation {who} are {values.size} numbers; its category takes "
            f"{3 * len(schema.names)}."
        )
    native = values.reshape(-1, 3)
    native[~np.isfinite(native).all(axis=1)] = np.nan
    points = np.full((count, 3), np.nan)
    points[list(schema.mapping.values())] = native[list(schema.mapping)]
    return points


def box_of(row: dict[str, Any], who: int, fail: Fail) -> np.ndarray | None:
    """(4,) x, y, width, height in image px, or None."""
    raw = row.get("bbox")
    if not raw:
        return None
    if not isinstance(raw, list) or len(raw) != 4 or not all(is_finite(v) for v in raw):
        raise fail(f"the bbox of annotation {who} is not four numbers x, y, width, height.")
    return np.array(raw, dtype=np.float64) if raw[2] > 0 and raw[3] > 0 else None


def is_finite(value: object) -> bool:
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        return False
