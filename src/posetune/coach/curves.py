"""What was measured of a clip over time, as curves: the signal that was counted, and each check's measure with its limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.coach.session import Session

#: Measures that are no degrees: lengths in parts of a limb.
_LENGTHS = (
    "hip_height", "hip_over_knee", "shoulder_over", "wrist_over", "ankles_apart", "knees_to_ankles", "standing_height",
    "push_height", "stride_3d", "straddle_3d",
)  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """A line that a curve is held against. ``kind``: "enter", "leave", "min" or "max"; ``tolerance``: how far beyond a limit is
    still no fault, 0 where it is no limit.
    """

    kind: str
    value: float
    tolerance: float = 0.0


@dataclass(frozen=True, eq=False)
class Curve:
    """``times_s``, ``values``: (N,); NaN where it was not seen. ``checks``: the names of the checks that look at it."""

    measure: str
    times_s: np.ndarray
    values: np.ndarray
    limits: Sequence[Limit]
    checks: Sequence[str]

    @property
    def unit(self) -> str:
        return unit_of(self.measure)


def unit_of(measure: str) -> str:
    """ "°" or "" (a part of a limb)."""
    return "" if measure.startswith(_LENGTHS) else "°"


def curves(session: Session) -> list[Curve]:
    """The signal of ``session`` first, then the measures of the checks that were made; none where no exercise was found."""
    exercise = session.exercise
    if exercise is None or not session.bodies:
        return []
    limits: dict[str, list[Limit]] = {}
    checks: dict[str, list[str]] = {}
    if exercise.signal:
        limits[exercise.signal.measure] = [Limit(k, getattr(exercise.signal, k)) for k in ("enter", "leave")]
    for check in exercise.checks:
        results = [r.checks[check.name] for r in session.repetitions if check.name in r.checks]
        known = [r.tolerance for r in results if math.isfinite(r.tolerance)]
        if results and known:
            found = limits.setdefault(check.measure, [])
            ends = (("min", check.min), ("max", check.max))
            found += [Limit(kind, value, known[0]) for kind, value in ends if value is not None]
            checks.setdefault(check.measure, []).append(check.name)
    times = np.array([b.sample.time_s for b in session.bodies])
    return [
        Curve(m, times, np.array([b.measure(m) for b in session.bodies]), limits[m], checks.get(m, ())) for m in limits
    ]
