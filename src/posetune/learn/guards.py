"""What a challenger must not get worse at: people of other sets, joint angles, steadiness, being found, speed, MediaPipe's rules.

Who trains is told what passed and what did not, no figures beyond that (Blum & Hardt 2015: a set that is asked too often wears
out). Comparisons are paired, and resampled by groups (``measure.bootstrap``).
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import by_image, crop_answers
from posetune.data.people import Person
from posetune.doctor.diagnose import diagnose
from posetune.errors import PosetuneError
from posetune.learn.people import errors_of
from posetune.learn.rules import Rules
from posetune.measure.bootstrap import Resampling
from posetune.measure.metrics import Labels, angle_errors
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE, Landmarker

#: How far the crop of a steady answer is moved, as a share of its side, and how many people are looked at so.
_SHIFTS, _JITTER_PEOPLE = ((0.01, 0.0), (-0.005, 0.008), (0.0, -0.01)), 60
_TIMED = 24
#: px of the 256 px crop; so small movements are no different from none.
_STILL = 0.05


@dataclass(frozen=True)
class Check:
    """``passed``: None where there are too few people to show it, or to say anything. ``said``: one sentence. ``change``: of the
    challenger against what it is held against, as a share; ``most``: the upper end of its 95 % interval, or what was compared with
    the margin.
    """

    name: str
    passed: bool | None
    said: str
    change: float | None = None
    most: float | None = None

    def to_json(self) -> dict[str, object]:
        return dataclasses.asdict(self)


@dataclass(frozen=True, eq=False)
class Guard:
    """People of one kind: "ordinary people", a set, a domain. All of them scorable, none of them ever trained on. ``must_show``:
    they are so many that "no worse" can be shown, and where it is not, the guard has failed.
    """

    name: str
    people: tuple[Person, ...]
    must_show: bool = False


@dataclass(frozen=True, eq=False)
class Measured:
    """One network on one guard: (N,) errors, (N, 8) of joint angles, NaN where not labelled, (N,) who is found, (M,) how far
    answers move with the crop.
    """

    errors: np.ndarray
    angles: np.ndarray
    found: np.ndarray
    jitter: np.ndarray


def together(name: str, held: Sequence[Guard]) -> Guard:
    """The people of several guards as one."""
    people = [
        dataclasses.replace(p, image=dataclasses.replace(p.image, group=f"{guard.name}: {p.group}"))
        for guard in held
        for p in guard.people
    ]
    return Guard(name, tuple(people))


def joined(found: Sequence[Measured]) -> Measured:
    """What a network's figures on several guards are on all of them :func:`together`."""
    fields = [field.name for field in dataclasses.fields(Measured)]
    return Measured(*(np.concatenate([getattr(one, name) for one in found]) for name in fields))


