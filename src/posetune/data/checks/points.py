"""Single points that lie elsewhere than the networks see them: on the body of somebody beside, or anywhere.

A network errs, too, and in the same way on every frame of a clip. So its looks must agree, a second network must say the same, and
what is said of the same point of many people is taken for the network's weakness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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
#: On somebody else lies a point that is nearer than this to one of theirs of the same name, in their torsos.
_ON = 0.25
#: The same point of so large a share of a clip's or a set's people, and of so many at least, is the network's mistake.
_SHARED, _FEWEST_SHARED = 0.1, 3


def find_misplaced(people: Sequence[Person], looks: Looks, passed_over: frozenset[int] = frozenset()) -> list[Finding]:
    """Points on somebody else, and points elsewhere. ``passed_over``: positions of people who have another fault already."""
    doubts = {i: _doubts(person, *looks.of(i)) for i, person in enumerate(people) if i not in passed_over}
    beside = {i: [people[j] for j in members if j != i] for _, members in by_image(people) for i in members}
    findings = []
    weak = _weaknesses(people, {i: found for i, found in doubts.items() if found})
    for i, found in doubts.items():
        person = people[i]
        middle = looks.of(i)[0].mean(axis=0) if found else None
        for point, (distance, errors) in found.items():
            other = _on_whom(person, point, beside[i])
            if other is not None:
                text = f"{who(person)}: {NAMES[point]} lies on person {other.id}, {distance:.1f} torsos from where it is seen"
                kind, confidence = "neighbour", 0.9
            elif person.keypoints[point, 2] == 1:
                continue  # hidden: who labelled it had to guess, and so had the networks
            elif (person.group, point) in weak or ("", point) in weak:
                continue
            else:
                text = f"{who(person)}: {NAMES[point]} is {distance:.1f} torsos from where the networks see it"
                kind, confidence = "point", float(np.clip(0.5 + 0.45 * (1 - _ERRORS / errors), 0.5, 0.95))
            findings.append(
                Finding(kind, text, confidence, image=person.image, person=person, points=(point,), answer_px=middle)
            )
    return findings


def doubtful(people: Sequence[Person], looks: Looks) -> list[int]:
    """Positions of those of whom a point is doubted: a second network should be asked about them."""
    return [i for i, person in enumerate(people) if _doubts(person, *looks.of(i))]


def _doubts(person: Person, points: np.ndarray, visibility: np.ndarray) -> dict[int, tuple[float, float]]:
    """Point → (torsos from where it is seen, that in errors of the looks). ``points``: (V, 33, 2) image px."""
    scale = person.torso if np.isfinite(person.torso) else person.side_torso
    if not len(points) or not scale > 0:
        return {}
    middle = points.mean(axis=0)
    distance = np.linalg.norm(middle - person.keypoints[:, :2], axis=-1) / scale
    fit = float(np.median(distance[person.labelled]))
    if not fit <= _FITS:
        return {}
    spread = np.sqrt((np.linalg.norm(points - middle, axis=-1) ** 2).mean(axis=0)) / scale
    error = np.sqrt(_ERROR**2 + fit**2 / 4 + spread**2)
    wrong = person.labelled & (distance >= DISTANCE) & (distance >= _ERRORS * error)
    wrong &= visibility.mean(axis=0) >= _VISIBLE
    # The label may be right and the network on the other limb: then its point lies where the other side's label is.
    other_limb = person.labelled[FLIP] & (np.arange(COUNT) != FLIP)
    wrong &= ~(other_limb & (np.linalg.norm(middle - person.keypoints[FLIP, :2], axis=-1) / scale < _ON))
    return {
        int(i): (float(distance[i]), float(distance[i] / error[i]))
        for i in np.flatnonzero(wrong)
        if i not in _NOT_JUDGED
    }


def _on_whom(person: Person, point: int, others: Sequence[Person]) -> Person | None:
    """Of whom the labels of this point, or of its partner, lie where this one does."""
    for other in others:
        for same in {point, int(FLIP[point])}:
            scale = other.torso if np.isfinite(other.torso) else other.side_torso
            near = np.linalg.norm(other.keypoints[same, :2] - person.keypoints[point, :2]) < _ON * scale
            if other.labelled[same] and near:
                return other
    return None


def _weaknesses(people: Sequence[Person], doubts: dict[int, dict[int, tuple[float, float]]]) -> set[tuple[str, int]]:
    """(group, point) of which so many are doubted that the network is the likelier culprit; group "" for the whole set."""
    of_group = Counter(person.group for person in people)
    counts: Counter[tuple[str, int]] = Counter()
    for i, found in doubts.items():
        counts.update((people[i].group, point) for point in found)
        counts.update(("", point) for point in found)
    return {
        (group, point)
        for (group, point), count in counts.items()
        if count >= max(_FEWEST_SHARED, _SHARED * (of_group[group] if group else len(people)))
    }
