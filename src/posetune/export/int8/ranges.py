"""How large activations get on real crops, and the int8 scales that follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posetune.graph.flatbuffer import Graph
from posetune.graph.int8 import Scale
from posetune.graph.torch.network import Network


@dataclass
class Seen:
    """One tensor on all crops: (C,) the smallest and largest value of each channel."""

    low: np.ndarray
    high: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """(C,) the largest absolute value of each channel."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def times(self, factors: np.ndarray) -> Seen:
        """What would have been seen with the channels multiplied by ``factors`` (C,), all positive."""
        return Seen(self.low * factors, self.high * factors)


class Watching(Network):
    """A float network that keeps what it sees of every activation."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.seen: dict[int, Seen] = {}

    def watch(self, batches: Iterable[Tensor], outputs: Sequence[int]) -> dict[int, Seen]:
        """Run batches (B, 3, S, S). Returns tensor -> what was seen; a tensor that is only padded input is left out."""
        with torch.no_grad():
            for batch in batches:
                self._look(self._input_tensor, batch)
                self(batch, outputs)
        return self.seen

    def _run(self, step: Any, inputs: list[Tensor]) -> Tensor:
        y = super()._run(step, inputs)
        self._look(step.output, y)
        return y

    def _look(self, tensor: int, y: Tensor) -> None:
        if y.dim() != 4:
            return
        low, high = y.amin((0, 2, 3)).numpy(), y.amax((0, 2, 3)).numpy()
        seen = self.seen.setdefault(tensor, Seen(low, high))
        seen.low, seen.high = np.minimum(seen.low, low), np.maximum(seen.high, high)


def whole_scale(seen: Seen) -> Scale:
    """The scale that covers everything seen. Cutting rare large values off, for finer steps, costs more than it gains here."""
    return Scale.of_range(float(seen.low.min()), float(seen.high.max()))
