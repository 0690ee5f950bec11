"""Dividing a set so that no scene and no video stands on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from posetune.data.people import Dataset, ImageRecord
from posetune.errors import PosetuneError

#: Splitting off whole groups must not take more than this share of the people …
MOST_SPLIT_OFF = 0.3
#: … from a set that would be left with fewer than this many.
_FEW = 100


def keep_for_validation(dataset: Dataset, fraction: float, seed: int = 0) -> tuple[Dataset, Dataset, str]:
    """Divide ``dataset`` into what is trained on and what is chosen on: ``(rest, part, how)``; ``how`` says in words what
    ``part`` is.

    Whole groups, as :func:`split_by_group` does it. Only where that is not possible (one scene or video), or would take much
    of a small set, the last images stand for it: frames next to each other stay together, but the scene is on both sides,
    and what is measured on ``part`` flatters.

    Raises PosetuneError if there are not two images with usable people, or ``fraction`` is not between 0 and 1.
    """
    _check(fraction)
    images = list({id(p.image): p.image for p in dataset.usable}.values())
    if len(images) < 2 or len({p.group for p in dataset.usable}) > 1:
        rest, part = split_by_group(dataset, fraction, seed)
        if len(part.usable) <= MOST_SPLIT_OFF * len(dataset.usable) or len(rest.usable) >= _FEW:
            return rest, part, "in groups of their own"
    count = min(max(round(fraction * len(images)), 1), len(images) - 1)
    last = {id(image) for image in images[-count:]}
    return *_divided(
        dataset, lambda image: id(image) in last
    ), "of scenes that training sees too (there are too few others: figures on them flatter)"


def split_by_group(dataset: Dataset, fraction: float, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Divide ``dataset`` into ``(rest, part)`` where ``part`` holds about ``fraction`` of the usable people.

    Whole groups only. The same seed gives the same split, whatever the order of images in the file. Both
    sides have at least one usable person.

    Raises PosetuneError if all usable people are of one group, or ``fraction`` is not between 0 and 1.
    """
    _check(fraction)
    sizes: dict[str, int] = {}
    for person in dataset.usable:
        sizes[person.group] = sizes.get(person.group, 0) + 1
    if len(sizes) < 2:
        what = "one group (scene or video)" if sizes else "no usable person"
        raise PosetuneError(
            f"Cannot split {dataset.name}: it has {what}, and a group is never divided; "
            "label people of a second scene, or give a validation set of its own."
        )
    chosen = choose_groups(sizes, fraction, seed)
    return _divided(dataset, lambda image: image.group in chosen)


def choose_groups(sizes: Mapping[str, int], fraction: float, seed: int) -> set[str]:
    """Groups that hold about ``fraction`` of all people: never all of them, at least one. ``sizes``: group → its people, at
    least two groups.
    """
    order = np.random.default_rng(seed).permutation(sorted(sizes))
    target = fraction * sum(sizes.values())
    chosen: set[str] = set()
    count = 0
    for group in order[:-1]:  # the last group always stays behind
        # Take a group if that brings the count nearer to the target; one large video must not swallow the
        # set.
        if abs(count + sizes[group] - target) < abs(count - target):
            chosen.add(str(group))
            count += sizes[group]
    if not chosen:  # every group is larger than twice the target: the smallest is the nearest
        chosen.add(str(min(order, key=lambda group: sizes[group])))
    return chosen


def _check(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise PosetuneError(f"The fraction to split off must lie between 0 and 1, not {fraction}.")


def _divided(dataset: Dataset, in_part: Callable[[ImageRecord], bool]) -> tuple[Dataset, Dataset]:
    part = [image for image in dataset.images if in_part(image)]
    rest = [image for image in dataset.images if not in_part(image)]
    return dataset.keep(rest, f"{dataset.name} (rest)"), dataset.keep(part, f"{dataset.name} (part)")
