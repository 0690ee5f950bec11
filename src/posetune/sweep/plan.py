"""What a sweep tries: methods × bases × label counts, and the subsets of the labels that stand for "only 30 images"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.people import Dataset
from posetune.errors import PosetuneError

METHODS = ("corrector", "head", "full", "distill")


@dataclass(frozen=True)
class Cell:
    """One training. ``images``: how many labelled images it may see; None: all."""

    method: str
    base: str
    images: int | None

    @property
    def count(self) -> str:
        return "all" if self.images is None else str(self.images)

    @property
    def name(self) -> str:
        """Of its run folder, and in the tables."""
        return f"{self.method}-{self.base}-{self.count}"


def cells(methods: Sequence[str], bases: Sequence[str], counts: Sequence[str], images: int) -> list[Cell]:
    """The cells, the quick ones first. Counts that are not less than ``images`` (all there are) become "all".

    Raises PosetuneError for a count that is no number, or nothing to do.
    """
    numbers: list[int | None] = []
    for count in counts:
        if count != "all" and (not (count.isascii() and count.isdigit()) or int(count) < 1):
            raise PosetuneError(f"--counts wants whole numbers and the word all, not {count!r}.")
        number = None if count == "all" or int(count) >= images else int(count)
        if number not in numbers:
            numbers.append(number)
    found = [Cell(m, b, n) for m in methods for b in bases for n in sorted(numbers, key=lambda n: (n is None, n or 0))]
    if not found:
        raise PosetuneError("There is nothing to sweep over: name methods, bases and counts.")
    order = {method: i for i, method in enumerate(METHODS)}
    return sorted(found, key=lambda c: (order.get(c.method, len(order)), bases.index(c.base)))


def subset(dataset: Dataset, images: int | None, seed: int) -> Dataset:
    """``images`` images with usable people, as somebody would label who takes a few of each scene; None: all of them.

    One image of every group (scene, video) in turn, groups and images in an order that ``seed`` gives: a smaller subset
    is part of every larger one.
    """
    useful = {id(person.image) for person in dataset.usable}
    groups: dict[str, list[int]] = {}
    for position, image in enumerate(dataset.images):
        if id(image) in useful:
            groups.setdefault(image.group, []).append(position)
    random = np.random.default_rng(seed)
    queues = [list(random.permutation(groups[name])) for name in random.permutation(sorted(groups))]
    turns = [
        int(queue[turn]) for turn in range(max(map(len, queues), default=0)) for queue in queues if turn < len(queue)
    ]
    chosen = turns if images is None else turns[:images]
    return dataset.keep((dataset.images[i] for i in sorted(chosen)), dataset.name)
