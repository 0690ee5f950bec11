"""Whom of a set one may learn from and measure by: people whose labels somebody has seen, in images that somebody looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from posetune.data.origin import PRELABEL, REJECTED
from posetune.data.people import Dataset, ImageRecord
from posetune.errors import PosetuneError


def labels_seen(dataset: Dataset, say: Callable[[str], None]) -> Dataset:
    """As :func:`seen`, for who needs somebody. Raises PosetuneError where nobody is left."""
    kept = seen(dataset, say)
    unseen = sum(not p.origin.seen for p in dataset.people)
    if unseen and all(p.ignore for p in kept.people):
        raise PosetuneError(
            f"{dataset.name}: all its {unseen} people are prelabels that nobody has looked at, or rejected: correct or accept "
            f"some with posetune annotate {dataset.root}."
        )
    return kept


def seen(dataset: Dataset, say: Callable[[str], None]) -> Dataset:
    """``dataset`` with everybody to be ignored whose labels are prelabels that nobody has seen, or rejected; how many is said.

    Whoever is ignored stays as a region that teaches nothing and counts for nothing. An image that nobody has looked at is
    left out: where nobody was found in it, that is not known to be so.
    """
    counts = {status: sum(p.origin.status == status for p in dataset.people) for status in (PRELABEL, REJECTED)}
    looked_at = {id(p.image) for p in dataset.people if p.origin.seen}
    images = [i for i in dataset.images if i.origin.status != PRELABEL or id(i) in looked_at]
    unseen = len(dataset.images) - len(images)
    if not unseen and not any(counts.values()):
        return dataset
    parts = [
        f"{counts[PRELABEL]} people whose prelabels nobody has seen" if counts[PRELABEL] else "",
        f"{counts[REJECTED]} who were rejected" if counts[REJECTED] else "",
        f"{unseen} images that nobody has looked at" if unseen else "",
    ]
    say(
        f"{dataset.name}: left out are {' and '.join(p for p in parts if p)}; posetune annotate {dataset.root} shows them"
        + (", and train --use-prelabels learns from the prelabels, a little." if counts[PRELABEL] else ".")
    )
    kept = dataset.keep(images)
    people = (p if p.origin.seen or p.ignore else dataclasses.replace(p, ignore=True) for p in kept.people)
    return dataclasses.replace(kept, people=tuple(people))


def prelabelled(dataset: Dataset, held_back: Callable[[ImageRecord], bool] = lambda image: False) -> Dataset:
    """The people whose prelabels nobody has seen, and their images, without the images that are ``held_back``."""
    people = tuple(p for p in dataset.people if p.origin.status == PRELABEL and not held_back(p.image))
    with_people = {id(p.image) for p in people}
    return dataclasses.replace(dataset, images=tuple(i for i in dataset.images if id(i) in with_people), people=people)
