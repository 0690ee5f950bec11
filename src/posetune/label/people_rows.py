"""A person as the page has it and as the label file has it.

COCO has three values of v. Here they are visible (2), occluded (1: inside the picture and hidden) and outside (0). A point that is
outside keeps the place where it was, under the entry's key "outside" (as ``data.people.Person.outside``), so that it can be taken
back in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from posetune.data.origin import CONFIRMED, CORRECTED, MOVED, PRELABEL, UNTOUCHED, VERIFIED, status_of
from posetune.label.actions import Point, Seen, Wanted
from posetune.label.label_file import Row
from posetune.landmarks import COUNT, INDEX, NAMES


def seen_of(row: Row) -> Seen:
    """The person of a label file's entry."""
    origin = row.get("origin")
    origin = origin if isinstance(origin, Mapping) else {}
    box = row.get("bbox")
    return Seen(
        row["id"],
        points_of(row),
        status_of(row.get("status")) or status_of(origin.get("status")),
        _of_33(origin.get("confidence")),
        _of_33(origin.get("points")),
        box if isinstance(box, list) and len(box) == 4 else None,
        *(origin.get(key) for key in ("network", "reviewer", "source")),
    )


def points_of(row: Row) -> list[Point]:
    """The 33 points of an entry; those of one without keypoints are nowhere."""
    flat = row.get("keypoints") or [0] * (3 * COUNT)
    outside = row.get("outside")
    outside = outside if isinstance(outside, Mapping) else {}
    points = []
    for i, name in enumerate(NAMES):
        x, y, v = flat[3 * i : 3 * i + 3]
        if v > 0:
            points.append(Point(x, y, int(v)))
            continue
        place = outside.get(name)
        known = isinstance(place, list) and len(place) >= 2 and all(_finite(p) for p in place[:2])
        points.append(Point(place[0], place[1], 0) if known else Point(None, None, 0))  # type: ignore[index]
    return points


def row_of(wanted: Wanted, before: Row | None, frame: Mapping[str, Any], reviewer: str) -> Row:
    """The entry of the label file for ``wanted``: ``before`` with what is changed, all else as it was.

    ``frame``: "image_id" and "category_id" of who is new.
    """
    row = dict(before) if before is not None else {"id": wanted.id, **frame, "iscrowd": 0, "ignore": 0}
    old = points_of(row) if before is not None else [Point(None, None, 0)] * COUNT
    changed = [not _same(a, b) for a, b in zip(old, wanted.points, strict=True)]
    if any(changed) or before is None:
        _put_points(row, wanted.points, changed)
    if before is None and wanted.box is not None:
        row["bbox"] = [round(v, 2) for v in wanted.box]
    _put_origin(row, wanted, changed, reviewer)
    return row


def _put_points(row: Row, points: Sequence[Point], changed: Sequence[bool]) -> None:
    flat = list(row.get("keypoints") or [0] * (3 * COUNT))
    outside = dict(row["outside"]) if isinstance(row.get("outside"), Mapping) else {}
    for i, point in enumerate(points):
        if not changed[i]:
            continue
        outside.pop(NAMES[i], None)
        if point.v > 0 and point.x is not None and point.y is not None:
            flat[3 * i : 3 * i + 3] = [round(point.x, 3), round(point.y, 3), point.v]
        else:
            flat[3 * i : 3 * i + 3] = [0, 0, 0]
            if point.x is not None and point.y is not None:
                outside[NAMES[i]] = [round(point.x, 3), round(point.y, 3), 0]
    row["keypoints"] = flat
    row["num_keypoints"] = sum(v > 0 for v in flat[2::3])
    if outside:
        row["outside"] = dict(sorted(outside.items(), key=lambda item: INDEX.get(item[0], COUNT)))
    else:
        row.pop("outside", None)
    if row.get("bbox_from") == "keypoints" or "bbox" not in row:
        _put_hull(row, flat)


def _put_hull(row: Row, flat: Sequence[float]) -> None:
    """A box that is the hull of the points goes with them."""
    xs, ys = ([flat[3 * i + k] for i in range(COUNT) if flat[3 * i + 2] > 0] for k in (0, 1))
    if xs:
        row["bbox"] = [round(v, 2) for v in (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))]
        row["bbox_from"] = "keypoints"


def _put_origin(row: Row, wanted: Wanted, changed: Sequence[bool], reviewer: str) -> None:
    origin = dict(row["origin"]) if isinstance(row.get("origin"), Mapping) else {}
    if "origin" not in row:
        from posetune._version import __version__

        if wanted.network is not None:
            origin |= {"network": wanted.network, "version": __version__}
            if wanted.confidence is not None:
                origin["confidence"] = [None if c is None else round(c, 4) for c in wanted.confidence]
    if wanted.source is not None:
        origin["source"] = wanted.source
    elif any(changed):
        origin.pop("source", None)
    status: str | None = wanted.status
    marks = _of_33(origin.get("points")) or [UNTOUCHED] * COUNT
    if status == VERIFIED:
        marks = [CONFIRMED if mark in (UNTOUCHED, None) else mark for mark in marks]
    if status != PRELABEL:
        marks = [MOVED if c else m for c, m in zip(changed, marks, strict=True)]
        origin["points"] = marks
    # What somebody changed and then found in order stays "corrected": it says more.
    if status == VERIFIED and MOVED in marks and status_of(row.get("status")) == CORRECTED:
        status = CORRECTED
    if status is not None:
        origin["status"] = row["status"] = status
        if status == PRELABEL:
            origin.pop("reviewer", None)
        else:
            origin["reviewer"] = reviewer
    if origin:
        row["origin"] = origin


def _of_33(values: object) -> list[Any] | None:
    return list(values) if isinstance(values, list) and len(values) == COUNT else None


def _finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _same(a: Point, b: Point) -> bool:
    """To a thousandth of a px, which is what is kept."""
    if a.v != b.v or (a.x is None) != (b.x is None):
        return False
    return a.x is None or (abs(a.x - b.x) < 5e-4 and abs(a.y - b.y) < 5e-4)  # type: ignore[operator]
