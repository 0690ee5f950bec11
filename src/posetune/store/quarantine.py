"""What speaks against a correction: what networks see, what a body can do, how it came about, and who else gave it.

Nothing here is sure, so nothing is thrown away: what is suspected waits for somebody else's word (``corrections review``). A single
point that was moved far waits by itself, and the others count. How well this works: docs/lab/results/learning.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from posetune.data.checks import points, sides
from posetune.data.checks.labels import check_labels
from posetune.data.checks.looks import Looks
from posetune.data.people import Dataset, Person
from posetune.landmarks import COUNT, REGIONS
from posetune.store.correction import MOVED, Correction

#: Whoever confirms a whole person in less than this many seconds, with every point as near to what was shown as this (torsos), has
#: not looked.
LAZY_SECONDS, COPY = 2.0, 0.02
#: A body of which half the points lie so far (torsos) from where looks that agree see them, moved onto them as well as can be.
ELSEWHERE, AGREEING = 0.35, 0.12
#: A body that lies beside where it is seen, by this much (torsos), …
SHIFT = 0.15
#: … which is so many times what is left when it is moved there, and so many times what the looks differ by.
SHIFT_REST, SHIFT_SPREAD = 1.6, 1.8
#: A point that was moved by more than this (torsos) waits for a second person, …
FAR = 1.0
#: … who agrees if theirs lies within this of it.
AGREE = 0.25
#: Of somebody of whom the share of suspected corrections is, with this certainty, more than this, nothing is taken.
HOSTILE_SHARE, HOSTILE_SURE = 0.35, 0.9
#: What is thought of somebody before anything is known: so many suspected, so many not.
_PRIOR = 1, 4
#: Hands and face are the least of what networks and people agree on.
_BODY = np.array([i not in {*REGIONS["face"], *REGIONS["hands"]} for i in range(COUNT)])


@dataclass(frozen=True, eq=False)
class Opinion:
    """``reasons``: sentences, none where nothing speaks against it. ``held``: (33,) bool, points that wait."""

    reasons: tuple[str, ...] = ()
    held: np.ndarray = field(default_factory=lambda: np.zeros(COUNT, bool))

    def and_then(self, reason: str | None) -> Opinion:
        return self if reason is None else Opinion((*self.reasons, reason), self.held)


def opinions(
    found: Sequence[Correction],
    dataset: Dataset,
    looks: Looks | None,
    others: Mapping[int, Sequence[Correction]],
) -> list[Opinion]:
    """An opinion on each of ``found``, whose people are those of ``dataset``, in the same order. ``looks``: at all of these people
    (``data.checks.looks``), NaN where nobody was asked; None without networks. ``others``: number → what others gave of the same
    person in the same picture.
    """
    impossible = _impossible(dataset)
    seen = looks if looks is not None else Looks(np.zeros((0, len(found), COUNT, 2)), np.zeros((0, len(found), COUNT)))
    swapped = sides.find_swaps(dataset.people, seen) if looks is not None else {}
    misplaced = points.find_misplaced(dataset.people, seen, frozenset(swapped)) if looks is not None else []
    wrong_points = {id(f.person): np.zeros(COUNT, bool) for f in misplaced}
    for finding in misplaced:
        wrong_points[id(finding.person)][list(finding.points)] = True
    result = []
    for i, (correction, person) in enumerate(zip(found, dataset.people, strict=True)):
        at, scale = seen.of(i)[0], scale_of(person)
        agreed, disputed = second_words(correction, others.get(correction.number, ()), scale)
        held = (far_moves(correction, scale) | wrong_points.get(id(person), False) | disputed) & ~agreed
        opinion = Opinion(held=held & person.labelled)
        if correction.kind == "audit":
            # What networks doubt must not be kept from judging them: the pictures they fail on would be missing.
            opinion = Opinion().and_then(impossible.get(id(person))).and_then(lazy(correction, scale))
        else:
            opinion = opinion.and_then(impossible.get(id(person)))
            opinion = opinion.and_then(lazy(correction, scale))
            if agreed.sum() < person.labelled.sum() / 2:
                opinion = opinion.and_then(swapped[i].message.split(": ", 1)[-1] if i in swapped else None)
                opinion = opinion.and_then(shifted(person, at))
        result.append(opinion)
    return result


def doubtful(dataset: Dataset, looks: Looks) -> list[int]:
    """Positions of those of whom a second network should be asked."""
    people = dataset.people
    beside = [i for i, person in enumerate(people) if shifted(person, looks.of(i)[0])]
    return sorted({*sides.doubtful(people, looks), *points.doubtful(people, looks), *beside})


def scale_of(person: Person) -> float:
    """The torso in image px; of somebody of whom it cannot be told, a third of the longer side of the box around their points:
    whole bodies are about three torsos long. NaN without points.
    """
    for torso in (person.torso, person.side_torso):
        if torso > 0:
            return torso
    at = person.keypoints[person.labelled, :2]
    return float(np.ptp(at, axis=0).max()) / 3 if len(at) > 1 else float("nan")


def _impossible(dataset: Dataset) -> dict[int, str]:
    """id(person) → what no body can do."""
    return {
        id(f.person): f.message.split(": ", 1)[-1]
        for f in check_labels(dataset)
        if f.kind == "bones" and f.person is not None
    }


def lazy(correction: Correction, torso: float) -> str | None:
    """Whether somebody confirmed what was shown without looking, or it cannot be told that they did."""
    if not correction.shown or not is_copy(correction, torso):
        return None
    if correction.seconds is not None:
        quick = correction.seconds < LAZY_SECONDS
        return f"confirmed as shown in {correction.seconds:.1f} s" if quick else None
    if correction.kind == "audit" or correction.trusted:
        return None
    return "nothing was changed, and nobody wrote down how long it was looked at"


def is_copy(correction: Correction, torso: float) -> bool:
    """Whether every point lies where it was shown; told by ``touched`` where what was shown is not known."""
    if correction.shown_points is None or not torso > 0:
        return MOVED not in correction.touched
    labelled = correction.points[:, 2] > 0
    apart = np.linalg.norm(correction.points[labelled, :2] - correction.shown_points[labelled, :2], axis=-1)
    return bool((apart <= COPY * torso).all())


def shifted(person: Person, at: np.ndarray) -> str | None:
    """Whether the whole body lies beside where the looks see it, or most of it anywhere. ``at``: (V, 33, 2) image px."""
    told, scale = person.labelled & _BODY, scale_of(person)
    if not len(at) or told.sum() < 4 or not scale > 0:
        return None
    middle = at.mean(axis=0)
    spread = np.sqrt((np.linalg.norm(at - middle, axis=-1) ** 2).mean(axis=0))[told] / scale
    apart = (person.keypoints[told, :2] - middle[told]) / scale
    offset = np.median(apart, axis=0)
    rest = float(np.median(np.linalg.norm(apart - offset, axis=-1)))
    size = float(np.hypot(*offset))
    if size >= max(SHIFT, SHIFT_REST * rest, SHIFT_SPREAD * float(np.median(spread))):
        return f"the whole person lies {size:.1f} torsos beside where it is seen"
    if rest >= ELSEWHERE and float(np.median(spread)) <= AGREEING:
        return f"half of the points lie {rest:.1f} torsos and more from where they are seen"
    return None


def far_moves(correction: Correction, torso: float) -> np.ndarray:
    """(33,) bool: points that were moved by more than FAR torsos from where they were shown."""
    if correction.shown_points is None or not torso > 0:
        return np.zeros(COUNT, bool)
    apart = np.linalg.norm(correction.points[:, :2] - correction.shown_points[:, :2], axis=-1)
    return (apart > FAR * torso) & (correction.points[:, 2] > 0)


def second_words(correction: Correction, others: Sequence[Correction], torso: float) -> tuple[np.ndarray, np.ndarray]:
    """(33,) bool twice: points on which somebody else agrees, and points on which somebody else differs and nobody agrees."""
    agreed, differs = np.zeros(COUNT, bool), np.zeros(COUNT, bool)
    if not torso > 0:
        return agreed, differs
    for other in others:
        both = (correction.points[:, 2] > 0) & (other.points[:, 2] > 0)
        apart = np.linalg.norm(correction.points[:, :2] - other.points[:, :2], axis=-1) / torso
        agreed |= both & (apart <= AGREE)
        differs |= both & (apart > 2 * AGREE)
    return agreed, differs & ~agreed


def is_hostile(suspected: int, believed: int, right: int = 0, wrong: int = 0) -> bool:
    """Whether nothing is taken of somebody of whose corrections so many are suspected, so many not, and who got so many honeypots
    right and wrong: the share of bad ones is beta distributed, and a honeypot, which is sure, counts for five.
    """
    bad, good = _PRIOR[0] + suspected + 5 * wrong, _PRIOR[1] + believed + 5 * right
    return _beta_above(HOSTILE_SHARE, bad, good) >= HOSTILE_SURE


def _beta_above(x: float, a: int, b: int) -> float:
    """P(X > x) for X ~ Beta(a, b), whole a and b: that of at most a - 1 of a + b - 1 throws below x (binomial)."""
    n = a + b - 1
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(x) + (n - k) * math.log(1 - x)
        for k in range(a)
    ]
    return min(1.0, math.fsum(math.exp(value) for value in logs))
