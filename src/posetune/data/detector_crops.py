"""Crops for people whose labels imply none, or one that is too narrow: where a detector sees the person to whom the
labelled points belong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from posetune.data.answers import by_image
from posetune.data.people import Dataset, Person
from posetune.geometry import Crop
from posetune.landmarks import INDEX, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from posetune.runtime.images import as_rgb
from posetune.runtime.landmarker import Landmarker
from posetune.skeleton import Skeleton

#: So much of a person's labelled points must lie in a crop for it to be theirs.
_INSIDE = 0.6
#: Beyond this share, people whose labels imply no crop are what the set is about.
_MOST_WANTING = 0.5
_LEGS = frozenset(range(INDEX["left_knee"], INDEX["right_foot_index"] + 1))
_HIPS, _SHOULDERS = {LEFT_HIP, RIGHT_HIP}, {LEFT_SHOULDER, RIGHT_SHOULDER}


def imply_crops(skeleton: Skeleton) -> bool:
    """Whether labels of such a set imply a crop of the whole person: it has hips, shoulders and something of the legs.

    With hips and shoulders alone, the crop of the crop protocol would end below the hips; nothing would ever be shown to
    the network so in use.
    """
    meant = set(skeleton.body.values())
    return bool(meant & _LEGS and meant & _HIPS and meant & _SHOULDERS)


def with_seen_crops(
    dataset: Dataset, landmarker: Landmarker, progress: Callable[[int], None] | None = None
) -> tuple[Dataset, int]:
    """``(dataset, lost)``: the set with a ``seen_crop`` for everybody whose labels imply none (:func:`imply_crops`).

    The crop is the one that the pipeline would go on with: around what the detector of ``landmarker`` finds in the image.
    ``lost`` counts the people that it did not find; they keep what crop their labels imply, if any. ``progress`` is called
    with the images done.
    """
    wanting = people_without_crops(dataset)
    people, lost = list(dataset.people), 0
    for done, (image, members) in enumerate(by_image([people[i] for i in wanting]), 1):
        here = [wanting[m] for m in members]
        crops = [d.crop for d in landmarker.detect(as_rgb(image.read())) if d.crop is not None]
        for i, crop in zip(here, match_crops([people[i] for i in here], crops), strict=True):
            lost += crop is None
            people[i] = dataclasses.replace(people[i], seen_crop=crop)
        if progress is not None:
            progress(done)
    return dataclasses.replace(dataset, people=tuple(people)), lost


def completed(dataset: Dataset, landmarker: Landmarker, say: Callable[[str], None]) -> Dataset:
    """The set with the detector's crops for whoever's labels imply none, where that is most people, as with upper bodies: then
    hips are not labelled. Otherwise, as where single people are cut by the frame, the set as it is.
    """
    people = [p for p in dataset.people if not p.ignore]
    wanting = sum(p.crop is None for p in people)
    if wanting <= _MOST_WANTING * len(people):
        return dataset
    say(
        f"{dataset.name}: {why_no_crop(people)}, and labels imply a crop by a hip and a shoulder; for {wanting} people the crop "
        "is the detector's."
    )
    dataset, lost = with_seen_crops(dataset, landmarker)
    if lost:
        say(f"{dataset.name}: {lost} of them the detector did not find; they are left out.")
    return dataset


def why_no_crop(people: Sequence[Person]) -> str:
    """What those of ``people`` lack whose labels imply no crop: "nobody has a labelled hip"."""
    without = [p.skeleton.to_body(p.keypoints)[:, 2] > 0 for p in people if p.crop is None]
    hips = sum(not body[list(_HIPS)].any() for body in without)
    shoulders = sum(not body[list(_SHOULDERS)].any() for body in without)
    parts = [(hips, "hip"), (shoulders, "shoulder")]
    if max(hips, shoulders) == 0:
        return f"{len(without)} of {len(people)} people have all their points in one place"
    return ", ".join(
        f"{'nobody has' if count == len(people) else f'{count} of {len(people)} people have'} "
        f"{'a' if count == len(people) else 'no'} labelled {what}"
        for count, what in parts
        if count
    )


def people_without_crops(dataset: Dataset) -> list[int]:
    """The places in ``dataset.people`` of those who need a ``seen_crop``."""
    implied = imply_crops(dataset.skeleton)
    return [i for i, p in enumerate(dataset.people) if not p.ignore and (not implied or p.crop is None)]


def match_crops(people: Sequence[Person], crops: Sequence[Crop]) -> list[Crop | None]:
    """For each person the crop that holds most of the labelled points, the smallest of equals; a crop serves once."""
    free, matched = list(crops), []
    for person in people:
        shares = [_share_inside(person, crop) for crop in free]
        best = max(range(len(free)), key=lambda i: (round(shares[i], 1), -free[i].side), default=None)
        matched.append(None if best is None or shares[best] < _INSIDE else free.pop(best))
    return matched


def _share_inside(person: Person, crop: Crop) -> float:
    points = crop.to_crop(person.keypoints[person.labelled, :2], 1)
    return float(((points >= 0) & (points <= 1)).all(axis=1).mean()) if np.size(points) else 0.0
