"""Measures by the world landmarks: coarse, but the same from all sides. They tell movements apart; form is not judged by them.

Metres, x right, y down, z away from the camera (:class:`posetune.runtime.pose.Pose`); what is told against the vertical supposes a
level camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from posetune.coach.limbs import JOINTS, LEG, OF_BOTH, SIDES, between, both, ratio
from posetune.coach.sample import Sample
from posetune.landmarks import INDEX
from posetune.runtime.pose import MIN_VISIBILITY


def _at(sample: Sample, part: str, side: str | None = None) -> np.ndarray:
    """(3,) metres: of ``side``, or the middle of the visible ones; NaN where none is visible."""
    rows = [INDEX[f"{s}_{part}"] for s in ([side] if side else SIDES)]
    seen = [sample.world[i] for i in rows if sample.visibility[i] >= MIN_VISIBILITY]
    found: np.ndarray = np.mean(seen, axis=0) if seen else np.full(3, math.nan)
    return found


def _pair(sample: Sample, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Left and right, (3,) metres each, if at least one of them is visible; NaN else."""
    rows = [INDEX[f"{side}_{part}"] for side in SIDES]
    seen = bool((sample.visibility[rows] >= MIN_VISIBILITY).any())
    left, right = (sample.world[i] if seen else np.full(3, math.nan) for i in rows)
    return left, right


def _lean(sample: Sample, low: str, high: str) -> float:
    """Degrees from the vertical, 0 to 180."""
    return between(_at(sample, high) - _at(sample, low), np.array([0.0, -1.0, 0.0]))


def _joint(sample: Sample, joint: str, which: str) -> float:
    def one(side: str) -> float:
        first, middle, last = (_at(sample, part, side) for part in JOINTS[joint])
        return between(first - middle, last - middle)

    return both(one, OF_BOTH[which])


def _leg(sample: Sample) -> float:
    """The longer leg, metres."""
    chains = [np.diff([_at(sample, part, side) for part in LEG], axis=0) for side in SIDES]
    legs = [float(np.linalg.norm(chain, axis=1).sum()) for chain in chains]
    return max((leg for leg in legs if math.isfinite(leg)), default=math.nan)


def _apart(sample: Sample, along: str) -> float:
    """How far the ankles are apart over the ground, in parts of the leg: "ahead", the way the hips face, or "across" it.

    Where one ankle is hidden, as by the nearer leg, the network's guess at it is taken: a lunge is told by less.
    """
    left, right = _pair(sample, "ankle")
    hips = np.subtract(*_pair(sample, "hip"))
    across = np.array([hips[0], hips[2]])
    width = float(np.linalg.norm(across))
    if not math.isfinite(width) or width == 0:
        return math.nan
    step = np.array([left[0] - right[0], left[2] - right[2]])
    sideways = float(step @ across) / width
    ahead = float(step[0] * across[1] - step[1] * across[0]) / width
    return ratio(abs(ahead if along == "ahead" else sideways), _leg(sample))


def _bent(sample: Sample, joint: str) -> float:
    """Degrees that the joint is bent (180 less its angle); 0 where it or what comes after it is hidden on both sides, as behind the
    trunk of somebody who lies towards the camera: hidden is no reason to take a movement for another one.
    """
    first, *rest = JOINTS[joint]
    if not math.isfinite(_at(sample, first)[0]):
        return math.nan
    angle = _joint(sample, joint, "mean")
    if math.isfinite(angle):
        return 180 - angle
    return math.nan if all(math.isfinite(_at(sample, part)[0]) for part in rest) else 0.0


#: Name → what it measures; degrees, and lengths in parts of the leg.
WORLD_MEASURES: Mapping[str, Callable[[Sample], float]] = {
    **{
        f"{which}_{joint}_3d": partial(_joint, joint=joint, which=which)
        for joint in ("hip", "knee", "shoulder")
        for which in OF_BOTH
    },
    "hips_bent_3d": partial(_bent, joint="hip"),
    "knees_bent_3d": partial(_bent, joint="knee"),
    "trunk_lean_3d": lambda s: _lean(s, "hip", "shoulder"),
    "body_tilt_3d": lambda s: abs(90 - _lean(s, "ankle", "shoulder")),
    # above 0 a movement of the hips, below it one of the knees
    "hip_hinge_3d": lambda s: _lean(s, "hip", "shoulder") - _lean(s, "knee", "hip"),
    "wrist_over_ankle_3d": lambda s: ratio(float(_at(s, "ankle")[1] - _at(s, "wrist")[1]), _leg(s)),
    "stride_3d": partial(_apart, along="ahead"),
    "straddle_3d": partial(_apart, along="across"),
}
