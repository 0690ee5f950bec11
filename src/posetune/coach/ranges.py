"""The ranges that joint angles may have: data, not code, and what of a person lies beyond them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from posetune.coach.angles import JOINTS
from posetune.errors import PosetuneError

VERSION = 1
#: Ten joints with two numbers each need a hundredth of it.
MAX_BYTES = 64_000
_MAX_DEPTH = 5


@dataclass(frozen=True)
class Range:
    """Degrees, 0 to 180, both ends allowed."""

    min: float
    max: float


@dataclass(frozen=True)
class Flag:
    """A joint beyond its range. ``kind``: "below" or "above"; ``value`` and ``limit``: degrees."""

    joint: str
    kind: str
    value: float
    limit: float


Ranges = Mapping[str, Range]


@cache
def default_ranges() -> Ranges:
    """What ``ranges.yaml`` of this package says."""
    text = resources.files("posetune.coach").joinpath("ranges.yaml").read_text("utf-8")
    return parse(text, "ranges.yaml")


def flags_of(angles: Mapping[str, float | None], visible: Iterable[str], ranges: Ranges) -> list[Flag]:
    """The joints beyond their range, of those that are ``visible``: what the network did not see is not blamed on anybody."""
    found = []
    seen = set(visible)
    for joint, value in angles.items():
        allowed = ranges.get(joint)
        if value is None or allowed is None or joint not in seen:
            continue
        if value < allowed.min:
            found.append(Flag(joint, "below", value, allowed.min))
        elif value > allowed.max:
            found.append(Flag(joint, "above", value, allowed.max))
    return found


def parse(text: str | bytes, where: str = "the ranges") -> Ranges:
    """Ranges of a YAML text as ``ranges.yaml``; joints that it leaves out have no range. ``where``: for errors.

    Raises PosetuneError, with the line where there is one, if it is no such text.
    """
    return checked(_loaded(text, where), where)


def checked(content: Any, where: str = "the ranges") -> Ranges:
    """Ranges of ``{"version": 1, "ranges": {"left_knee": {"min": 30, "max": 180}, …}}``; ``version`` may be left out.

    Raises PosetuneError if it is anything else.
    """
    if not isinstance(content, Mapping) or not isinstance(content.get("ranges"), Mapping):
        raise PosetuneError(f"{where}: there must be a mapping “ranges” of joints to their min and max.")
    unknown = [str(key) for key in content if key not in ("version", "ranges")]
    if unknown:
        raise PosetuneError(f"{where}: it has a key {_short(unknown[0])}; there are version and ranges.")
    if content.get("version", VERSION) != VERSION:
        raise PosetuneError(f"{where}: its version is not {VERSION}, the only one there is.")
    return {str(joint): _range(joint, value, where) for joint, value in content["ranges"].items()}


def to_content(ranges: Ranges) -> dict[str, Any]:
    """What :func:`checked` reads."""
    return {"version": VERSION, "ranges": {joint: {"min": r.min, "max": r.max} for joint, r in ranges.items()}}


def to_yaml(ranges: Ranges) -> str:
    """What :func:`parse` reads."""
    return yaml.safe_dump(to_content(ranges), sort_keys=False)


def _range(joint: object, value: object, where: str) -> Range:
    if joint not in JOINTS:
        raise PosetuneError(f"{where}: there is no joint {_short(joint)}; there are {', '.join(JOINTS)}.")
    if not isinstance(value, Mapping) or set(value) != {"min", "max"}:
        raise PosetuneError(f"{where}: {joint} must have min and max, in degrees, and nothing else.")
    for end in ("min", "max"):
        number = value[end]
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 180:
            raise PosetuneError(f"{where}: {end} of {joint} must be a number of degrees from 0 to 180.")
    if value["min"] > value["max"]:
        raise PosetuneError(f"{where}: min of {joint} is above its max.")
    return Range(float(value["min"]), float(value["max"]))


def _short(word: object) -> str:
    return repr(str(word)[:40])


def _line(event: Any) -> str:
    return f"line {event.start_mark.line + 1}"


def _loaded(text: str | bytes, where: str) -> Any:
    """Safe YAML of a stranger: small, shallow, without anchors (of which ten make a billion nodes)."""
    if len(text) > MAX_BYTES:
        raise PosetuneError(f"{where}: it is larger than {MAX_BYTES} bytes, which no ranges are.")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if getattr(event, "anchor", None) is not None:
                raise PosetuneError(f"{where}: {_line(event)} has an anchor (& or *); write the values out.")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise PosetuneError(f"{where}: {_line(event)} is nested too deeply.")
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        at = f" at line {mark.line + 1}" if mark is not None else ""
        raise PosetuneError(f"{where}: it is not valid YAML{at}.") from error
