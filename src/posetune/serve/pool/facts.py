"""What the pages and the API take from the code, in a worker: the web process loads neither NumPy nor OpenCV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posetune import landmarks
from posetune.coach import ranges as coach_ranges
from posetune.coach.angles import JOINT_ANGLES
from posetune.coach.ranges import Ranges
from posetune.errors import PosetuneError
from posetune.files import read_bytes, write_text
from posetune.serve.pool.context import Context, Refused

#: Region of a drawing → regions of ``landmarks.REGIONS``. "torso" is drawn as the trunk.
DRAWN = {
    "trunk": ("torso",),
    "face": ("face",),
    "upper_limbs": ("arms", "hands"),
    "lower_limbs": ("legs", "feet"),
}


def facts(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """The skeleton, and the ranges of the file ``ranges`` where there is one. Raises PosetuneError if it is not one."""
    path = Path(payload["ranges"])
    kept = coach_ranges.parse(read_bytes(path), str(path)) if path.exists() else None
    default = coach_ranges.default_ranges()
    return {"skeleton": skeleton(), "default": as_plain(default), "ranges": as_plain(default if kept is None else kept)}


def keep_ranges(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Check ``text`` (YAML or JSON, which is YAML) and write it to ``path``. Gives joint → {"min", "max"}."""
    try:
        found = coach_ranges.parse(payload["text"], "The ranges")
    except PosetuneError as error:
        raise Refused(422, str(error)) from error
    write_text(payload["path"], coach_ranges.to_yaml(found), durable=True)
    return as_plain(found)


def skeleton() -> dict[str, Any]:
    """The 33 points as pages draw them: names, connections with their region, and the joint angles' three points."""
    region = {point: name for name, parts in DRAWN.items() for part in parts for point in landmarks.REGIONS[part]}
    return {
        "names": list(landmarks.NAMES),
        "regions": [region[i] for i in range(landmarks.COUNT)],
        "connections": [{"a": a, "b": b, "region": _line(a, b, region)} for a, b in landmarks.EDGES],
        "angles": [{"joint": t.name, "a": t.a, "b": t.b, "c": t.c} for t in JOINT_ANGLES],
    }


def as_plain(ranges: Ranges) -> dict[str, dict[str, float]]:
    return {joint: {"min": r.min, "max": r.max} for joint, r in ranges.items()}


def _line(a: int, b: int, region: dict[int, str]) -> str:
    """A line belongs to the limb at its end: from shoulder to elbow is the arm's."""
    return region[b] if region[a] == "trunk" else region[a]
