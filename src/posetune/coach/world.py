"""Measures by the world landmarks: coarse, but the same from all sides. They tell movements apart; form is not judged by them.

Metres, x right, y down, z away from the camera (:class:`posetune.runtime.pose.Pose`); what is told against the vertical supposes a
level camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from posetune.coach.limbs import JOINTS, LEG, OF_BOTH, SIDES, between, both, ratio
from posetune.landmarks import INDEX
from posetune.runtime.pose import MIN_VISIBILITY

if TYPE_CHECKING:
    from posetune.coach.body import Body


def _at(body: Body, part: str, side: str | None = None) -> np.ndarray:
    """(3,) metres: of ``side``, or the middle of the visible ones; NaN where none is visible."""
    rows = [INDEX[f"{s}_{part}"] for s in ([side] if side else SIDES)]
    seen = [body.sample.world[i] for i in rows if body.sample.visibility[i] >= MIN_VISIBILITY]
    found: np.ndarray = np.mean(seen, axis=0) if seen else np.full(3, math.nan)
    return found


def _pair(body: Body, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Left and right, (3,) metres each, if at least one of them is visible; NaN else."""
    rows = [INDEX[f"{side}_{part}"] for side in SIDES]
    seen = bool((body.sample.visibility[rows] >= MIN_VISIBILITY).any())
    left, right = (body.sample.world[i] if seen else np.full(3, math.nan) for i in rows)
    return left, right


def _lean(body: Body, low: str, high: str) -> float:
    """Degrees from the vertical, 0 to 180."""
    return between(_at(body, high) - _at(body, low), np.array([0.0, -1.0, 0.0]))


def _joint(body: Body, joint: str, which: str) -> float:
    def one(side: str) -> float:
        first, middle, last = (_at(body, part, side) for part in JOINTS[joint])
        return between(first - middle, last - middle)

    return both(one, OF_BOTH[which])


def _leg(body: Body) -> float:
    """The longer leg, metres."""
    chains = [np.diff([_at(body, part, side) for part in LEG], axis=0) for side in SIDES]
    legs = [float(np.linalg.norm(chain, axis=1).sum()) for chain in chains]
    return max((leg for leg in legs if math.isfinite(leg)), default=math.nan)


def _apart(body: Body, along: str) -> float:
    """How far the ankles are apart over the ground, in parts of the leg: "ahead", the way the hips face, or "across" it.

    Where one ankle is hidden, as by the nearer leg, the network's guess at it is taken: a lunge is told by less.
    """
    left, right = _pair(body, "ankle")
    hips = np.subtract(*_pair(body, "hip"))
    across = np.array([hips[0], hips[2]])
    width = float(np.linalg.norm(across))
    if not math.isfinite(width) or width == 0:
        return math.nan
    step = np.array([left[0] - right[0], left[2] - right[2]])
    sideways = float(step @ across) / width
    ahead = float(step[0] * across[1] - step[1] * across[0]) / width
    return ratio(abs(ahead if along == "ahead" else sideways), _leg(body))


def _bent(body: Body, joint: str) -> float:
    """Degrees that the joint is bent (180 less its angle); 0 where it or what comes after it is hidden on both sides, as behind the
    trunk of somebody who lies towards the camera: hidden is no reason to take a movement for another one.
    """
    first, *rest = JOINTS[joint]
    if not math.isfinite(_at(body, first)[0]):
        return math.nan
    angle = _joint(body, joint, "mean")
    if math.isfinite(angle):
        return 180 - angle
    return math.nan if all(math.isfinite(_at(body, part)[0]) for part in rest) else 0.0


#: Name → what it measures; degrees, and lengths in parts of the leg.
WORLD_MEASURES: Mapping[str, Callable[[Body], float]] = {
    **{
        f"{which}_{joint}_3d": partial(_joint, joint=joint, which=which)
        for joint in ("hip", "knee", "shoulder")
        for which in OF_BOTH
    },
    "hips_bent_3d": partial(_bent, joint="hip"),
    "knees_bent_3d": partial(_bent, joint="knee"),
    "trunk_lean_3d": lambda b: _lean(b, "hip", "shoulder"),
    "body_tilt_3d": lambda b: abs(90 - _lean(b, "ankle", "shoulder")),
    # above 0 a movement of the hips, below it one of the knees
    "hip_hinge_3d": lambda b: _lean(b, "hip", "shoulder") - _lean(b, "knee", "hip"),
    "wrist_over_ankle_3d": lambda b: ratio(float(_at(b, "ankle")[1] - _at(b, "wrist")[1]), _leg(b)),
    "stride_3d": partial(_apart, along="ahead"),
    "straddle_3d": partial(_apart, along="across"),
}
