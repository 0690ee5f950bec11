"""Postures over time: how long at which level, and the worst moments."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from posetune.coach.body import Body, Ruler
from posetune.coach.ergonomics.en1005 import Part, judged
from posetune.coach.ergonomics.posture import Posture, posture_of
from posetune.coach.ergonomics.scores import LEVELS, METHODS, Span, Task, level, score
from posetune.coach.sample import Sample
from posetune.runtime.pose import Pose

#: Said with every result.
SCREENING = "A screening of what one camera saw, no assessment under any standard or law, and no medical statement."
#: Worst moments are so far apart, at least.
_APART_S = 3.0
_WORST = 3
#: Somebody who is not seen for longer than this was not at work here meanwhile.
_LONGEST_STEP_S = 1.0


@dataclass(frozen=True)
class Moment:
    """One person in one picture. ``scores``: method → lowest and highest."""

    time_s: float
    person: int
    posture: Posture
    scores: dict[str, Span]


@dataclass(frozen=True)
class Ergonomics:
    """``moments``: of all people, in the order of time. ``en1005``: whether the zones of EN 1005-4 are told, too."""

    task: Task
    moments: Sequence[Moment]
    en1005: bool = False

    def to_json(self) -> dict[str, Any]:
        people = sorted({m.person for m in self.moments})
        return {
            "notice": SCREENING,
            "person_seconds": round(self.seconds, 2),
            "people": people,
            "methods": {method: self._method(method) for method in METHODS},
            **({"en1005_4": {name: part.to_json() for name, part in self.zones().items()}} if self.en1005 else {}),
        }

    @property
    def seconds(self) -> float:
        """Of everybody together."""
        return sum(seconds for _, seconds in self._timed)

    def zones(self) -> dict[str, Part]:
        """Part → its zones after EN 1005-4, of everybody together."""
        people = sorted({m.person for m in self.moments})
        return judged([(m.time_s, m.posture) for m in self.moments if m.person == person] for person in people)

    def _method(self, method: str) -> dict[str, Any]:
        timed = self._timed
        whole = sum(seconds for _, seconds in timed)
        shares = {}
        for name, _, _ in LEVELS[method]:
            surely = sum(s for m, s in timed if {level(method, v) for v in m.scores[method]} == {name})
            perhaps = sum(s for m, s in timed if _reaches(method, m.scores[method], name))
            shares[name] = (
                {"at_least": round(surely / whole, 4), "at_most": round(perhaps / whole, 4)} if whole else None
            )
        return {"share_of_time": shares, "worst": [_told(m, method) for m in self.worst(method)]}

    def worst(self, method: str) -> list[Moment]:
        """By what is sure, then by what may be; of those close together the first."""
        chosen: list[Moment] = []
        for moment in sorted(self.moments, key=lambda m: (-m.scores[method][0], -m.scores[method][1], m.time_s)):
            if all(abs(moment.time_s - c.time_s) >= _APART_S or moment.person != c.person for c in chosen):
                chosen.append(moment)
            if len(chosen) == _WORST:
                break
        return chosen

    @cached_property
    def _timed(self) -> list[tuple[Moment, float]]:
        """Each moment with the seconds until the same person's next."""
        found = []
        for person in {m.person for m in self.moments}:
            own = [m for m in self.moments if m.person == person]
            steps = [b.time_s - a.time_s for a, b in pairwise(own)]
            last = min(steps, default=0.0)
            found += [(m, min(s, _LONGEST_STEP_S)) for m, s in zip(own, [*steps, last], strict=True)]
        return found


def observed(frames: Iterable[tuple[float, Sequence[Pose]]], task: Task, en1005: bool = False) -> Ergonomics:
    """The postures in ``frames``, each (seconds, its people with track ids)."""
    rulers: dict[int, Ruler] = {}
    bodies: dict[int, list[Body]] = {}
    for time_s, people in frames:
        for pose in people:
            person = pose.id or 1
            body = rulers.setdefault(person, Ruler()).see(Sample.of(pose, time_s))
            bodies.setdefault(person, []).append(body)
    return scored(bodies, task, en1005)


def scored(bodies: Mapping[int, Sequence[Body]], task: Task, en1005: bool = False) -> Ergonomics:
    """As :func:`observed`, of people who were measured: track id → bodies in the order of time."""
    moments = []
    for person, seen in bodies.items():
        for body in seen:
            posture = posture_of(body)
            scores = {method: score(method, posture, task) for method in METHODS}
            moments.append(Moment(body.sample.time_s, person, posture, scores))
    return Ergonomics(task, sorted(moments, key=lambda m: m.time_s), en1005)


def postures_csv(found: Ergonomics) -> str:
    """A row a person and picture: scores, each with its lowest and highest, and angles in degrees; empty where not seen."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    angles = ("trunk", "neck", "upper_arm", "lower_arm", "wrist", "knee")
    ends = [f"{method}_{end}" for method in METHODS for end in ("low", "high")]
    writer.writerow(["time_s", "person", *ends, *(f"{angle}_deg" for angle in angles)])
    for moment in found.moments:
        values = [getattr(moment.posture, a) for a in angles]
        told = ["" if v is None else f"{v:.1f}" for v in values]
        writer.writerow(
            [f"{moment.time_s:.3f}", moment.person, *(end for m in METHODS for end in moment.scores[m]), *told]
        )
    return text.getvalue()


def _reaches(method: str, span: Span, name: str) -> bool:
    low, high = next((low, high) for level_name, low, high in LEVELS[method] if level_name == name)
    return span[0] <= high and span[1] >= low


def _told(moment: Moment, method: str) -> dict[str, Any]:
    low, high = moment.scores[method]
    levels = [level(method, low), level(method, high)]
    return {"time_s": round(moment.time_s, 3), "person": moment.person, "score": [low, high], "level": levels}
