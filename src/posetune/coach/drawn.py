"""The 33 points as pages draw them: one truth for the server's API and for pages without a server."""

from __future__ import annotations

from typing import Any

from posetune import landmarks
from posetune.coach.angles import JOINT_ANGLES

#: Region of a drawing → regions of ``landmarks.REGIONS``. "torso" is drawn as the trunk.
DRAWN = {
    "trunk": ("torso",),
    "face": ("face",),
    "upper_limbs": ("arms", "hands"),
    "lower_limbs": ("legs", "feet"),
}


def drawn_skeleton() -> dict[str, Any]:
    """Names, the region each point is drawn in, connections with theirs, and the joint angles' three points, as JSON."""
    region = {point: name for name, parts in DRAWN.items() for part in parts for point in landmarks.REGIONS[part]}
    return {
        "names": list(landmarks.NAMES),
        "regions": [region[i] for i in range(landmarks.COUNT)],
        "connections": [{"a": a, "b": b, "region": _line(a, b, region)} for a, b in landmarks.EDGES],
        "angles": [{"joint": t.name, "a": t.a, "b": t.b, "c": t.c} for t in JOINT_ANGLES],
    }


def _line(a: int, b: int, region: dict[int, str]) -> str:
    """A line belongs to the limb at its end: from shoulder to elbow is the arm's."""
    return region[b] if region[a] == "trunk" else region[a]
