"""Whether a movement counts as the exercise, and what its checks say: ok, near, fault or not measurable, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from posetune.coach.body import Body, view_of
from posetune.coach.exercise import FEET_MOVE, Check, Gate
from posetune.coach.repetitions import Moved
from posetune.landmarks import INDEX

#: No tolerance of an angle is smaller, whatever a report says: labels and cameras are not better than that.
SMALLEST_TOLERANCE_DEG = 5.0
#: A value is told only if it holds for so long: one wild frame is no fault.
HOLDS_S = 0.2
#: A point counts as visible in a repetition if it is in this share of the pictures.
SEEN_SHARE = 0.5
#: The ankles are looked at so long before and after a movement: a jump follows its dip, and lands before the next.
AROUND_S = 0.5
#: What a check asks "at the end" may be reached so long after the way back: the lock-out of a lift.
SETTLED_S = 1.0


@dataclass(frozen=True)
class Result:
    """``status``: "ok", "near" (beyond the limit by less than the tolerance), "fault" or "not measurable", then ``why``.

    ``value``, ``limit``, ``tolerance``: in the unit of the measure; NaN where not measurable. ``at_s``: when ``value`` was seen.
    """

    status: str
    value: float = math.nan
    limit: float = math.nan
    tolerance: float = math.nan
    why: str = ""
    at_s: float = math.nan

    def to_json(self) -> dict[str, Any]:
        if self.status == "not measurable":
            return {"status": self.status, "why": self.why}
        limit = {"limit": round(self.limit, 3)} if math.isfinite(self.limit) else {}
        return {
            "status": self.status,
            "value": round(self.value, 3),
            **limit,
            "tolerance": round(self.tolerance, 3),
            **({"at": round(self.at_s, 3)} if math.isfinite(self.at_s) else {}),
        }


def part_of(bodies: Sequence[Body], start_s: float, end_s: float) -> list[Body]:
    return [b for b in bodies if start_s <= b.sample.time_s <= end_s]


def passes(gate: Gate, bodies: Sequence[Body], moved: Moved) -> bool:
    """Whether ``gate`` holds in a movement. What cannot be measured does not hold: nothing is counted on trust."""
    if gate.measure == FEET_MOVE:
        value = feet_move(part_of(bodies, moved.start_s - AROUND_S, moved.end_s + AROUND_S))
    else:
        value, _ = value_at(gate.measure, gate.when, gate.max is not None, bodies, moved)
    return math.isfinite(value) and (gate.min is None or value >= gate.min) and (gate.max is None or value <= gate.max)


def feet_move(bodies: Sequence[Body]) -> float:
    """How far the ankles go from where they mostly are, in parts of the leg; NaN if they are never seen."""
    where = np.array([b.middle("ankle") for b in bodies]).reshape(-1, 2)
    where = where[np.isfinite(where).all(axis=1)]
    legs = [b.scale.leg for b in bodies if math.isfinite(b.scale.leg)]
    if not len(where) or not legs:
        return math.nan
    far = np.linalg.norm(where - np.median(where, axis=0), axis=1)
    return float(np.percentile(far, 90) / max(legs))


def judged(check: Check, bodies: Sequence[Body], moved: Moved, errors: Mapping[str, float]) -> Result:
    """What ``check`` says of a movement. ``bodies``: from its begin to a second after it; ``errors``: joint → degrees."""
    during = part_of(bodies, moved.start_s, moved.end_s)
    hidden = [p for p in check.needs if not _mostly_visible(during, p)]
    if hidden:
        return Result("not measurable", why=f"{_said(hidden[0])} hidden")
    seen_from = view_of(_median([b.turned() for b in during]))
    if check.view != "any" and seen_from != check.view:
        return Result(
            "not measurable",
            why=f"needs a {check.view} view, this is {'an' if seen_from[0] in 'uo' else 'a'} {seen_from} one",
        )
    value, at_s = value_at(check.measure, check.when, check.max is not None, bodies, moved)
    if not math.isfinite(value):
        return Result("not measurable", why=f"{check.measure.replace('_', ' ')} was not seen")
    return replace(_against(check, value, tolerance_of(check, errors)), at_s=at_s)


def tolerance_of(check: Check, errors: Mapping[str, float]) -> float:
    if isinstance(check.tolerance, str):
        return max(SMALLEST_TOLERANCE_DEG, errors.get(check.tolerance, SMALLEST_TOLERANCE_DEG))
    return check.tolerance


def value_at(measure: str, when: str, high_is_bad: bool, bodies: Sequence[Body], moved: Moved) -> tuple[float, float]:
    """A measure over a movement, and when it was seen (seconds): at its extremum or start (median of ±0.1 s), its median over all,
    the worst that holds for 0.2 s, or the best after its end. NaN where it was not seen.

    ``bodies``: from the begin of the movement until a second after it.
    """
    if when == "mostly":
        value = _median([b.measure(measure) for b in part_of(bodies, moved.start_s, moved.end_s)])
        return value, (moved.start_s + moved.end_s) / 2
    if when == "worst":
        return _sustained(part_of(bodies, moved.start_s, moved.end_s), measure, high_is_bad)
    if when == "end":
        return _sustained(part_of(bodies, moved.end_s, moved.end_s + SETTLED_S), measure, not high_is_bad)
    at_s = {"extremum": moved.extremum_s, "start": moved.start_s}[when]
    return _median([b.measure(measure) for b in bodies if abs(b.sample.time_s - at_s) <= HOLDS_S / 2]), at_s


def _sustained(bodies: Sequence[Body], measure: str, high: bool) -> tuple[float, float]:
    """The highest (or lowest) value that is held for 0.2 s, and the middle of these; of a shorter piece, that of all of it."""
    sign = 1.0 if high else -1.0
    known = [(b.sample.time_s, sign * v) for b in bodies if math.isfinite(v := b.measure(measure))]
    worst, at_s = -math.inf, math.nan
    for i, (begin_s, _) in enumerate(known):
        window = [(t, v) for t, v in known[i:] if t - begin_s <= HOLDS_S]
        least = min(v for _, v in window)
        if least > worst and (known[-1][0] - begin_s >= HOLDS_S or len(known) == len(window)):
            worst, at_s = least, window[len(window) // 2][0]
    return (sign * worst, at_s) if math.isfinite(worst) else (math.nan, math.nan)


def _against(check: Check, value: float, tolerance: float) -> Result:
    for limit, beyond in (
        (check.max, value - check.max if check.max is not None else 0.0),
        (check.min, check.min - value if check.min is not None else 0.0),
    ):
        if limit is not None and beyond > 0:
            return Result("fault" if beyond > tolerance else "near", value, limit, tolerance)
    nearest = check.max if check.min is None else check.min
    return Result("ok", value, nearest if nearest is not None else math.nan, tolerance)


def _said(part: str) -> str:
    return (
        f"{part.removeprefix('both_')} of one side is" if part.startswith("both_") else f"{part.replace('_', ' ')} is"
    )


def _mostly_visible(bodies: Sequence[Body], part: str) -> bool:
    return bool(bodies) and float(np.mean([b.visible(part) for b in bodies])) >= SEEN_SHARE


def _median(values: Sequence[float]) -> float:
    finite = [v for v in values if math.isfinite(v)]
    return float(np.median(finite)) if finite else math.nan


def upside_down(bodies: Sequence[Body]) -> bool:
    """Whether shoulders are under hips and hips under knees in most pictures: the video stands on its head."""
    told = []
    for b in bodies:
        y = {
            p: b.sample.points[[INDEX[f"left_{p}"], INDEX[f"right_{p}"]], 1].mean()
            for p in ("shoulder", "hip", "ankle")
        }
        told.append(y["shoulder"] > y["hip"] > y["ankle"])
    return len(told) >= 5 and float(np.mean(told)) > 0.6
