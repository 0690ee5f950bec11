"""The order in which subjects are gone through, and batches of them, prepared on a thread ahead of the network."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.tune.people.augment import AugmentConfig
from posetune.tune.people.samples import Batch, ImageCache, Subject, collate, make_sample

#: Crops between two visits: about 3 MB each are kept for so long.
_BLOCK = 64


class Sampler:
    """Endless order over subjects: every pass shuffled anew; the state after n samples depends on seed and n alone."""

    def __init__(self, count: int, seed: int, start: int = 0) -> None:
        self.count, self.seed, self.drawn = count, seed, start

    def take(self, n: int) -> list[tuple[int, int]]:
        """The next n as (index, serial number); the serial number seeds the sample's augmentation."""
        chosen = []
        for _ in range(n):
            passes, place = divmod(self.drawn, self.count)
            order = np.random.default_rng([self.seed, 1, passes]).permutation(self.count)
            chosen.append((int(order[place]), self.drawn))
            self.drawn += 1
        return chosen


@dataclass(frozen=True)
class BatchPlan:
    """What batches are like. ``batch``: crops in one; ``replay_share``: of them, from the replay pool; ``size``: the crops' side,
    px; ``augment``: None for plain crops.
    """

    batch: int
    replay_share: float
    size: int
    augment: AugmentConfig | None
    seed: int


class BatchMaker:
    """Makes the ``step``-th batch: labelled subjects, and as many as the plan says from the replay pool instead."""

    def __init__(
        self, subjects: Sequence[Subject], replay: Sequence[Subject], plan: BatchPlan, cache: ImageCache
    ) -> None:
        self.subjects, self.replay, self.plan, self.cache = list(subjects), list(replay), plan, cache
        self.replayed = round(plan.batch * plan.replay_share) if self.replay else 0

    @property
    def labelled(self) -> int:
        """The crops of a batch that are not replayed."""
        return self.plan.batch - self.replayed

    def only(self, places: Sequence[int]) -> Callable[[int], Batch]:
        """Makes of each batch the crops at these places alone."""
        return lambda step: self._make(step, places)

    def __call__(self, step: int) -> Batch:
        """Deterministic in (seed, step): a resumed run sees what an unbroken one would have."""
        return self._make(step, range(self.plan.batch))

    def _make(self, step: int, places: Sequence[int]) -> Batch:
        plan, labelled = self.plan, self.labelled
        first = Sampler(len(self.subjects), plan.seed, step * labelled)
        chosen = [(self.subjects[i], n) for i, n in first.take(labelled)]
        if self.replayed:
            start = step * self.replayed
            picks = Sampler(len(self.replay), plan.seed + 1, start).take(self.replayed)
            chosen += [(self.replay[i], n) for i, n in picks]
        samples = []
        for k in places:
            subject, number = chosen[k]
            rng = np.random.default_rng([plan.seed, 2, int(k >= labelled), number])
            samples.append(make_sample(subject, self.cache.read(subject.image), plan.size, plan.augment, rng))
        return collate(samples)


class Revisited:
    """Batches in blocks, each block gone through ``visits`` times before the next.

    From the second visit on the frozen layers' results and the stock network's answer are there already, which halves the
    cost of a step; and steps are what a network learns by, more than by new crops (docs/lab/results/skill-and-forgetting.md).
    """

    def __init__(self, make: Callable[[int], Batch], visits: int, batch: int) -> None:
        """``make``: gives the n-th batch, of ``batch`` crops."""
        self.make, self.visits = make, visits
        self.block = max(1, _BLOCK // batch)
        self._kept: dict[int, Batch] = {}

    def __call__(self, step: int) -> Batch:
        """The batch of a step: deterministic, wherever one begins."""
        blocks, place = divmod(step, self.visits * self.block)
        visit, place = divmod(place, self.block)
        number = blocks * self.block + place
        batch = self._kept.pop(number, None) or self.make(number)
        if visit + 1 < self.visits:
            self._kept[number] = batch
        return batch


def ahead(make: Callable[[int], Batch], start: int, stop: int, depth: int = 3) -> Iterator[Batch]:
    """Yield ``make(step)`` for each step, prepared on a thread that stays at most ``depth`` batches ahead.

    An exception in the thread is raised here, at the step it belongs to. Closing the generator ends the thread.
    """
    ready: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: Batch | BaseException) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.2)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for step in range(start, stop):
                if stopped.is_set():
                    return
                put(make(step))
        except BaseException as error:  # whatever it is, the consumer must hear of it
            put(error)

    thread = threading.Thread(target=work, name="samples", daemon=True)
    thread.start()
    try:
        for _ in range(start, stop):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join(timeout=5)
