"""A whole clip, coached: whom to follow, what they did, and what is to be said about how far that can be trusted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from posetune.coach.body import Body, Ruler
from posetune.coach.coach import Coach, Passed, Repetition
from posetune.coach.exercise import Exercise, library
from posetune.coach.judge import upside_down
from posetune.coach.repetitions import LAG_S
from posetune.coach.sample import Sample
from posetune.errors import PosetuneError
from posetune.runtime.pose import MIN_VISIBILITY, Pose

#: Fewer pictures a second than this, and quick movements fall between them.
FEWEST_FPS = 8.0
#: Below this many seconds a clip has no room for a movement that begins and ends in it: the quickest squats took 0.7 s.
SHORTEST_S = 0.7
#: Somebody who comes back with another id is the same person if the body is between 1/1.6 and 1.6 times as large.
_SAME_SIZE = 1.6
_AUTO, _ALL = "auto", "all"


#: A sentence by language.
Note = Mapping[str, str]


@dataclass(frozen=True)
class Session:
    """``exercise``: None if ``auto`` found none. ``person``: the track ids that were followed; ``bodies``: that person, picture by
    picture. Seconds of the clip.
    """

    exercise: Exercise | None
    repetitions: Sequence[Repetition]
    passed: Sequence[Passed]
    notes: Sequence[Note]
    person: Sequence[int]
    lag_s: float
    bodies: Sequence[Body] = ()

    def told(self, language: str = "en") -> list[str]:
        """The notes, and what no camera can tell of this exercise."""
        cannot = self.exercise.cannot if self.exercise and self.bodies else {}
        return [note.get(language, note["en"]) for note in (*self.notes, *([cannot] if cannot else []))]

    def to_json(self, language: str = "en") -> dict[str, Any]:
        return {
            "exercise": self.exercise.name if self.exercise else None,
            "kind": self.exercise.kind if self.exercise else None,
            "count": len(self.repetitions),
            "repetitions": [r.to_json() for r in self.repetitions],
            "not_counted": [
                {"start": round(p.start_s, 3), "end": round(p.end_s, 3), "why": p.why} for p in self.passed
            ],
            "cues": cues(self, language),
            "notes": self.told(language),
            "person": list(self.person),
            "lag_s": round(self.lag_s, 3),
        }


def cues(session: Session, language: str = "en") -> list[str]:
    """What to say, most frequent fault first; in English where ``language`` has no text."""
    if session.exercise is None:
        return []
    faults = Counter(n for r in session.repetitions for n, result in r.checks.items() if result.status == "fault")
    said = {c.name: c.cue.get(language, c.cue["en"]) for c in session.exercise.checks}
    return [said[name] for name, _ in faults.most_common()]


def coached(
    frames: Iterable[tuple[float, Sequence[Pose]]],
    exercise: Exercise | str,
    errors: Mapping[str, float] | None = None,
    person: int | None = None,
    also: Sequence[str] = (),
) -> Session:
    """A clip of ``frames``, each (seconds, its people with track ids), coached.

    ``exercise``: one of ``library()`` by name, "auto", or an Exercise. ``person``: a track id; the largest person unless told.
    ``errors``: joint → the network's measured error, degrees. ``also``: checks made only where asked for, by name, or "all".
    Raises PosetuneError for an unknown name or id.
    """
    return Clip(list(frames)).coached(exercise, errors, person, also)


@dataclass
class _Measured:
    """One person, as far as the first ``frames`` of a clip."""

    ruler: Ruler = field(default_factory=Ruler)
    bodies: list[Body] = field(default_factory=list)
    frames: int = 0


@dataclass
class Clip:
    """What was seen, measured once for however many exercises: ``frames`` as :func:`coached` takes them; more may be appended."""

    frames: list[tuple[float, Sequence[Pose]]] = field(default_factory=list)
    _measured: dict[int, _Measured] = field(default_factory=dict)

    def coached(
        self,
        exercise: Exercise | str,
        errors: Mapping[str, float] | None = None,
        person: int | None = None,
        also: Sequence[str] = (),
    ) -> Session:
        """See :func:`coached`."""
        chosen = exercises_of(exercise, also)
        if not any(people for _, people in self.frames):
            nobody = {"en": "Nobody was found in the clip.", "zh": "视频中没有找到人。"}
            return Session(_only(chosen), (), (), (nobody,), (), 0.0)
        ids = _whom(self.frames, person)
        streams = [self.bodies(i) for i in ids]
        sessions = [_followed(e, streams, errors or {}, also) for e in chosen]
        best = max(sessions, key=_explains)
        if exercise == _AUTO and not best[1]:
            best = (None, [], [], 0.0)
        found, repetitions, passed, lag_s = best
        bodies = sorted((b for stream in streams for b in stream), key=lambda b: b.sample.time_s)
        notes = _notes(self.frames, bodies, ids, person)
        if found is None:
            names = ", ".join(e.name for e in chosen)
            notes.append({
                "en": f"None of the exercises that are known was seen: {names}.", "zh": f"没有识别到任何已知动作：{names}。",
            })  # fmt: skip
        elif not repetitions and passed:
            notes.append({
                "en": f"{len(passed)} {'movement was' if len(passed) == 1 else 'movements were'} not counted as {found.name}; "
                "not_counted says when and why.",
                "zh": f"有 {len(passed)} 次运动未计入 {found.name}；not_counted 说明了时间和原因。",
            })  # fmt: skip
        return Session(found, repetitions, passed, notes, ids, LAG_S + lag_s, bodies)

    def bodies(self, person: int) -> list[Body]:
        """The person with the track id ``person`` in the order of time, measured."""
        known = self._measured.setdefault(person, _Measured())
        for time_s, people in self.frames[known.frames :]:
            known.bodies += [known.ruler.see(Sample.of(p, time_s)) for p in people if (p.id or 1) == person]
        known.frames = len(self.frames)
        return known.bodies

    @property
    def people(self) -> list[int]:
        """The track ids that were seen."""
        return sorted({p.id or 1 for _, people in self.frames for p in people})

    def signal(self, session: Session) -> list[tuple[float, float]]:
        """(seconds, value) of the signal of ``session``'s exercise wherever the person is; NaN where it was not seen. Empty for a
        hold, and where no exercise was found.
        """
        signal = session.exercise.signal if session.exercise else None
        if signal is None:
            return []
        seen = [b for i in session.person for b in self.bodies(i)]
        return sorted((b.sample.time_s, b.measure(signal.measure)) for b in seen)


_Followed = tuple[Exercise | None, list[Repetition], list[Passed], float]


def _followed(
    exercise: Exercise, streams: Sequence[Sequence[Body]], errors: Mapping[str, float], also: Sequence[str]
) -> _Followed:
    """Each stream by a coach of its own: what somebody does after coming back begins anew."""
    more = [c.name for c in exercise.checks] if _ALL in also else also
    coaches = [Coach(exercise, errors, more) for _ in streams]
    for coach, stream in zip(coaches, streams, strict=True):
        for body in stream:
            coach.see_body(body)
        coach.end()
    repetitions = sorted((r for c in coaches for r in c.repetitions), key=lambda r: r.start_s)
    passed = sorted((p for c in coaches for p in c.passed), key=lambda p: p.start_s)
    return exercise, repetitions, passed, max(c.lag_s for c in coaches)


def _explains(followed: _Followed) -> tuple[float, bool]:
    """Seconds in repetitions or holds; a repetition rather than a hold at equal time."""
    exercise, repetitions, _, _ = followed
    return sum(r.end_s - r.start_s for r in repetitions), exercise is not None and exercise.kind == "repetitions"


def exercises_of(exercise: Exercise | str, also: Sequence[str] = ()) -> list[Exercise]:
    """The exercises that :func:`coached` tries for the same arguments. Raises PosetuneError for an unknown name."""
    chosen = [exercise] if isinstance(exercise, Exercise) else _named(exercise)
    _check_known(also, chosen)
    return chosen


def _named(exercise: str) -> list[Exercise]:
    if exercise == _AUTO:
        return list(library().values())
    if exercise not in library():
        raise PosetuneError(
            f"There is no exercise {exercise!r}: give auto, a YAML file, or one of {', '.join(library())}."
        )
    return [library()[exercise]]


def _check_known(also: Sequence[str], chosen: Sequence[Exercise]) -> None:
    known = list(dict.fromkeys(c.name for e in chosen for c in e.checks))
    for name in also:
        if name != _ALL and name not in known:
            raise PosetuneError(f"There is no check {name!r}: give all, or some of {', '.join(known) or 'none'}.")


def _only(exercises: Sequence[Exercise]) -> Exercise | None:
    return exercises[0] if len(exercises) == 1 else None


def _whom(seen: Sequence[tuple[float, Sequence[Pose]]], person: int | None) -> list[int]:
    """The track ids of the person to follow: the one asked for, or the largest and who that is after coming back."""
    sizes: dict[int, list[float]] = {}
    times: dict[int, list[float]] = {}
    for time_s, people in seen:
        for pose in people:
            sizes.setdefault(pose.id or 1, []).append(_size(pose))
            times.setdefault(pose.id or 1, []).append(time_s)
    if person is not None:
        if person not in sizes:
            raise PosetuneError(
                f"Nobody has the id {person} in the clip; there are {', '.join(map(str, sorted(sizes)))}."
            )
        return [person]
    size = {i: float(np.median(s)) for i, s in sizes.items()}
    main = max(sizes, key=lambda i: size[i] * len(sizes[i]))
    ids, spans = [main], [(times[main][0], times[main][-1])]
    for i in sorted(sizes, key=lambda i: -len(sizes[i])):
        begin, end = times[i][0], times[i][-1]
        alone = all(end < b or begin > e for b, e in spans)
        if i != main and alone and 1 / _SAME_SIZE <= size[i] / size[main] <= _SAME_SIZE:
            ids.append(i)
            spans.append((begin, end))
    return sorted(ids, key=lambda i: times[i][0])


def _size(pose: Pose) -> float:
    """Diagonal of the box around the visible points, image px."""
    points = pose.landmarks_px[pose.visibility >= MIN_VISIBILITY, :2]
    return float(np.hypot(*(points.max(axis=0) - points.min(axis=0)))) if len(points) > 1 else 0.0


def _notes(
    seen: Sequence[tuple[float, Sequence[Pose]]], bodies: Sequence[Body], ids: Sequence[int], person: int | None
) -> list[Note]:
    notes: list[Note] = []
    times = [t for t, _ in seen]
    fps = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 and times[-1] > times[0] else math.nan
    if not math.isfinite(fps):
        notes.append({"en": "So few pictures that no movement can be followed.", "zh": "画面太少，无法跟踪任何运动。"})
    elif times[-1] - times[0] < SHORTEST_S:
        notes.append({
            "en": f"The clip is {times[-1] - times[0]:.1f} s long: too short for a whole movement.",
            "zh": f"视频只有 {times[-1] - times[0]:.1f} 秒，太短，容不下一个完整动作。",
        })  # fmt: skip
    elif fps < FEWEST_FPS:
        notes.append({
            "en": "So few pictures a second that quick movements fall between them.",
            "zh": "每秒画面太少，快速的运动会落在两帧之间。",
        })  # fmt: skip
    if person is None and max(len(people) for _, people in seen) > 1:
        named = ", ".join(map(str, ids))
        notes.append({
            "en": f"Several people are in the clip; the largest is coached (id {named}).",
            "zh": f"视频中有多人；教练跟踪最大的一位（编号 {named}）。",
        })  # fmt: skip
    if len(ids) > 1:
        notes.append({
            "en": "The person left and came back; a movement under way meanwhile is not counted.",
            "zh": "此人曾离开画面又回来；期间进行中的动作不计数。",
        })  # fmt: skip
    if upside_down(bodies):
        notes.append({
            "en": "People stand on their heads: if the video is upside down, turn it first; up and down are confused here.",
            "zh": "画面中的人是倒立的：如果视频上下颠倒，请先旋转；否则上下会混淆。",
        })  # fmt: skip
    return notes
