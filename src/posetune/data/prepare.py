"""What is done with every set once it is read, whatever its format: labels and pictures are compared, points far outside
are dropped, frames of one series become a group.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from posetune.data.formats.image_finder import some
from posetune.data.groups import grouped, grouped_by
from posetune.data.label_frames import fit_to_pictures
from posetune.data.losses import Loss
from posetune.data.people import Dataset, ImageRecord, Person

#: A labelled point may lie outside the image by this share of the image's longer side (people are cut by
#: the frame, and annotators and renderers go on beyond it). Farther out it counts as unlabelled, with a
#: warning.
OUTSIDE_TOLERANCE = 0.25
#: Where so large a share of a set's people has no labelled shoulder and hip of opposite sides, but both of one side, their
#: torso is measured along it. In sets with fewer, one side means that the other was hidden, and figures stay comparable.
ONE_SIDED_SHARE = 0.25


def prepared(
    dataset: Dataset,
    *,
    where: str,
    strict: bool,
    rescale: bool = True,
    hints: Mapping[int | str, Mapping[str, str]],
    group_by: str | None = None,
) -> Dataset:
    """``dataset`` made ready for use. ``where``: the label file, for sentences. ``strict``: pictures that are not those that
    were labelled are an error, otherwise they keep the label file's size and are told. ``rescale``: labels of pictures that
    were resized since are scaled with them; otherwise that is an error. ``hints``: of the images for which the label file
    gives no group, what tells one (``groups.grouped``). ``group_by``: the user's own rule (``groups.grouped_by``).

    Raises PosetuneError for such pictures, and where no point lies near its picture.
    """
    dataset = fit_to_pictures(dataset, where=where, strict=strict, rescale=rescale)
    dataset = _without_absent(dataset, where)
    dataset = _without_far_points(dataset, where)
    dataset = _grouped(dataset, hints, where, group_by)
    return _one_sided(dataset)


def _without_absent(dataset: Dataset, where: str) -> Dataset:
    """Without the people none of whose points lies in their image: a track goes on where nobody is to be seen."""
    present = [p for p in dataset.people if not p.labelled.any() or _inside(p).any()]
    gone = len(dataset.people) - len(present)
    if not gone:
        return dataset
    loss = Loss("people", gone, "lie wholly outside their image and are not there")
    return dataclasses.replace(
        dataset,
        people=tuple(present),
        losses=(*dataset.losses, loss),
        warnings=(*dataset.warnings, f"{where}: {gone} people lie wholly outside their image and are left out."),
    )


def _inside(person: Person) -> np.ndarray:
    """(33,) bool: the labelled points in the image; all of them where its size is not known."""
    if not person.image.width:
        return person.labelled
    x, y = person.keypoints[:, 0], person.keypoints[:, 1]
    return person.labelled & (x >= 0) & (y >= 0) & (x <= person.image.width) & (y <= person.image.height)


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
    warnings, losses = list(dataset.warnings), list(dataset.losses)
    if outside:
        losses.append(Loss("points", len(outside), "lie far outside their image", tuple(outside[:3])))
        warnings.append(
            f"{where}: {len(outside)} points lie far outside their image and count as unlabelled ({some(outside)})."
        )
    if nothing:
        warnings.append(f"{where}: {nothing} people have no labelled point and are left out.")
    return dataclasses.replace(dataset, people=tuple(people), warnings=tuple(warnings), losses=tuple(losses))


def _far_outside(keypoints: np.ndarray, image: ImageRecord) -> np.ndarray:
    """(33,) bool: outside the image by more than the tolerance; nothing is where its size is not known."""
    if not image.width:
        return np.zeros(len(keypoints), bool)
    slack = OUTSIDE_TOLERANCE * max(image.width, image.height)
    x, y = keypoints[:, 0], keypoints[:, 1]
    return (x < -slack) | (y < -slack) | (x > image.width + slack) | (y > image.height + slack)


#: What ties images together → how it is said of them.
_TIES = {
    "clip": "clips, by the names of their frames",
    "series": "numbered series that look alike",
    "twin": "images with Roboflow's copies of them",
    "track": "tracks that go through several images",
}


def _grouped(
    dataset: Dataset, hints: Mapping[int | str, Mapping[str, str]], where: str, group_by: str | None
) -> Dataset:
    if group_by is not None:
        groups = grouped_by(dataset.images, group_by)
        note = f"{where}: images are grouped by {group_by}: {len(set(groups.values()))} groups."
    else:
        groups, found = grouped(dataset.images, hints)
        if not groups:
            return dataset
        if len(set(groups.values())) == len(groups):  # names alone, each of one image: nothing to tell
            return dataset.with_images(_regrouped(dataset, groups), dataset.warnings)
        kinds = ", ".join(f"{found[kind]} {words}" for kind, words in _TIES.items() if kind in found)
        note = f"{where}: {len(groups)} images belong together: {kinds}; each counts as one group, as the label file names none."
    return dataset.with_images(_regrouped(dataset, groups), (*dataset.warnings, note))


def _regrouped(dataset: Dataset, groups: Mapping[int, str]) -> dict[int, ImageRecord]:
    return {
        id(i): dataclasses.replace(i, group=groups[id(i)])
        for i in dataset.images
        if groups.get(id(i), i.group) != i.group
    }


def _one_sided(dataset: Dataset) -> Dataset:
    people = [p for p in dataset.people if not p.ignore and p.crop is not None]
    with_side = sum(p.torso_from == "none" and np.isfinite(p.side_torso) for p in people)
    if not people or with_side < ONE_SIDED_SHARE * len(people):
        return dataset
    return dataclasses.replace(dataset, people=tuple(dataclasses.replace(p, one_sided=True) for p in dataset.people))
