"""The angles that posture scores ask for, of one body in one picture; None where this picture cannot tell.

Flexion in degrees: 0 is standing upright with hanging arms, positive bends forward. In the image plane: what bends towards the
camera is not seen, so flexions are told in a side view only, and knees and elbows in any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from posetune.coach.body import Body, view_of

#: MediaPipe's ear lies in front of and above the shoulder when somebody looks straight ahead: degrees from the trunk's line.
EAR_FORWARD_DEG = 15.0


@dataclass(frozen=True)
class Posture:
    """Degrees; None: not seen. ``knee``: flexion of the more bent one; ``one_leg``: whether the weight is on one leg;
    ``arms_raised``: how many wrists are above the shoulders' height (OWAS).
    """

    trunk: float | None
    neck: float | None
    upper_arm: float | None
    lower_arm: float | None
    wrist: float | None
    knee: float | None
    one_leg: bool | None
    arms_raised: int | None


def posture_of(body: Body) -> Posture:
    """What ``body`` shows of a posture."""
    side = view_of(body.turned()) == "side"
    trunk = _signed(body.middle("shoulder") - body.middle("hip"), np.array([0.0, -1.0]), body) if side else None
    neck = (
        _signed(body.at("ear") - body.middle("shoulder"), body.middle("shoulder") - body.middle("hip"), body)
        if side
        else None
    )
    arm = (
        _signed(body.at("elbow") - body.at("shoulder"), body.middle("hip") - body.middle("shoulder"), body)
        if side
        else None
    )
    return Posture(
        trunk=trunk,
        neck=None if neck is None else neck - EAR_FORWARD_DEG,
        upper_arm=None if arm is None else -arm,
        lower_arm=_flexion(body.measure("near_elbow")),
        wrist=_flexion(_angle(body.at("elbow"), body.at("wrist"), body.at("index"))) if side else None,
        knee=_flexion(body.measure("smaller_knee")),
        one_leg=_one_leg(body),
        arms_raised=_raised(body),
    )


def _signed(limb: np.ndarray, axis: np.ndarray, body: Body) -> float | None:
    """Degrees from ``axis`` to ``limb``, positive towards where the person faces."""
    if not (np.isfinite(limb).all() and np.isfinite(axis).all()) or not np.any(limb) or not np.any(axis):
        return None
    facing = body.at("nose")[0] - body.at("ear")[0]
    if not math.isfinite(facing) or facing == 0:
        facing = body.at("foot_index")[0] - body.at("heel")[0]
    if not math.isfinite(facing) or facing == 0:
        return None
    turned = math.degrees(math.atan2(axis[0] * limb[1] - axis[1] * limb[0], float(axis @ limb)))
    return turned if facing > 0 else -turned


def _angle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    u, v = a - b, c - b
    lengths = float(np.linalg.norm(u) * np.linalg.norm(v))
    return (
        math.degrees(math.acos(min(1.0, max(-1.0, float(u @ v) / lengths))))
        if math.isfinite(lengths) and lengths
        else math.nan
    )


def _flexion(interior: float) -> float | None:
    return 180 - interior if math.isfinite(interior) else None


def _one_leg(body: Body) -> bool | None:
    left, right = body.at("ankle", "left"), body.at("ankle", "right")
    lifted = abs(float(left[1] - right[1])) / body.scale.leg if body.scale.leg > 0 else math.nan
    # A step apart in depth lifts the farther ankle a little in the picture; a fifth of a leg is no step.
    return lifted > 0.2 if math.isfinite(lifted) else None


def _raised(body: Body) -> int | None:
    heights = [body.at("shoulder", side)[1] - body.at("wrist", side)[1] for side in ("left", "right")]
    return sum(h > 0 for h in heights) if all(math.isfinite(h) for h in heights) else None