def measure(network: Landmarker, guard: Guard, progress: Callable[[int], None] | None = None) -> Measured:
    """Ask a network about everybody of a guard."""
    answers = crop_answers({"": network}, guard.people, progress=progress)[""]
    labels = Labels.of(guard.people)
    angles, _ = angle_errors(answers.points_px, labels)
    # A landmarker that answers on any crop says how sure it is that somebody is there.
    found = np.nan_to_num(answers.score) >= MIN_PRESENCE_CONFIDENCE
    some = guard.people[:: max(1, len(guard.people) // _JITTER_PEOPLE)][:_JITTER_PEOPLE]
    return Measured(errors_of(answers, guard.people), angles, found, _jitter(network, some))


def _jitter(network: Landmarker, people: Sequence[Person]) -> np.ndarray:
    """(M,) how far the 33 points move, px of the 256 px crop, when the crop moves by a hundredth of its side."""
    moved = np.zeros(len(people))
    for image, indices in by_image(people):
        rgb = image.read()
        for i in indices:
            crop = people[i].crop
            assert crop is not None
            still = network.predict_crop(rgb, crop).landmarks_px[:, :2]
            shifted = [
                dataclasses.replace(crop, cx=crop.cx + dx * crop.side, cy=crop.cy + dy * crop.side)
                for dx, dy in _SHIFTS
            ]
            others = np.stack([network.predict_crop(rgb, c).landmarks_px[:, :2] for c in shifted])
            moved[i] = np.linalg.norm(others - still, axis=-1).mean() * 256 / crop.side
    return moved


def compare(guard: Guard, challenger: Measured, others: Mapping[str, Measured], rules: Rules) -> list[Check]:
    """The challenger against the best, on this guard, of ``others``: the networks that are or ever were live, by name."""
    name, count = guard.name, len(guard.people)
    if count < rules.least_guard:
        return [
            Check(name, None, f"{name}: {count} people are too few to say anything ({rules.least_guard} are needed).")
        ]
    best = min(others, key=lambda other: float(others[other].errors.mean()))
    held = others[best]
    checks = [
        _not_worse("error", guard, challenger.errors, held.errors, _Held(best, rules.margin, rules.most)),
        _not_worse(
            "joint angles", guard, challenger.angles, held.angles, _Held(best, rules.angle_margin, rules.angle_most)
        ),
    ]
    change = _moved_more(challenger.jitter, held.jitter)
    passed = change <= rules.jitter_margin
    said = (
        f"{name}: how far answers move with the crop {change:+.1%} against {best} (at most {rules.jitter_margin:+.0%})."
    )
    checks.append(Check(f"{name}: jitter", passed, said, change, change))
    lost = float(held.found.mean() - challenger.found.mean())
    said = f"{name}: {challenger.found.mean():.1%} of the people are found, {held.found.mean():.1%} by {best}."
    checks.append(Check(f"{name}: found", lost <= max(rules.found_margin, 1 / count) + 1e-9, said, -lost, lost))
    return checks


def _moved_more(values: np.ndarray, reference: np.ndarray) -> float:
    """By how much answers move more, as a share: (M,) against (M,) px, the mean of each person's ratio, geometrically. Of plain
    means one person who is taken for turned round decides: with 60 people their ratio is known to ±8 %, this one to ±3 %.
    """
    return float(np.exp(np.mean(np.log((values + _STILL) / (reference + _STILL)))) - 1)


@dataclass(frozen=True)
class _Held:
    """``name``: the network that a challenger is held against; ``margin``: by how much it may seem worse, ``most``: by how much it
    may be worse with certainty.
    """

    name: str
    margin: float
    most: float


def _not_worse(what: str, guard: Guard, values: np.ndarray, reference: np.ndarray, held: _Held) -> Check:
    """Whether ``values`` (N, …) of the guard's people are shown to be no worse than ``reference`` (non-inferiority)."""
    name = f"{guard.name}: {what}"
    known = int(np.isfinite(reference.reshape(len(reference), -1)).any(axis=1).sum())
    if not known:
        return Check(name, None, f"{name}: nothing is labelled that says anything.")
    groups = np.array([p.group for p in guard.people], dtype=object)
    if len(set(groups)) < 2:
        groups = np.arange(len(groups)).astype(object)  # one video: its people are all there is
    change = float(np.nanmean(values) / np.nanmean(reference) - 1)
    interval = Resampling.of(groups).interval_of_ratio(values, reference)
    if interval is None:
        return Check(name, None, f"{name}: too little is labelled to say anything.")
    low, high = interval
    passed: bool | None
    # An interval of so few people, or of so unlike answers, that of no network "no worse" could be shown. What such a guard sees
    # is chance in the first place: half of all equal networks seem worse there.
    blunt = not guard.must_show and (high - low) / 2 > held.most
    standard_error = (high - low) / 4
    if change - (standard_error if blunt else 0) > held.margin:
        passed, verdict = False, "worse"
    elif high <= held.most:
        passed, verdict = True, "not worse"
    elif low > 0:
        passed, verdict = False, "surely worse"
    elif not blunt:
        passed, verdict = False, "not shown to be no worse"
    else:
        passed, verdict = None, f"cannot be shown with {known} people"
        if change < held.margin:  # the interval narrows with the root of them
            needed = known * ((high - change) / (held.most - change)) ** 2
            verdict += f"; about {_round_up(needed)} would do"
    bounds = f"95 % interval {low:+.1%} … {high:+.1%}; at most {held.margin:+.0%}, for certain at most {held.most:+.0%}"
    return Check(name, passed, f"{name} {change:+.1%} against {held.name} ({bounds}): {verdict}.", change, high)


def _round_up(number: float) -> int:
    """To two figures: 1234 → 1300."""
    step = 10 ** max(0, math.floor(math.log10(max(number, 1))) - 1)
    return step * math.ceil(number / step)


def speed(challenger: Landmarker, live: Landmarker, people: Sequence[Person], rules: Rules) -> Check:
    """The time of an answer, the two in turns on the same crops."""
    times: dict[str, list[float]] = {"challenger": [], "live": []}
    some = people[:: max(1, len(people) // _TIMED)][:_TIMED]
    for image, indices in by_image(some):
        rgb = image.read()
        for i in indices:
            crop = some[i].crop
            assert crop is not None
            for name, network in (("challenger", challenger), ("live", live)):
                begun = time.perf_counter()
                network.predict_crop(rgb, crop)
                times[name].append(time.perf_counter() - begun)
    change = float(np.median(times["challenger"]) / np.median(times["live"]) - 1)
    said = f"speed: the time of an answer {change:+.0%} against the live network (at most {rules.speed_margin:+.0%})."
    return Check("speed", change <= rules.speed_margin, said, change, change)


def clean(content: bytes, name: str) -> Check:
    """Whether MediaPipe takes the file and answers right (``doctor``)."""
    try:
        diagnosis = diagnose(content, name)
    except PosetuneError as error:
        return Check("doctor", False, f"doctor: {error}")
    if diagnosis.kind == "detector":
        return Check("doctor", False, "doctor: it is a detector, no landmark network.")
    findings = "; ".join(finding.what for finding in diagnosis.findings if finding.severity in ("refused", "wrong"))
    verdict = "MediaPipe takes it, in a bundle" if diagnosis.usable else diagnosis.verdict
    return Check("doctor", diagnosis.usable, f"doctor: {verdict}{f' ({findings})' if findings else ''}.")
