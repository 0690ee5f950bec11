"""Zones of trunk, upper arm and head after EN 1005-4: held still or moved, how often a minute, and what that is called.

EN 1005-4:2005+A1:2008, "Safety of machinery – Human physical performance – Part 4: Evaluation of working postures and movements in
relation to machinery". Written after what is public about it (docs/lab/results/coach.md says what); the standard itself has
conditions, supports and durations that no camera sees. It is told of nobody that they meet a standard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posetune.coach.ergonomics.posture import Posture

#: What is held for so long is a static posture (EN 1005-1, ISO 11226).
STATIC_S = 4.0
#: So many movements a minute, or more, are of high frequency.
HIGH_PER_MINUTE = 2.0
#: Degrees by which a part must have left a zone before it can come into it anew: trembling is no movement.
_GAP_DEG = 5.0
#: Nobody holds exactly 0°: so far backwards is still upright.
_UPRIGHT_DEG = 5.0
#: Not seen for longer than this, and nobody knows what happened meanwhile.
_LONGEST_GAP_S = 1.0
ACCEPTABLE, CONDITIONAL, NOT_ACCEPTABLE = "acceptable", "conditionally acceptable", "not acceptable"
VERDICTS = (ACCEPTABLE, CONDITIONAL, NOT_ACCEPTABLE)
MANNERS = ("static", "low frequency", "high frequency")

#: Part → zones: (name, from, to) degrees, ``from`` excluded unless it is the lowest.
ZONES: Mapping[str, Sequence[tuple[str, float, float]]] = {
    "trunk": (
        ("backwards", -math.inf, -_UPRIGHT_DEG),
        ("to 20°", -_UPRIGHT_DEG, 20.0),
        ("20 to 60°", 20.0, 60.0),
        ("beyond 60°", 60.0, math.inf),
    ),
    "upper arm": (
        ("backwards", -math.inf, -_UPRIGHT_DEG),
        ("to 20°", -_UPRIGHT_DEG, 20.0),
        ("20 to 60°", 20.0, 60.0),
        ("beyond 60°", 60.0, math.inf),
    ),
    "head": (
        ("backwards", -math.inf, -_UPRIGHT_DEG),
        ("to 40°", -_UPRIGHT_DEG, 40.0),
        ("beyond 40°", 40.0, math.inf),
    ),
}
#: (part, zone) → what it is called when held, moved seldom, moved often: the order of :data:`MANNERS`.
CELLS: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("trunk", "backwards"): (CONDITIONAL, CONDITIONAL, NOT_ACCEPTABLE),
    ("trunk", "to 20°"): (ACCEPTABLE, ACCEPTABLE, ACCEPTABLE),
    ("trunk", "20 to 60°"): (CONDITIONAL, ACCEPTABLE, CONDITIONAL),
    ("trunk", "beyond 60°"): (NOT_ACCEPTABLE, CONDITIONAL, NOT_ACCEPTABLE),
    ("upper arm", "backwards"): (NOT_ACCEPTABLE, CONDITIONAL, NOT_ACCEPTABLE),
    ("upper arm", "to 20°"): (ACCEPTABLE, ACCEPTABLE, ACCEPTABLE),
    ("upper arm", "20 to 60°"): (CONDITIONAL, ACCEPTABLE, CONDITIONAL),
    ("upper arm", "beyond 60°"): (NOT_ACCEPTABLE, CONDITIONAL, NOT_ACCEPTABLE),
    ("head", "backwards"): (NOT_ACCEPTABLE, CONDITIONAL, NOT_ACCEPTABLE),
    ("head", "to 40°"): (ACCEPTABLE, ACCEPTABLE, ACCEPTABLE),
    ("head", "beyond 40°"): (NOT_ACCEPTABLE, CONDITIONAL, NOT_ACCEPTABLE),
}


@dataclass(frozen=True)
class Zone:
    """One zone over a clip. ``share``: of the time in which the part was seen; ``longest_s``: held there; ``per_minute``: how often
    the part came into it; ``verdict``: None if it was never there.
    """

    name: str
    share: float
    longest_s: float
    per_minute: float
    verdict: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "share_of_time": round(self.share, 4),
            "longest_s": round(self.longest_s, 2),
            "per_minute": round(self.per_minute, 2),
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Part:
    """``seen_s``: how long it was seen, of everybody together; ``verdict``: the worst of its zones, None if it was never seen."""

    seen_s: float
    zones: Sequence[Zone]

    @property
    def verdict(self) -> str | None:
        told = [z.verdict for z in self.zones if z.verdict is not None]
        return max(told, key=VERDICTS.index) if told else None

    def to_json(self) -> dict[str, Any]:
        return {
            "seen_s": round(self.seen_s, 2),
            "verdict": self.verdict,
            "zones": {z.name: z.to_json() for z in self.zones},
        }


def angle_of(part: str, posture: Posture) -> float | None:
    """Degrees from the vertical, forwards positive. ``head``: the inclination of the head, which stands in for the line of sight
    (of which EN 1005-4 speaks): eyes are not seen.
    """
    if part == "trunk":
        return posture.trunk
    if part == "upper arm":
        return posture.upper_arm
    return None if posture.trunk is None or posture.neck is None else posture.trunk + posture.neck


def zone_of(part: str, degrees: float) -> str:
    zones = ZONES[part]
    return next((name for name, _, high in zones if degrees <= high), zones[-1][0])


def verdict_of(part: str, zone: str, longest_s: float, per_minute: float) -> str:
    """The cell of a zone: of a static posture if one was held there, else by how often it is come into."""
    if longest_s >= STATIC_S:
        static = CELLS[part, zone][0]
        moved = CELLS[part, zone][2 if per_minute >= HIGH_PER_MINUTE else 1]
        return max(static, moved, key=VERDICTS.index)
    return CELLS[part, zone][2 if per_minute >= HIGH_PER_MINUTE else 1]


def judged(people: Iterable[Sequence[tuple[float, Posture]]]) -> dict[str, Part]:
    """``people``: of each the (seconds, posture) in the order of time."""
    streams = [list(p) for p in people]
    return {part: _part(part, streams) for part in ZONES}


def _part(part: str, streams: Sequence[Sequence[tuple[float, Posture]]]) -> Part:
    seconds = dict.fromkeys((name for name, _, _ in ZONES[part]), 0.0)
    longest = dict(seconds)
    entries = dict.fromkeys(seconds, 0)
    for stream in streams:
        seen = [(t, a) for t, posture in stream if (a := angle_of(part, posture)) is not None]
        before: str | None = None
        begun = last = -math.inf
        for time_s, degrees in seen:
            lost = time_s - last > _LONGEST_GAP_S
            zone = (
                before if before is not None and not lost and _stays(part, before, degrees) else zone_of(part, degrees)
            )
            if zone != before or lost:
                # Where somebody is when the picture begins is no movement.
                entries[zone] += before is not None and not lost
                begun = time_s
            else:
                seconds[zone] += time_s - last
                longest[zone] = max(longest[zone], time_s - begun)
            before, last = zone, time_s
    whole = sum(seconds.values())
    return Part(
        whole,
        [
            _zone(
                part,
                name,
                seconds[name] / whole if whole else 0.0,
                longest[name],
                60 * entries[name] / whole if whole else 0.0,
            )
            for name in seconds
        ],
    )


def _zone(part: str, name: str, share: float, longest_s: float, per_minute: float) -> Zone:
    there = share > 0 or per_minute > 0
    return Zone(name, share, longest_s, per_minute, verdict_of(part, name, longest_s, per_minute) if there else None)


def _stays(part: str, zone: str, degrees: float) -> bool:
    low, high = next((low, high) for name, low, high in ZONES[part] if name == zone)
    return low - _GAP_DEG <= degrees <= high + _GAP_DEG
