"""What the pages and the API take from the code, in a worker: the web process loads neither NumPy nor OpenCV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posetune.coach import ranges as coach_ranges
from posetune.coach.drawn import drawn_skeleton
from posetune.coach.ranges import Ranges
from posetune.errors import PosetuneError
from posetune.files import read_bytes, write_text
from posetune.serve.pool.context import Context, Refused


def facts(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """The skeleton, and the ranges of the file ``ranges`` where there is one. Raises PosetuneError if it is not one."""
    path = Path(payload["ranges"])
    kept = coach_ranges.parse(read_bytes(path), str(path)) if path.exists() else None
    default = coach_ranges.default_ranges()
    return {
        "skeleton": drawn_skeleton(),
        "default": as_plain(default),
        "ranges": as_plain(default if kept is None else kept),
    }


def keep_ranges(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Check ``text`` (YAML or JSON, which is YAML) and write it to ``path``. Gives joint → {"min", "max"}."""
    try:
        found = coach_ranges.parse(payload["text"], "The ranges")
    except PosetuneError as error:
        raise Refused(422, str(error)) from error
    try:
        write_text(payload["path"], coach_ranges.to_yaml(found), durable=True)
    except PosetuneError as error:
        raise Refused(503, "The ranges could not be kept; is the server's disk full?") from error
    return as_plain(found)


def as_plain(ranges: Ranges) -> dict[str, dict[str, float]]:
    return {joint: {"min": r.min, "max": r.max} for joint, r in ranges.items()}
