"""How far two people who labelled the same images agree: where points are, and what v is. From it, sigmas for OKS.

People are paired by where their points lie, never by their order, which differs from annotator to annotator.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.data.checks.visibility import annotator_of
from posetune.data.people import Dataset, Person
from posetune.errors import PosetuneError
from posetune.landmarks import COCO17, COCO17_SIGMAS, COUNT, NAMES
from posetune.measure.oks import area_of

#: Two labels are one person's if their common points are nearer than this on average (torsos, or a quarter of the body's extent).
SAME_PERSON = 1.0
#: So many torsos apart, two who labelled one point do not mean the same place.
FAR = 0.2
Pair = tuple[Person, Person]


@dataclass(frozen=True)
class PointAgreement:
    """Of one point: ``count`` of pairs in which both have it; ``median_px``, ``median_torsos`` apart; ``far``: the share more than
    :data:`FAR` apart. ``sigma``: the standard deviation of one annotator about the truth, as a share of the root of the person's
    area; ``coco_sigma``: COCO's, NaN for points that COCO has not. ``same_v``: the share of pairs with the same v, of those in
    which at least one has the point.
    """

    name: str
    count: int
    median_px: float
    median_torsos: float
    far: float
    sigma: float
    coco_sigma: float
    same_v: float


@dataclass(frozen=True, eq=False)
class Agreement:
    """``alone``: people whom only one of the two labelled. ``v``: (3, 3) how often the first has v = row where the second has v =
    column, over points that at least one has. ``area_from``: where the areas of ``sigma`` are from.
    """

    images: int
    people: int
    alone: int
    points: tuple[PointAgreement, ...]
    v: np.ndarray
    area_from: str

    @property
    def same_v(self) -> float:
        return float(np.trace(self.v) / max(self.v.sum(), 1))

    def to_json(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "people": self.people,
            "alone": self.alone,
            "points": [vars(row) for row in self.points],
            "v": self.v.tolist(),
            "same_v": self.same_v,
            "area_from": self.area_from,
        }


def by_annotator(sets: Sequence[Dataset]) -> tuple[list[Dataset], list[Dataset]]:
    """Of a set with the labels of several annotators, those of the two who labelled most images in common, each as sets.

    Raises PosetuneError where no image was labelled by two who are named.
    """
    who = defaultdict(set)
    for dataset in sets:
        for person in dataset.people:
            if annotator_of(person):
                who[_key(person)].add(annotator_of(person))
    common = Counter(pair for names in who.values() for pair in _pairs(sorted(names)))
    if not common:
        raise PosetuneError(
            "No image of this set was labelled by two annotators who are named (origin.reviewer, or an attribute 'annotator'); "
            "give the other one's labels with --other SET."
        )
    (first, second), _ = common.most_common(1)[0]
    return _of(sets, first), _of(sets, second)


def _of(sets: Sequence[Dataset], annotator: str) -> list[Dataset]:
    return [dataset.where(lambda person: annotator_of(person) == annotator) for dataset in sets]


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]


def paired(first: Sequence[Dataset], second: Sequence[Dataset]) -> tuple[list[Pair], int]:
    """``(pairs, alone)``: the people whom both labelled, nearest pairs first, each once; and how many only one did.

    Images are the same if their file names are. Raises PosetuneError where none is, or nobody can be paired.
    """
    mine, theirs = _by_image(first), _by_image(second)
    common = [key for key in mine if key in theirs]
    if not common:
        raise PosetuneError(
            "The two sets have no image in common: images are matched by their file names, without the ending."
        )
    pairs: list[Pair] = []
    alone = 0
    for key in common:
        found = _match(mine[key], theirs[key])
        pairs += found
        alone += len(mine[key]) + len(theirs[key]) - 2 * len(found)
    if not pairs:
        raise PosetuneError("Nobody was labelled in the same place in both sets: are the images the same?")
    return pairs, alone


def _by_image(sets: Sequence[Dataset]) -> dict[str, list[Person]]:
    """Image → its people; images without any are there, too."""
    table: dict[str, list[Person]] = {image.path.stem: [] for dataset in sets for image in dataset.images}
    for dataset in sets:
        for person in dataset.people:
            if not person.ignore:
                table[_key(person)].append(person)
    return table


def _key(person: Person) -> str:
    return person.image.path.stem


def _match(mine: Sequence[Person], theirs: Sequence[Person]) -> list[Pair]:
    apart = np.array([[_apart(a, b) for b in theirs] for a in mine]).reshape(len(mine), len(theirs))
    pairs: list[Pair] = []
    while apart.size and np.isfinite(apart).any() and np.nanmin(apart) <= SAME_PERSON:
        i, j = np.unravel_index(int(np.nanargmin(apart)), apart.shape)
        pairs.append((mine[int(i)], theirs[int(j)]))
        apart[i], apart[:, j] = np.nan, np.nan
    return pairs


def _apart(a: Person, b: Person) -> float:
    """The mean distance of their common points, in torsos; NaN where fewer than two are common."""
    both = a.labelled & b.labelled
    if both.sum() < 2:
        return np.nan
    return float(np.linalg.norm(a.keypoints[both, :2] - b.keypoints[both, :2], axis=1).mean() / _scale(a, b))


def _scale(a: Person, b: Person) -> float:
    torsos = [p.torso for p in (a, b) if np.isfinite(p.torso)]
    if torsos:
        return float(np.mean(torsos))
    extents = [np.ptp(p.keypoints[p.labelled, :2], axis=0).max() / 4 for p in (a, b)]
    return max(float(np.mean(extents)), 1.0)


def agreement_of(pairs: Sequence[Pair], alone: int) -> Agreement:
    """The figures. Two labels of one point lie d apart, and each about the truth with a standard deviation of σ √area along an
    axis: the mean of d² is then 4 σ² area. It is taken from the median, times 1/ln 2, as some mean another place altogether.
    """
    one, other = (np.array([pair[k].keypoints for pair in pairs]) for k in (0, 1))
    scales = np.array([_scale(a, b) for a, b in pairs])
    areas = [(area_of(a), area_of(b)) for a, b in pairs]
    area = np.array([(x[0] + y[0]) / 2 for x, y in areas])
    sources = sorted({source for both in areas for _, source in both})
    coco = dict(zip(COCO17, COCO17_SIGMAS, strict=True))
    rows = []
    table = np.zeros((3, 3), int)
    for i in range(COUNT):
        v = one[:, i, 2].astype(int), other[:, i, 2].astype(int)
        either, both = (v[0] > 0) | (v[1] > 0), (v[0] > 0) & (v[1] > 0)
        if not either.any():
            continue
        np.add.at(table, (v[0][either], v[1][either]), 1)
        px = np.linalg.norm(one[both, i, :2] - other[both, i, :2], axis=1)
        torsos = px / scales[both]
        known = len(px) > 0
        rows.append(
            PointAgreement(
                NAMES[i],
                int(both.sum()),
                float(np.median(px)) if known else np.nan,
                float(np.median(torsos)) if known else np.nan,
                float((torsos > FAR).mean()) if known else np.nan,
                float(np.sqrt(np.median(px**2 / area[both]) / np.log(2) / 4)) if known else np.nan,
                float(coco.get(i, np.nan)),
                float((v[0] == v[1])[either].mean()),
            )
        )
    images = len({_key(a) for a, _ in pairs})
    return Agreement(images, len(pairs), alone, tuple(rows), table, " and ".join(sources))
