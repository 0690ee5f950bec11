"""What joints can do: the angles of a pose, and by how much they are past what (trained, supple) people reach.

Angles in degrees, in the body's own terms. Ranges: common tables of active range of motion (AAOS), widened to what yoga and
gymnastics show.
"""

from __future__ import annotations

import numpy as np

from posetune.synthetic.pose import Poser, unit

#: name → (least, most) in degrees.
LIMITS: dict[str, tuple[float, float]] = {
    "knee_flexion": (0, 158),
    "elbow_flexion": (0, 155),
    "hip_flexion": (-55, 135),
    "hip_abduction": (-45, 80),
    "shoulder_behind": (-90, 62),  # upper arm behind the plane of the back
    "shoulder_across": (-90, 55),  # upper arm past the middle of the body
    "wrist_bend": (0, 98),
    "ankle_dorsiflexion": (-75, 48),
    "neck_bend": (0, 85),
    "spine_bend": (0, 85),
}


_JOINTS = ("upperleg01", "lowerleg01", "foot", "upperarm01", "lowerarm01", "wrist", "finger3-1")


def joint_angles(poser: Poser) -> dict[str, float]:
    """The angles of the pose by name; those with sides as ``left_…``/``right_…``."""
    found = {}
    pelvis, chest, head = poser.turned("root"), poser.turned("spine01"), poser.turned("head")
    found["spine_bend"] = _between(pelvis @ [0, 0, 1], chest @ [0, 0, 1])
    found["neck_bend"] = _between(chest @ [0, 0, 1], head @ [0, 0, 1])
    for side, letter, sign in (("left", "L", 1), ("right", "R", -1)):
        at = {b: poser.where(f"{b}.{letter}") for b in _JOINTS}
        thigh, shin = unit(at["lowerleg01"] - at["upperleg01"]), unit(at["foot"] - at["lowerleg01"])
        upper, fore = unit(at["lowerarm01"] - at["upperarm01"]), unit(at["wrist"] - at["lowerarm01"])
        t, u = pelvis.T @ thigh, chest.T @ upper
        found[f"{side}_knee_flexion"] = _between(thigh, shin)
        found[f"{side}_elbow_flexion"] = _between(upper, fore)
        found[f"{side}_hip_flexion"] = (
            float(np.degrees(np.arctan2(-t[1], -t[2]))) if np.hypot(t[1], t[2]) > 0.35 else 0.0
        )
        found[f"{side}_hip_abduction"] = float(np.degrees(np.arcsin(np.clip(sign * t[0], -1, 1))))
        found[f"{side}_shoulder_behind"] = float(np.degrees(np.arcsin(np.clip(u[1], -1, 1)))) if u[2] < 0.6 else 0.0
        found[f"{side}_shoulder_across"] = float(np.degrees(np.arcsin(np.clip(-sign * u[0], -1, 1))))
        rest_fore = unit(poser.rest(f"wrist.{letter}") - poser.rest(f"lowerarm01.{letter}"))
        rest_hand = unit(poser.rest(f"finger3-1.{letter}") - poser.rest(f"wrist.{letter}"))
        straight = _between(rest_fore, rest_hand)
        found[f"{side}_wrist_bend"] = max(_between(fore, unit(at["finger3-1"] - at["wrist"])) - straight * 0.5, 0.0)
        foot = poser.turned(f"foot.{letter}") @ np.array([0, -1.0, 0])
        found[f"{side}_ankle_dorsiflexion"] = 90 - _between(-shin, foot)
    return found


def violations(poser: Poser) -> dict[str, float]:
    """Degrees by which the pose is past a limit, for the joints where it is."""
    past = {}
    for name, angle in joint_angles(poser).items():
        low, high = LIMITS[name.removeprefix("left_").removeprefix("right_")]
        excess = max(low - angle, angle - high)
        if excess > 0:
            past[name] = float(excess)
    return past


def _between(a, b) -> float:
    return float(np.degrees(np.arccos(np.clip(unit(a) @ unit(b), -1, 1))))
