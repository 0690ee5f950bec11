"""Single points that lie elsewhere than the networks see them: on the body of somebody beside, or anywhere.

A network errs, too, and in the same way on every frame of a clip. So its looks must agree, a second network must say the same, and
what is said of the same point of many people is taken for the network's weakness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import by_image
from posetune.data.checks.finding import Finding, who
from posetune.data.checks.looks import Looks
from posetune.data.people import Person
from posetune.landmarks import COUNT, FLIP, NAMES, REGIONS

#: A label is doubted if it lies so many torsos from what is seen, …
DISTANCE = 0.5
#: … that is so many times the error of the looks, …
_ERRORS = 5.0
#: … which take the point for visible with this much at least (0…1), …
_VISIBLE = 0.6
#: … and fit the person otherwise (median distance, torsos).
_FITS = 0.2
#: Hands are the least of a network's skills: of a hand's points the wrist alone is judged.
_NOT_JUDGED = frozenset(REGIONS["hands"]) | frozenset(REGIONS["face"])
#: The error of looks that agree, torsos.
_ERROR = 0.06
#: Of a point that lies on somebody else less is asked: that far, so many errors, as visible, and as well a fit.
_BESIDE_DISTANCE, _BESIDE_ERRORS, _BESIDE_VISIBLE, _BESIDE_FITS = 0.35, 3.5, 0.3, 0.3
#: On somebody else lies a point that is nearer than this to one of theirs of the same name, in their torsos.
_ON = 0.25
#: The same point of so large a share of a clip's or a set's people, and of so many at least, is the network's mistake.
_SHARED, _FEWEST_SHARED = 0.1, 3


@dataclass(frozen=True)
class _Doubt:
    """``torsos`` from where the point is seen; ``errors``: that in errors of the looks. ``on``: on whom it lies, None: nobody."""

    torsos: float
    errors: float
    on: Person | None


def find_misplaced(people: Sequence[Person], looks: Looks, passed_over: frozenset[int] = frozenset()) -> list[Finding]:
    """Points on somebody else, and points elsewhere. ``passed_over``: positions of people who have another fault already."""
    doubts = {i: found for i, found in _all_doubts(people, looks).items() if i not in passed_over}
    weak = _weaknesses(people, doubts)
    findings = []
    for i, found in doubts.items():
        person, middle = people[i], looks.of(i)[0].mean(axis=0)
        for point, doubt in found.items():
            seen = f"{doubt.torsos:.1f} torsos from where"
            if doubt.on is not None:
                text = f"{who(person)}: {NAMES[point]} lies on person {doubt.on.id}, {seen} it is seen"
                kind, least = "neighbour", _BESIDE_ERRORS
            elif person.keypoints[point, 2] == 1 or {(person.group, point), ("", point)} & weak:
                continue  # hidden: who labelled it had to guess, and so had the networks; or it is their weakness
            else:
                text = f"{who(person)}: {NAMES[point]} is {seen} the networks see it"
                kind, least = "point", _ERRORS
            confidence = float(np.clip(0.5 + 0.45 * (1 - least / doubt.errors), 0.5, 0.95))
            findings.append(
                Finding(kind, text, confidence, image=person.image, person=person, points=(point,), answer_px=middle)
            )
    return findings


def doubtful(people: Sequence[Person], looks: Looks) -> list[int]:
    """Positions of those of whom a point is doubted: a second network should be asked about them."""
    return list(_all_doubts(people, looks))


def _all_doubts(people: Sequence[Person], looks: Looks) -> dict[int, dict[int, _Doubt]]:
    """Position → point → the doubt, of those who have any; in the order of ``people``."""
    beside = {i: [people[j] for j in members if j != i] for _, members in by_image(people) for i in members}
    doubts = {i: _doubts(person, beside[i], *looks.of(i)) for i, person in enumerate(people)}
    return {i: found for i, found in doubts.items() if found}


def _doubts(person: Person, beside: Sequence[Person], points: np.ndarray, visibility: np.ndarray) -> dict[int, _Doubt]:
    """Point → the doubt. ``beside``: the others in the picture; ``points``: (V, 33, 2) image px."""
    scale = person.torso if np.isfinite(person.torso) else person.side_torso
    if not len(points) or not scale > 0:
        return {}
    middle = points.mean(axis=0)
    distance = np.linalg.norm(middle - person.keypoints[:, :2], axis=-1) / scale
    fit = float(np.median(distance[person.labelled]))
    spread = np.sqrt((np.linalg.norm(points - middle, axis=-1) ** 2).mean(axis=0)) / scale
    errors = distance / np.sqrt(_ERROR**2 + fit**2 / 4 + spread**2)
    visible = visibility.mean(axis=0)
    # The label may be right and the network on the other limb: then its point lies where the other side's label is.
    other_limb = person.labelled[FLIP] & (np.arange(COUNT) != FLIP)
    other_limb &= np.linalg.norm(middle - person.keypoints[FLIP, :2], axis=-1) / scale < _ON
    elsewhere = (distance >= DISTANCE) & (errors >= _ERRORS) & (visible >= _VISIBLE) & (fit <= _FITS) & ~other_limb
    perhaps = (distance >= _BESIDE_DISTANCE) & (errors >= _BESIDE_ERRORS) & (visible >= _BESIDE_VISIBLE)
    perhaps &= fit <= _BESIDE_FITS
    found = {}
    for i in np.flatnonzero(person.labelled & (elsewhere | perhaps)).tolist():
        on = None if i in _NOT_JUDGED or not perhaps[i] else _on_whom(person, i, beside)
        if i not in _NOT_JUDGED and (on is not None or elsewhere[i]):
            found[i] = _Doubt(float(distance[i]), float(errors[i]), on)
    return found


def _on_whom(person: Person, point: int, others: Sequence[Person]) -> Person | None:
    """Of whom the labels of this point, or of its partner, lie where this one does."""
    for other in others:
        for same in {point, int(FLIP[point])}:
            scale = other.torso if np.isfinite(other.torso) else other.side_torso
            near = np.linalg.norm(other.keypoints[same, :2] - person.keypoints[point, :2]) < _ON * scale
            if other.labelled[same] and near:
                return other
    return None


def _weaknesses(people: Sequence[Person], doubts: dict[int, dict[int, _Doubt]]) -> set[tuple[str, int]]:
    """(group, point) of which so many are doubted that the network is the likelier culprit; group "" for the whole set."""
    of_group = Counter(person.group for person in people)
    counts: Counter[tuple[str, int]] = Counter()
    for i, found in doubts.items():
        elsewhere = [point for point, doubt in found.items() if doubt.on is None]
        counts.update((group, point) for point in elsewhere for group in (people[i].group, ""))
    return {
        (group, point)
        for (group, point), count in counts.items()
        if count >= max(_FEWEST_SHARED, _SHARED * (of_group[group] if group else len(people)))
    }
