"""How people used v: an annotator for whom nothing is ever hidden, 1 for "visible", points left out inside the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from posetune.data.checks.finding import Finding, who
from posetune.data.people import Dataset, Person
from posetune.landmarks import COUNT, EDGES, NAMES

#: So many labelled points, of so many people, without a single v = 1 are no chance: of everyday pictures a tenth of all points is
#: hidden, and more.
_POINTS, _PEOPLE = 150, 10
#: A point is expected of a person if so large a share of the people of the set has it.
_USUAL = 0.6
#: The network sees a point that was left out from this visibility on, with looks that agree to so many torsos, …
_VISIBLE, _AGREE = 0.8, 0.12
#: … and so far inside the picture (torsos), and near the labels of the others (median, torsos).
_INSIDE, _FITS = 0.25, 0.2

#: Point → those it hangs on: an ankle on its knee, heel and toe.
_NEIGHBOURS = {i: tuple(a + b - i for a, b in EDGES if i in (a, b)) for i in range(COUNT)}


def check_visibility(dataset: Dataset) -> list[Finding]:
    """What the values of v alone tell, of the set and of each annotator that is named."""
    by_annotator: dict[str, list[Person]] = {}
    for person in dataset.people:
        if not person.ignore:
            by_annotator.setdefault(annotator_of(person), []).append(person)
    findings = []
    for name, people in by_annotator.items():
        counts = np.bincount(np.concatenate([p.keypoints[:, 2] for p in people]).astype(int), minlength=3)
        whose = f"{dataset.name}, labelled by {name}" if name else dataset.name
        if len(people) < _PEOPLE or counts[1:].sum() < _POINTS:
            continue
        if counts[2] == 0:
            text = f"{whose}: all {counts[1]} labelled points have v = 1 and none 2: 1 seems to mean visible here"
            findings.append(Finding("visibility", text, 0.95, split=dataset.name, beside=people[0].image))
        elif counts[1] == 0:
            text = f"{whose}: of {counts[2]} labelled points none has v = 1: hidden points count as visible, or were left out"
            findings.append(Finding("visibility", text, 0.7, split=dataset.name, beside=people[0].image))
    return findings


def annotator_of(person: Person) -> str:
    """Who labelled a person, as far as the label file says; ""."""
    if person.origin.reviewer:
        return person.origin.reviewer
    attributes = person.origin.other.get("attributes")
    told = [person.origin.other, attributes if isinstance(attributes, Mapping) else {}]
    return next((str(t[key]) for t in told for key in ("annotator", "annotator_id", "labeler") if t.get(key)), "")


def missing_points(
    dataset: Dataset, people: Sequence[Person], points: np.ndarray, visibility: np.ndarray
) -> list[Finding]:
    """Points with v = 0 that the network plainly sees inside the picture, beside neighbours on the body that are labelled.

    ``points``: (V, N, 33, 2) image px, what V looks say of ``people``; ``visibility``: (V, N, 33) 0…1. NaN: not asked.
    """
    everybody = [p.labelled for p in dataset.people if not p.ignore]
    usual = np.mean(everybody, axis=0) >= _USUAL if everybody else np.zeros(COUNT, bool)
    findings = []
    for i, person in enumerate(people):
        looks = points[np.isfinite(points[:, i, 0, 0]), i]
        left_out = usual & ~person.labelled
        if not left_out.any() or not len(looks):
            continue
        scale = person.torso if np.isfinite(person.torso) else person.side_torso
        middle = looks.mean(axis=0)
        spread = np.linalg.norm(looks - middle, axis=-1).mean(axis=0) / scale
        fit = np.median(np.linalg.norm(middle - person.keypoints[:, :2], axis=-1)[person.labelled]) / scale
        room = np.minimum(middle, [person.image.width, person.image.height] - middle).min(axis=1) / scale
        seen = np.nanmean(visibility[:, i], axis=0)
        plain = left_out & (seen >= _VISIBLE) & (spread <= _AGREE) & (room >= _INSIDE)
        if not fit <= _FITS:
            continue
        wrong = [int(j) for j in np.flatnonzero(plain) if _labelled_around(person, int(j))]
        if wrong:
            names = ", ".join(NAMES[j] for j in wrong)
            text = f"{who(person)}: v = 0 for {names}, which the network sees inside the picture"
            confidence = float(np.clip(0.5 + 0.4 * (seen[wrong].min() - _VISIBLE) / (1 - _VISIBLE), 0.5, 0.9))
            findings.append(
                Finding("missing_point", text, confidence, dataset.name, person.image, person, tuple(wrong), answer_px=middle)
            )  # fmt: skip
    return findings


def _labelled_around(person: Person, point: int) -> bool:
    """Whether something is labelled that the point hangs on."""
    return bool(person.labelled[list(_NEIGHBOURS[point])].any())
