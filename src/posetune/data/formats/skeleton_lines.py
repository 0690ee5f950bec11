"""The lines of a category's ``skeleton``, which mean anything but what COCO says: positions from 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from posetune import landmarks

_FACE = frozenset(landmarks.REGIONS["face"])
#: The skeleton of COCO's 17 points, positions from 1 (cocodataset.org).
_COCO_LINES = frozenset(
    frozenset(pair)
    for pair in ((16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11),
                 (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7))
)  # fmt: skip
#: What labelling tools draw between points of the 33, beyond MediaPipe's own lines: by parts of one side, or of both.
_ONE_SIDE = (("ear", "shoulder"), ("eye", "shoulder"), ("ankle", "heel"), ("ankle", "foot_index"), ("heel", "foot_index"),
             ("wrist", "pinky"), ("wrist", "index"), ("wrist", "thumb"), ("shoulder", "hip"), ("index", "pinky"),
             ("index", "thumb"))  # fmt: skip


def read_lines(skeleton: Any, names: Sequence[str]) -> tuple[list[tuple[int, int]], str | None]:
    """``(lines, note)``: pairs of positions in ``names`` from 0, none where the skeleton tells nothing; and a sentence on how
    it had to be read.

    Lines are for drawings, so they are never a reason to refuse. COCO counts positions from 1. Others count from 0; CVAT
    writes the ids of an SVG's nodes, which have gaps where one was deleted; and some paste the skeleton of another set.
    """
    if not skeleton:
        return [], None
    try:
        pairs = [(int(a), int(b)) for a, b in skeleton]
    except (TypeError, ValueError):
        return _by_names(names), "its skeleton is no list of pairs; lines are drawn by the names of the points"
    used = sorted({i for pair in pairs for i in pair})
    count = len(names)
    note = None
    if used[0] == 0 and used[-1] < count:
        lines = pairs
        note = "its skeleton counts points from 0, where COCO counts from 1"
    elif used[0] >= 1 and used[-1] <= count:
        lines = [(a - 1, b - 1) for a, b in pairs]
    elif len(used) == count:
        rank = {number: i for i, number in enumerate(used)}
        lines = [(rank[a], rank[b]) for a, b in pairs]
        note = "its skeleton has numbers with gaps, as CVAT's of nodes are: they are taken in their order"
    else:
        return _by_names(names), (
            f"its skeleton has point {used[-1]}, and there are {count}; lines are drawn by the names of the points"
        )
    if _is_cocos(pairs, names):
        return _by_names(
            names
        ), "its skeleton is that of COCO, and its points are others; lines are drawn by their names"
    if _is_another_set(lines, names):
        return _by_names(
            names
        ), "its skeleton joins points that no body joins (it is another set's); lines are drawn by names"
    return list(dict.fromkeys(lines)), note


def _by_names(names: Sequence[str]) -> list[tuple[int, int]]:
    """MediaPipe's lines whose two points are there."""
    place = {landmark: i for i, landmark in landmarks.match_names(names)[0].items()}
    return [(place[a], place[b]) for a, b in landmarks.EDGES if a in place and b in place]


def _is_cocos(pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> bool:
    """Whether the lines are COCO's own, pasted over other points."""
    if len(pairs) < 10 or not {frozenset(pair) for pair in pairs} <= _COCO_LINES:
        return False
    meant = [landmarks.canonical_name(name) for name in names[:17]]
    return meant != [landmarks.NAMES[i] for i in landmarks.COCO17]


def _is_another_set(lines: Sequence[tuple[int, int]], names: Sequence[str]) -> bool:
    """Whether most lines between two known points of a body join what no skeleton joins."""
    body = landmarks.match_names(names)[0]
    known = [(body[a], body[b]) for a, b in lines if a in body and b in body]
    wrong = [pair for pair in known if frozenset(pair) not in BONES and not set(pair) <= _FACE]
    return len(known) >= 2 and len(wrong) > len(known) / 2


def _bones() -> frozenset[frozenset[int]]:
    bones = {frozenset(edge) for edge in landmarks.EDGES}
    for side in ("left", "right"):
        bones |= {frozenset((landmarks.INDEX[f"{side}_{a}"], landmarks.INDEX[f"{side}_{b}"])) for a, b in _ONE_SIDE}
        bones.add(frozenset((landmarks.INDEX["nose"], landmarks.INDEX[f"{side}_shoulder"])))
    return frozenset(bones)


#: Pairs of the 33 that skeletons join, beside any two points of the face.
BONES = _bones()
