"""Samples → batches of what training cannot change: the frozen stem's results, and targets made with the base's answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posetune.tune.detector.samples import Sample
from posetune.tune.detector.targets import Targets


@dataclass(frozen=True, eq=False)
class Prepared:
    """A sample that is kept: ``stem`` (C, H, W) float16, the frozen layers' result, and its targets."""

    stem: Tensor
    targets: Targets
    name: str


@dataclass(frozen=True, eq=False)
class BatchTargets:
    """:class:`Targets` of B samples: ``score``, ``score_weight``, ``points_weight`` (B, 980), ``points`` (B, 980, 5, 2), ``unit``
    (B, 980, 5).
    """

    score: Tensor
    score_weight: Tensor
    points: Tensor
    points_weight: Tensor
    unit: Tensor

    def apply(self, change: Callable[[Tensor], Tensor]) -> BatchTargets:
        """The same change made to each."""
        return BatchTargets(**{name: change(tensor) for name, tensor in vars(self).items()})


@dataclass(frozen=True, eq=False)
class DetectorBatch:
    """B samples. ``images``: (B, C, H, W) float16, the stem's results."""

    images: Tensor
    targets: BatchTargets
    names: tuple[str, ...]
    begun: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, samples: Sequence[Prepared]) -> DetectorBatch:
        columns = {k: np.stack([getattr(s.targets, k) for s in samples]) for k in vars(samples[0].targets)}
        targets = BatchTargets(**{k: torch.from_numpy(column) for k, column in columns.items()})
        return cls(torch.stack([s.stem for s in samples]), targets, tuple(s.name for s in samples))

    def to(self, device: torch.device) -> DetectorBatch:
        def moved(tensor: Tensor) -> Tensor:
            return tensor.to(device, non_blocking=True)

        return DetectorBatch(moved(self.images), self.targets.apply(moved), self.names)

    def part(self, index: int, count: int) -> DetectorBatch:
        """Every ``count``-th sample from ``index`` on."""
        take = slice(index, None, count)
        return DetectorBatch(self.images[take], self.targets.apply(lambda t: t[take]), self.names[take])


@dataclass(frozen=True)
class BatchPlan:
    """``batch``: samples in one; ``visits``: how often a sample is learnt from, in the mean; ``kept``: so many of late are kept."""

    batch: int
    visits: int
    kept: int
    seed: int


class BatchMaker:
    """Makes the batch of a step: some samples are new, the others are drawn from those of late.

    A kept sample costs half of a new one, and steps are what a network learns by. Which samples a batch holds depends on seed and
    step alone; one that is not kept any more, or not yet after ``--resume``, is made again.
    """

    def __init__(
        self,
        make: Callable[[int], Sample],
        prepare: Callable[[Sequence[Sample]], list[Prepared]],
        plan: BatchPlan,
    ) -> None:
        """``make``: gives the n-th sample; ``prepare``: runs what is frozen."""
        self._make, self._prepare = make, prepare
        self.batch, self.kept, self.seed = plan.batch, plan.kept, plan.seed
        self.new = max(1, round(plan.batch / plan.visits))
        self._samples: OrderedDict[int, Prepared] = OrderedDict()

    def numbers(self, step: int) -> list[int]:
        """The samples of a step."""
        upto = self.batch + step * self.new  # the first batch is all new
        new = list(range(upto - self.new, upto)) if step else list(range(self.batch))
        if len(new) == self.batch:
            return new
        rng = np.random.default_rng([self.seed, 9, step])
        oldest = max(0, upto - self.new - self.kept)
        return new + [int(n) for n in rng.integers(oldest, upto - self.new, self.batch - len(new))]

    def __call__(self, step: int) -> DetectorBatch:
        numbers = self.numbers(step)
        missing = [n for n in dict.fromkeys(numbers) if n not in self._samples]
        made = self._prepare([self._make(n) for n in missing])
        self._samples.update(zip(missing, made, strict=True))
        batch = DetectorBatch.of([self._samples[n] for n in numbers])
        while len(self._samples) > self.kept:
            self._samples.popitem(last=False)
        return batch
