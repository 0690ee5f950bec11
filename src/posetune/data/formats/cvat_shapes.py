"""Skeletons and boxes of CVAT's XML as rows of COCO's tables."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from posetune import landmarks
from posetune.data.origin import CORRECTED, PRELABEL, REJECTED, VERIFIED, status_of
from posetune.errors import PosetuneError

#: Attributes in which posetune keeps what CVAT has no place for (``cvat_writer``, ``label.cvat``).
ID, STATUS, IGNORE, BOX = "posetune_id", "status", "posetune_ignore", "posetune_box"
#: What the status was called before 0.3.
_FORMER_STATUS = "posetune_status"
#: Each attribute's type of input, and its values, of which the first is what a person has that somebody draws.
ATTRIBUTES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ID: ("text", ("",)),
    STATUS: ("select", (VERIFIED, CORRECTED, PRELABEL, REJECTED)),
    IGNORE: ("text", ("",)),
    BOX: ("text", ("",)),
}
#: A box belongs to a skeleton by its place alone if it holds this share of the points that are there.
_HELD = 0.8

Fail = Callable[[str], PosetuneError]


def skeleton_row(element: Element, names: Sequence[str], about: str, fail: Fail) -> dict[str, Any] | None:
    """keypoints, outside and attributes of a <skeleton>; None where all its points are marked as not there.

    ``names``: of its label's points, by which elements are placed, for they stand in any order. ``about``: what it is, for
    errors.
    """
    place = {name: i for i, name in enumerate(names)}
    keypoints = array("d", bytes(8 * 3 * len(names)))
    outside: dict[str, list[float]] = {}
    seen: set[str] = set()
    for point in element.iter("points"):
        name = point.get("label", "")
        if name not in place:
            raise fail(f"{about} has the point {name!r}, which its label does not name; export the task again.")
        if name in seen:
            raise fail(f"{about} has the point {name!r} twice; correct it in CVAT.")
        seen.add(name)
        x, y = _pair(point.get("points", ""), f"{about}, point {name!r}", fail)
        occluded = point.get("occluded") == "1"
        if point.get("outside") == "1":
            outside[name] = [x, y, float(occluded)]
            continue
        keypoints[3 * place[name] : 3 * place[name] + 3] = array("d", (x, y, 1.0 if occluded else 2.0))
    if not any(keypoints[2::3]):
        return None
    said = attributes_of(element)
    if ID in said:
        middle = middle_of(keypoints)
        outside = {name: at for name, at in outside.items() if at != [*middle, 0.0]}
    row: dict[str, Any] = {"keypoints": keypoints}
    if outside:
        row["outside"] = outside
    return _with_attributes(row, said)


def middle_of(keypoints: Sequence[float]) -> tuple[float, float]:
    """Where posetune puts points that are nowhere, as CVAT asks for a place for each: the mean of the labelled ones, to two
    decimals. ``keypoints``: x, y, v each.
    """
    there = [i for i in range(0, len(keypoints), 3) if keypoints[i + 2] > 0]
    x, y = (sum(round(keypoints[i + axis], 2) for i in there) / max(len(there), 1) for axis in (0, 1))
    return round(x, 2), round(y, 2)


def attributes_of(element: Element) -> dict[str, str]:
    return {a.get("name", ""): (a.text or "").strip() for a in element.iterfind("attribute") if a.get("name")}


def _with_attributes(row: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    """``row`` with what posetune wrote into attributes put where it belongs, and the others as they are."""
    number = said.pop(ID, "")
    if number.isascii() and number.isdigit() and number != "0":
        row["id"] = int(number)
    status = status_of(said.get(STATUS)) or status_of(said.get(_FORMER_STATUS))
    if status is not None:
        row["origin"] = {"status": status}
        said = {name: value for name, value in said.items() if name not in (STATUS, _FORMER_STATUS)}
    if said.pop(IGNORE, "") == "1":
        row["ignore"] = 1
    box = said.pop(BOX, "").split(",")
    if len(box) == 4:
        row["bbox"] = [_number(side) for side in box]
    if said:
        row["attributes"] = said
    return row


def give_boxes(people: Sequence[tuple[Element, dict[str, Any]]], boxes: Sequence[Element]) -> int:
    """Put each box of an image into the row of the skeleton to which it belongs; returns how many belong to none.

    By the group, then by attributes that both have and that fit no other, then by holding a skeleton's points, if only one box
    and one skeleton fit.
    """
    free = [(box, _sides(box)) for box in boxes]
    wanting = [(element, row) for element, row in people if "bbox" not in row]
    for fits in (_same_group, _same_attributes, _holds):
        pairs = [(p, b) for p, person in enumerate(wanting) for b, box in enumerate(free) if fits(*person, *box)]
        of_person, of_box = Counter(p for p, _ in pairs), Counter(b for _, b in pairs)
        sure = [(p, b) for p, b in pairs if of_person[p] == of_box[b] == 1]
        for p, b in sure:
            x0, y0, x1, y1 = free[b][1]
            wanting[p][1]["bbox"] = [x0, y0, x1 - x0, y1 - y0]
        joined, taken = {p for p, _ in sure}, {b for _, b in sure}
        wanting = [w for p, w in enumerate(wanting) if p not in joined]
        free = [f for b, f in enumerate(free) if b not in taken]
    return len(free)


def _same_group(skeleton: Element, row: dict[str, Any], box: Element, sides: Sequence[float]) -> bool:
    return skeleton.get("group_id", "0") not in ("", "0") and skeleton.get("group_id") == box.get("group_id")


def _same_attributes(skeleton: Element, row: dict[str, Any], box: Element, sides: Sequence[float]) -> bool:
    ours, theirs = row.get("attributes") or {}, attributes_of(box)
    both = ours.keys() & theirs.keys()
    return bool(both) and all(ours[name] == theirs[name] for name in both)


def _holds(skeleton: Element, row: dict[str, Any], box: Element, sides: Sequence[float]) -> bool:
    x0, y0, x1, y1 = sides
    points = row["keypoints"]
    there = [(points[i], points[i + 1]) for i in range(0, len(points), 3) if points[i + 2] > 0]
    inside = sum(x0 <= x <= x1 and y0 <= y <= y1 for x, y in there)
    return inside >= _HELD * len(there)


def _sides(box: Element) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (_number(box.get(key, "")) for key in ("xtl", "ytl", "xbr", "ybr"))
    return x0, y0, x1, y1


def loose_people(
    points: Sequence[Element], boxes: Sequence[Element], place: dict[str, int], about: str, fail: Fail
) -> Iterable[dict[str, Any]]:
    """Rows, in MediaPipe's 33 points, of the people that the loose <points> of one image make: by their group, then by the box
    that holds them; all of an image where no label stands there twice. ``place``: label → which of the 33.
    """
    by_group: dict[str, list[Element]] = {}
    for point in points:
        by_group.setdefault(_group_of(point, boxes), []).append(point)
    for members in by_group.values():
        keypoints = array("d", bytes(8 * 3 * landmarks.COUNT))
        for point in members:
            name = point.get("label", "")
            at = 3 * place[name]
            if keypoints[at + 2]:
                raise fail(
                    f"{about} has {name!r} several times, and nothing says whose they are; group the points of each person in CVAT "
                    "(G), or draw a box around each."
                )
            x, y = _pair(point.get("points", ""), f"{about}, point {name!r}", fail)
            keypoints[at : at + 3] = array("d", (x, y, 1.0 if point.get("occluded") == "1" else 2.0))
        yield {"keypoints": keypoints}


def _group_of(point: Element, boxes: Sequence[Element]) -> str:
    group = point.get("group_id", "0")
    if group not in ("", "0"):
        return f"group {group}"
    holding = _holding(point, boxes)
    return f"box {holding[0]}" if len(holding) == 1 else ""


def is_doubtful(point: Element, boxes: Sequence[Element]) -> bool:
    """Whether a loose point has no group, and lies in several boxes: nothing says whose it is."""
    return point.get("group_id", "0") in ("", "0") and len(_holding(point, boxes)) > 1


def _holding(point: Element, boxes: Sequence[Element]) -> list[int]:
    """Which boxes a point lies in."""
    x, _, y = point.get("points", "").partition(",")
    return [
        i
        for i, box in enumerate(boxes)
        if (s := _sides(box)) and s[0] <= _number(x) <= s[2] and s[1] <= _number(y) <= s[3]
    ]


def _pair(text: str, about: str, fail: Fail) -> tuple[float, float]:
    if text.count(",") == 1 and len(text) < 100:
        x, y = map(_number, text.split(","))
        if math.isfinite(x) and math.isfinite(y):
            return x, y
    raise fail(f"{about} has no place (points={text[:40]!r}).")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
