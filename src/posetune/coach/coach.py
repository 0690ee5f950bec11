"""One person's exercise as it goes on: poses in, with their times; repetitions and holds out. No files, no pictures."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import numpy as np

from posetune.coach.body import Body, Ruler, view_of
from posetune.coach.exercise import FEET_MOVE, JOINTS, Exercise
from posetune.coach.judge import AROUND_S, SETTLED_S, Result, judged, part_of, passes
from posetune.coach.repetitions import Counter, Moved
from posetune.coach.sample import Sample

#: What is remembered for judging a repetition: a pause in the middle of one may be long, but not endless.
REMEMBERED_S = 120.0
#: A hold begins when its gates hold for so long, and ends when they do not for so long.
HOLD_BEGINS_S, HOLD_ENDS_S = 2.0, 0.5
#: A hold is still: shoulders and hips move less than this in a second, in parts of the leg.
_STILL = 0.12


@dataclass(frozen=True)
class Repetition:
    """One repetition, or one hold. Seconds of the stream; ``extremum_s``: its lowest (highest) point.

    ``reached``: the signal there, NaN of a hold. ``ranges``: joint → smallest and largest angle of the nearer side, degrees, where
    it was seen.
    """

    start_s: float
    end_s: float
    extremum_s: float
    side: str
    view: str
    checks: Mapping[str, Result]
    reached: float = math.nan
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "start": round(self.start_s, 3),
            "end": round(self.end_s, 3),
            "extremum": round(self.extremum_s, 3),
            "side": self.side,
            "view": self.view,
            **({"reached": round(self.reached, 3)} if math.isfinite(self.reached) else {}),
            "ranges": {joint: [round(v, 1) for v in ends] for joint, ends in self.ranges.items()},
            "checks": {name: result.to_json() for name, result in self.checks.items()},
        }


@dataclass(frozen=True)
class Passed:
    """A movement that was not counted. ``why``: the gate that did not hold, as "trunk_lean"."""

    start_s: float
    end_s: float
    why: str


@dataclass
class Coach:
    """Counts and judges one exercise of one person. ``errors``: joint → the network's measured error there, degrees.

    >>> coach = Coach(library()["squat"])
    >>> for time_s, pose in stream:
    ...     if repetition := coach.see(Sample.of(pose, time_s)):
    ...         print(len(coach.repetitions), repetition.checks)
    """

    exercise: Exercise
    errors: Mapping[str, float] = field(default_factory=dict)
    also: Sequence[str] = ()
    repetitions: list[Repetition] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    _ruler: Ruler = field(default_factory=Ruler)
    _bodies: deque[Body] = field(default_factory=deque)
    _waiting: Moved | None = None
    _held_s: float | None = None
    _holds_s: float | None = None

    def __post_init__(self) -> None:
        self._counter = Counter(self.exercise.signal) if self.exercise.signal else None
        asked = {g.when for g in self.exercise.gates} | {c.when for c in self.exercise.checks}
        feet = any(gate.measure == FEET_MOVE for gate in self.exercise.gates)
        # What comes right after a movement belongs to the judgement of it.
        self.lag_s = SETTLED_S if "end" in asked else AROUND_S if feet else 0.0

    @property
    def phase(self) -> str:
        """ "unknown", "rest" or "moving"; of a hold "rest" or "holding"."""
        if self._counter:
            return self._counter.phase
        return "holding" if self._held_s is not None else "rest"

    def see(self, sample: Sample) -> Repetition | None:
        """The repetition that ``sample`` ends, if it ends one. Times must not go back: an earlier sample is left out."""
        if self._bodies and sample.time_s <= self._bodies[-1].sample.time_s:
            return None
        return self.see_body(self._ruler.see(sample))

    def see_body(self, body: Body) -> Repetition | None:
        """As :meth:`see`, of a sample that a ruler of this person has seen: several coaches may share one."""
        sample = body.sample
        if self._bodies and sample.time_s <= self._bodies[-1].sample.time_s:
            return None
        self._bodies.append(body)
        while self._bodies[0].sample.time_s < sample.time_s - REMEMBERED_S:
            self._bodies.popleft()
        if self._counter is None:
            return self._hold(body)
        signal = self.exercise.signal
        assert signal is not None
        moved = self._counter.see(sample.time_s, body.measure(signal.measure))
        if moved:
            self._waiting = moved
        due = self._waiting and (sample.time_s >= self._waiting.end_s + self.lag_s or self._counter.phase == "moving")
        return self._judge() if due else None

    def end(self) -> Repetition | None:
        """No more samples: what waits is judged, and a hold that goes on ends here."""
        if self._waiting:
            return self._judge()
        return self._end_hold(self._bodies[-1].sample.time_s) if self._held_s is not None and self._bodies else None

    def _judge(self) -> Repetition | None:
        moved, self._waiting = self._waiting, None
        assert moved is not None
        for gate in self.exercise.gates:
            if not passes(gate, self._bodies, moved):
                self.passed.append(Passed(moved.start_s, moved.end_s, gate.measure))
                return None
        return self._add(moved)

    def _add(self, moved: Moved) -> Repetition:
        bodies = part_of(self._bodies, moved.start_s, moved.end_s)
        turned = sorted(t for b in bodies if math.isfinite(t := b.turned()))
        until = part_of(self._bodies, moved.start_s, moved.end_s + SETTLED_S)
        checks = {
            c.name: judged(c, until, moved, self.errors)
            for c in self.exercise.checks
            if c.default or c.name in self.also
        }
        repetition = Repetition(
            moved.start_s,
            moved.end_s,
            moved.extremum_s,
            bodies[-1].near,
            view_of(turned[len(turned) // 2] if turned else math.nan),
            checks,
            moved.extremum,
            _ranges(part_of(self._bodies, moved.start_s - AROUND_S, moved.end_s + AROUND_S)),
        )
        self.repetitions.append(repetition)
        return repetition

    def _hold(self, body: Body) -> Repetition | None:
        now = body.sample.time_s
        values = [(gate, body.measure(gate.measure)) for gate in self.exercise.gates]
        # A point that is hidden for a moment neither ends nor begins a hold.
        if any(not math.isfinite(v) for _, v in values) and self._held_s is not None:
            return (
                self._end_hold(self._holds_s)
                if self._holds_s is not None and now - self._holds_s > HOLD_BEGINS_S
                else None
            )
        inside = (
            all(math.isfinite(v) and (g.min is None or v >= g.min) and (g.max is None or v <= g.max) for g, v in values)
            and self._still()
        )
        if inside:
            self._held_s = now if self._held_s is None else self._held_s
            self._holds_s = now
            return None
        if self._held_s is not None and self._holds_s is not None and now - self._holds_s > HOLD_ENDS_S:
            return self._end_hold(self._holds_s)
        return None

    def _still(self) -> bool:
        now = self._bodies[-1]
        last = list(takewhile(lambda b: b.sample.time_s >= now.sample.time_s - 1.0, reversed(self._bodies)))
        leg = now.scale.leg
        if not math.isfinite(leg) or leg <= 0:
            return False
        for part in ("shoulder", "hip"):
            where = np.array([b.middle(part) for b in last])
            where = where[np.isfinite(where).all(axis=1)]
            if (
                len(where)
                and float((np.percentile(where, 95, axis=0) - np.percentile(where, 5, axis=0)).max()) > _STILL * leg
            ):
                return False
        return True

    def _end_hold(self, end_s: float | None) -> Repetition | None:
        start_s, self._held_s = self._held_s, None
        if start_s is None or end_s is None or end_s - start_s < HOLD_BEGINS_S:
            return None
        return self._add(Moved(start_s, end_s, (start_s + end_s) / 2, math.nan))


def _ranges(bodies: Sequence[Body]) -> dict[str, tuple[float, float]]:
    """Without the outermost twentieth: one wild picture is no range of motion.

    ``bodies``: of a movement and the moment around it, as it begins and ends beyond ``leave``, not at rest.
    """
    found = {}
    for joint in JOINTS:
        seen = [v for b in bodies if math.isfinite(v := b.measure(f"near_{joint}"))]
        if seen:
            low, high = np.percentile(seen, (5, 95))
            found[joint] = (float(low), float(high))
    return found
