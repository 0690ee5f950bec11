"""Exercises as pages have them: JSON, made of the same YAML."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from posetune.coach.exercise import JOINTS, Exercise

#: Measure → where a fault of it is marked on the body, as ``needs`` of a check has it. Joints' own measures are not here.
_MARKED = {
    "hip_height": "hip",
    "hip_over_knee": "hip",
    "shoulder_over_wrist": "shoulder",
    "wrist_over_shoulder": "both_shoulder",
    "wrist_over_ankle": "hip",
    "shoulder_over_ankle": "shoulder",
    "ankles_apart": "both_ankle",
    "knees_to_ankles": "both_knee",
    "trunk_lean": "hip",
    "shank_lean": "ankle",
    "arm_lean": "shoulder",
    "trunk_to_shank": "hip",
    "body_tilt": "hip",
    "arms_tilt": "both_shoulder",
    "body_line": "hip",
    "standing_height": "hip",
    "push_height": "shoulder",
    "trunk_lean_3d": "hip",
    "body_tilt_3d": "hip",
    "hip_hinge_3d": "hip",
    "hips_bent_3d": "both_hip",
    "knees_bent_3d": "both_knee",
    "wrist_over_ankle_3d": "hip",
    "stride_3d": "both_ankle",
    "straddle_3d": "both_ankle",
}


def plain(exercise: Exercise) -> dict[str, Any]:
    """``exercise`` as JSON: the fields of its dataclasses, and each check's ``mark``."""
    content = asdict(exercise)
    for check in content["checks"]:
        check["mark"] = marked(check["measure"])
    return content


def marked(measure: str) -> str:
    """The joint where a fault of ``measure`` is shown: "knee" of the nearer side, "left_knee" or "both_knee"."""
    known = _MARKED.get(measure)
    if known is not None:
        return known
    which, _, joint = measure.removesuffix("_3d").partition("_")
    if joint not in JOINTS:
        return "hip"
    return joint if which in ("near", "front") else measure if which in ("left", "right") else f"both_{joint}"
