"""What a reviewer does to a set, as the page asks for it."""

from __future__ import annotations

from pathlib import Path

from posetune.label.actions import Action, Point, Wanted
from posetune.label.label_file import LabelFile
from posetune.label.review import Review, Told
from posetune.landmarks import INDEX

NAME = "clip_000000.jpg"
KNEE = INDEX["left_knee"]


def points_of(told: Told, who: int = 0) -> list[Point]:
    return list(told.people[who].points)


def moved(told: Told, index: int, x: float, y: float, v: int = 2, who: int = 0, **more) -> list[Wanted]:
    points = points_of(told, who)
    points[index] = Point(x, y, v)
    return [Wanted(told.people[who].id, points, status="corrected", **more)]


def act(review: Review, name: str = NAME, key: str = "tab-1", seen: int = 0, **what) -> int:
    return review.act(Action(key, name, seen, **what))


def accept(review: Review, name: str, seen: int, key: str = "tab-2") -> int:
    told = review.image(name)
    people = [Wanted(p.id, p.points, status="verified") for p in told.people]
    return act(review, name, key, seen, people=people, status="verified")


def rows_of(path: Path) -> dict:
    """The bytes of every entry."""
    return LabelFile.read(path).rows
