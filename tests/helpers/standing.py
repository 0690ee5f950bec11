"""A standing figure on a grid, for examples that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posetune.data.answers import Answers
from posetune.data.people import ImageRecord, Person
from posetune.landmarks import INDEX
from posetune.measure.metrics import Labels
from posetune.measure.summary import Scored

IMAGE = ImageRecord(1, Path("a.png"), 400, 400, "scene")
#: A standing figure, arms hanging, drawn on a grid so that lengths are whole numbers.
PLACES = {
    "left_shoulder": (230, 100), "right_shoulder": (170, 100),
    "left_elbow": (230, 150), "left_wrist": (280, 150),
    "left_hip": (230, 180), "right_hip": (170, 180),
    "left_knee": (230, 240), "left_ankle": (230, 300),
}  # fmt: skip
TORSO = 100.0  # both diagonals: 60 across, 80 down


def person(moved: dict[str, tuple[float, float]] | None = None, **changes) -> Person:
    keypoints = np.zeros((33, 3))
    for name, (x, y) in {**PLACES, **(moved or {})}.items():
        keypoints[INDEX[name]] = x, y, 2
    return Person(1, changes.pop("image", IMAGE), keypoints, **changes)


def answer(shift: dict[str, tuple[float, float]]) -> np.ndarray:
    """The label, with some points moved by (dx, dy)."""
    points = person().keypoints.copy()
    for name, move in shift.items():
        points[INDEX[name], :2] += move
    return points[None]


def scored(shifts: list[float], without: tuple[str, ...] = (), **moved: float) -> Scored:
    """People whose points are all ``shifts`` px off, those in ``moved`` farther; the network lacks the points ``without``."""
    people = [person() for _ in shifts]
    empty = Answers.empty(len(people))
    points = np.stack([p.keypoints.copy() for p in people])
    points[:, :, 0] += np.array(shifts)[:, None]
    for name, far in moved.items():
        points[:, INDEX[name], 0] += far
    for name in without:
        points[:, INDEX[name]] = np.nan
    return Scored(Answers(points, empty.world, empty.visibility + 1, np.ones(len(people))), Labels.of(people))
