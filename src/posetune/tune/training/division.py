"""Which crops of a batch are worked on together, and by whom; and how what comes of the parts is added up.

Several processes divide a batch into the parts that one process with as many threads would work on, and add their gradients in the
same order: sums of other orders differ in their last bits, and fifty steps make a difference of percents out of that
(docs/lab/results/scale.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

#: Crops that a thread of a CPU works on at once: their activations are what takes memory.
_MOST_IN_A_PART = 8


@dataclass(frozen=True)
class Division:
    """``count`` parts, the k-th of which has every ``count``-th crop of a batch from k on, so that each has its share of replay;
    ``mine``: those that this process works on. ``whole``: each part is a small batch, counted by itself; or else together they
    are one, counted as one.
    """

    count: int
    mine: range
    whole: bool = True

    @classmethod
    def of(cls, parts: int, rank: int = 0, ranks: int = 1) -> Division:
        """The parts of one process, shared by ``ranks``. What one would not divide, they divide all the same."""
        if parts % ranks:
            return cls(ranks, range(rank, rank + 1), whole=False)
        each = parts // ranks
        return cls(parts, range(rank * each, (rank + 1) * each))

    def crops(self, batch: int) -> list[int]:
        """The places of this process's crops in a batch."""
        return [k for k in range(batch) if k % self.count in self.mine]


def parts_of(crops: int, threads: int) -> int:
    """Into how many parts ``threads`` of a CPU divide a batch: one a thread, or several where a part would be so large that it
    needs much memory.
    """
    return threads * math.ceil(crops / (threads * _MOST_IN_A_PART)) if crops >= 2 * threads else 1


def sum_scaled(
    tensors: Sequence[Tensor | None], scales: Sequence[float], before: Tensor | None = None
) -> Tensor | None:
    """The weighted sum of tensors of one shape, added in their order to ``before``, in place; None where there is none."""
    present = [(t, s) for t, s in zip(tensors, scales, strict=True) if t is not None]
    if not present:
        return before
    total = present[0][0] * present[0][1] if before is None else before
    for tensor, scale in present[before is None :]:
        total.add_(tensor, alpha=scale)
    return total
