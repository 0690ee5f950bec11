"""The ten joint angles that people are shown: shoulder, elbow, hip, knee and ankle of both sides."""

from __future__ import annotations

import math

import numpy as np

from posetune.geometry import joint_angles
from posetune.landmarks import ANGLES, INDEX, Angle
from posetune.runtime.pose import MIN_VISIBILITY
from posetune.skeleton import BLAZEPOSE, Skeleton

#: The eight of ``landmarks.ANGLES``, and at each ankle the angle between shank and foot (knee–ankle–foot index).
JOINT_ANGLES: tuple[Angle, ...] = (
    *ANGLES,
    *(
        Angle(f"{side}_ankle", INDEX[f"{side}_knee"], INDEX[f"{side}_ankle"], INDEX[f"{side}_foot_index"])
        for side in ("left", "right")
    ),
)
JOINTS: tuple[str, ...] = tuple(angle.name for angle in JOINT_ANGLES)


def angles_of(points_px: np.ndarray, skeleton: Skeleton = BLAZEPOSE) -> dict[str, float | None]:
    """Joint → interior angle in degrees, 0 to 180, in the image plane: 180 is a straight limb.

    ``points_px``: (K, ≥2) image px of ``skeleton``. None where the skeleton lacks one of the joint's three points, or two of them
    coincide. How visible they are is not asked.
    """
    degrees = joint_angles(skeleton.to_body(points_px[:, :2].astype(np.float64), math.nan), JOINT_ANGLES)
    return {name: float(d) if math.isfinite(d) else None for name, d in zip(JOINTS, degrees, strict=True)}


def visible_joints(visibility: np.ndarray, skeleton: Skeleton = BLAZEPOSE) -> frozenset[str]:
    """The joints whose three points all are visible: at least ``MIN_VISIBILITY``. ``visibility``: (K,), 0…1."""
    body = skeleton.to_body(np.nan_to_num(visibility, nan=0.0))
    return frozenset(a.name for a in JOINT_ANGLES if min(body[a.a], body[a.b], body[a.c]) >= MIN_VISIBILITY)
