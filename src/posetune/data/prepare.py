"""What is done with every set once it is read, whatever its format: labels and pictures are compared, points far outside
are dropped, frames of one series become a group.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import numpy as np

from posetune.data.formats.image_finder import some
from posetune.data.label_frames import fit_to_pictures
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.series import series_groups

#: A labelled point may lie outside the image by this share of the image's longer side (people are cut by
#: the frame, and annotators and renderers go on beyond it). Farther out it counts as unlabelled, with a
#: warning.
OUTSIDE_TOLERANCE = 0.25
#: Where so large a share of a set's people has no labelled shoulder and hip of opposite sides, but both of one side, their
#: torso is measured along it. In sets with fewer, one side means that the other was hidden, and figures stay comparable.
ONE_SIDED_SHARE = 0.25


def prepared(dataset: Dataset, *, where: str, strict: bool, numbered: Collection[int | str]) -> Dataset:
    """``dataset`` made ready for use. ``where``: the label file, for sentences. ``strict``: pictures that are not those that
    were labelled are an error, otherwise they keep the label file's size and are told. ``numbered``: ids of the images of
    which the label file gives no group.

    Raises PosetuneError for such pictures, and where no point lies near its picture.
    """
    dataset = fit_to_pictures(dataset, where=where, strict=strict)
    dataset = _without_far_points(dataset, where)
    dataset = _grouped(dataset, numbered, where)
    return _one_sided(dataset)


def _without_far_points(dataset: Dataset, where: str) -> Dataset:
    people: list[Person] = []
    outside: list[str] = []
    nothing = 0
    for person in dataset.people:
        far = person.labelled & _far_outside(person.keypoints, person.image)
        if far.any():
            outside += [f"{dataset.skeleton.names[i]} of annotation {person.id}" for i in np.flatnonzero(far)]
            person = dataclasses.replace(person, keypoints=np.where(far[:, None], 0.0, person.keypoints))
        if not person.labelled.any():
            nothing += 1
            person = dataclasses.replace(person, ignore=True)
        people.append(person)
    warnings = list(dataset.warnings)
    if outside:
        warnings.append(
            f"{where}: {len(outside)} points lie far outside their image and count as unlabelled ({some(outside)})."
        )
    if nothing:
        warnings.append(f"{where}: {nothing} people have no labelled point and are left out.")
    return dataclasses.replace(dataset, people=tuple(people), warnings=tuple(warnings))


def _far_outside(keypoints: np.ndarray, image: ImageRecord) -> np.ndarray:
    """(33,) bool: outside the image by more than the tolerance; nothing is where its size is not known."""
    if not image.width:
        return np.zeros(len(keypoints), bool)
    slack = OUTSIDE_TOLERANCE * max(image.width, image.height)
    x, y = keypoints[:, 0], keypoints[:, 1]
    return (x < -slack) | (y < -slack) | (x > image.width + slack) | (y > image.height + slack)


def _grouped(dataset: Dataset, numbered: Collection[int | str], where: str) -> Dataset:
    groups = series_groups([image for image in dataset.images if image.id in numbered])
    if not groups:
        return dataset
    note = (
        f"{where}: {len(groups)} images are frames of {len(set(groups.values()))} numbered series and look alike: each series "
        "counts as one group, as the label file names none."
    )
    renewed = {id(i): dataclasses.replace(i, group=groups.get(i.path, i.group)) for i in dataset.images}
    return dataset.with_images(renewed, (*dataset.warnings, note))


def _one_sided(dataset: Dataset) -> Dataset:
    people = [p for p in dataset.people if not p.ignore and p.crop is not None]
    with_side = sum(p.torso_from == "none" and np.isfinite(p.side_torso) for p in people)
    if not people or with_side < ONE_SIDED_SHARE * len(people):
        return dataset
    return dataclasses.replace(dataset, people=tuple(dataclasses.replace(p, one_sided=True) for p in dataset.people))
