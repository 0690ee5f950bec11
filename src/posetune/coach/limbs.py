"""Words and small sums that measures share: sides, joints, angles between directions, lengths in parts of a limb."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

SIDES = ("left", "right")
ARM, LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle")
#: Joint → the point before it, itself, and the point after it.
JOINTS: Mapping[str, tuple[str, str, str]] = {
    "knee": LEG,
    "hip": ("shoulder", "hip", "knee"),
    "elbow": ARM,
    "shoulder": ("hip", "shoulder", "elbow"),
    "ankle": ("knee", "ankle", "foot_index"),
}


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


#: What is taken of both sides.
OF_BOTH: Mapping[str, Callable[[list[float]], float]] = {"smaller": min, "larger": max, "mean": mean}


def both(one: Callable[[str], float], choose: Callable[[list[float]], float]) -> float:
    """``choose`` of what ``one`` says of each side, as far as it is known; NaN if of neither."""
    values = [v for v in (one(side) for side in SIDES) if math.isfinite(v)]
    return choose(values) if values else math.nan


def between(u: np.ndarray, v: np.ndarray) -> float:
    """The angle of two directions, degrees 0 to 180; NaN where one is unknown or none."""
    lengths = float(np.linalg.norm(u) * np.linalg.norm(v))
    if not math.isfinite(lengths) or lengths == 0:
        return math.nan
    return math.degrees(math.acos(min(1.0, max(-1.0, float(u @ v) / lengths))))


def ratio(length: float, scale: float) -> float:
    return length / scale if math.isfinite(scale) and scale > 0 else math.nan
