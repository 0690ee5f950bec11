"""Somebody who knows the truth corrects pre-labels in the page, with as few actions as it allows; what that costs by the
keystroke-level model.

Operators (Card, Moran, Newell: The Keystroke-Level Model, 1980): a key 0.28 s (average typist), pointing 1.1 s, pressing or
releasing the button 0.1 s, hand from mouse to keys or back 0.4 s, deciding 1.35 s. Every picture takes one decision for looking at
it, every correction one more; a drag is pointing twice with a press and a release.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from posetune.geometry import torso_px
from posetune.landmarks import FLIP

KEY, POINT, BUTTON, HOME, DECIDE = 0.28, 1.1, 0.1, 0.4, 1.35
#: A point farther than this from the truth is moved, torsos.
TOLERANCE = 0.15
REGIONS = {
    "1": range(33),
    "2": range(11, 23),
    "3": range(23, 33),
    "4": range(17, 23),
    "5": range(11),
    "6": range(29, 33),
}


@dataclass
class Effort:
    """``actions``: keys and drags of each picture; ``seconds``: by the model."""

    actions: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    what: list[list[str]] = field(default_factory=list)

    @property
    def median(self) -> tuple[float, float]:
        return statistics.median(self.actions), statistics.median(self.seconds)


def label(page: Any, truth: Mapping[str, np.ndarray]) -> Effort:
    """Correct the pictures that ``truth`` has: name → (33, 3), v 0 where it is not known."""
    effort = Effort()
    for name, true in truth.items():
        if _state(page, "s.image.name") != name:
            page.evaluate("(name) => posetune.session.open(name)", name)
        _until(page, f"s.image.name === {name!r} && s.status === 'ready'")
        effort_of(page, true, effort)
    _until(page, "s.saved")
    return effort


def effort_of(page: Any, true: np.ndarray, effort: Effort) -> None:
    """Correct the open picture, and accept it."""
    done: list[str] = []
    seconds = DECIDE
    on_mouse = False

    def key(name: str) -> None:
        nonlocal seconds, on_mouse
        page.keyboard.press(name)
        done.append(name)
        seconds += KEY + HOME * on_mouse
        on_mouse = False

    known = true[:, 2] > 0
    points = _points(page)
    scale = torso_px(true, known)
    scale = scale if np.isfinite(scale) else float(np.ptp(true[known, :2], axis=0).max()) / 4
    while (swap := _best_swap(points, true)) is not None:
        seconds += DECIDE
        key(swap)
        points = _points(page)
    apart = np.linalg.norm(points[:, :2] - true[:, :2], axis=1) / scale
    for index in np.flatnonzero(known & ~(apart <= TOLERANCE)).tolist():
        x, y = (
            _spot(page, points[index, :2]) if np.isfinite(points[index, 0]) else _spot(page, true[:, :2].mean(axis=0))
        )
        to_x, to_y = _spot(page, true[index, :2])
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(to_x, to_y, steps=2)
        page.mouse.up()
        done.append(f"drag {index}")
        seconds += DECIDE + 2 * (POINT + BUTTON) + HOME * (not on_mouse)
        on_mouse = True
    seen = _points(page)[:, 2]
    for index in np.flatnonzero(known & (seen != true[:, 2]) & (seen > 0)).tolist():
        x, y = _spot(page, _points(page)[index, :2])
        page.mouse.move(x, y)
        seconds += DECIDE + POINT + HOME * (not on_mouse)
        on_mouse = True
        key("v" if true[index, 2] == 2 else "q")
    key("Enter")
    effort.actions.append(len(done))
    effort.seconds.append(seconds)
    effort.what.append(done)


def _best_swap(points: np.ndarray, true: np.ndarray) -> str | None:
    """The key that brings the points nearest to the truth, if one brings them much nearer."""
    known = (true[:, 2] > 0) & np.isfinite(points[:, 0])

    def error(candidate: np.ndarray) -> float:
        return float(np.linalg.norm(candidate[known, :2] - true[known, :2], axis=1).sum())

    now = error(points)
    best, least = None, 0.7 * now
    for key, region in REGIONS.items():
        order = np.arange(len(points))
        order[list(region)] = FLIP[list(region)]
        if known[order][known].all() and error(points[order]) < least:
            best, least = key, error(points[order])
    return best


def _points(page: Any) -> np.ndarray:
    """(33, 3) of who is selected, NaN where there is no place."""
    found = _state(page, "s.people[s.selected].points")
    return np.array([[np.nan if v is None else v for v in point] for point in found], float)


def _spot(page: Any, point: np.ndarray) -> tuple[float, float]:
    x, y = page.evaluate(
        "([x, y]) => { const box = posetune.stage.host.getBoundingClientRect(), at = posetune.stage.toScreen(x, y); "
        "return [at[0] + box.x, at[1] + box.y]; }",
        [float(v) for v in point],
    )
    return x, y


def _state(page: Any, expression: str) -> Any:
    return page.evaluate(f"((s) => {expression})(posetune.state)")


def _until(page: Any, condition: str) -> None:
    for _ in range(1000):
        if _state(page, condition):
            return
        page.wait_for_timeout(5)
    raise AssertionError(condition)
