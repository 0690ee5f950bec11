"""Bias correction: what int8 does to the mean of a channel, on real crops, is taken back in its bias.

Rounding errors do not average out: a weight rounded up is up everywhere, and activations near a clip lean to one side. After
Nagel et al. (2019), measured instead of derived.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from posetune.export.int8.simulate import Simulated, rounded
from posetune.graph.flatbuffer import Graph
from posetune.graph.int8 import CONVOLUTIONS, Scale
from posetune.graph.torch.network import Network


@torch.no_grad()
def corrected(
    graph: Graph,
    layers: Collection[int],
    scales: Mapping[int, Scale],
    batches: Sequence[Tensor],
    reference: Graph | None = None,
) -> Graph:
    """``graph`` with biases that give every int8 convolution the mean output, before its activation, that it has in float.

    ``layers``, ``scales``: as in ``graph.int8.quantised``; ``batches``: crops (B, 3, S, S), all held in memory at once;
    ``reference``: the float network to agree with, if it is not ``graph`` itself. The layers are corrected in running
    order, so each makes up for what those before it have left.
    """
    outputs = range(len(graph.outputs))
    images = torch.cat(list(batches))
    means = _Means(reference or graph)
    means(images, outputs)
    simulated = _Correcting(graph, layers, scales, means.means)
    simulated(images, outputs)
    result = Graph(graph.to_bytes(), graph.source)
    for place, shift in simulated.shifts.items():
        op = result.operators[place]
        assert op.kind in CONVOLUTIONS
        result.set_constant(op.inputs[2], result.constant(op.inputs[2]) + shift.numpy())
    return Graph(result.to_bytes(), graph.source)


class _Means(Network):
    """A float network that keeps the mean of every convolution's output channels, before the activation function."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.means: dict[int, Tensor] = {}

    def _run(self, step: Any, inputs: list[Tensor]) -> Tensor:
        if step.name is None:
            return super()._run(step, inputs)
        module: Any = self.get_submodule(step.name)
        y = module.convolve(inputs[0], *module.effective())
        self.means[step.output] = y.mean((0, 2, 3))
        return module.activate(y)


class _Correcting(Simulated):
    """A simulated network that moves every int8 convolution's mean to where it is in float, on its way."""

    def __init__(
        self, graph: Graph, layers: Collection[int], scales: Mapping[int, Scale], means: Mapping[int, Tensor]
    ) -> None:
        super().__init__(graph, layers, scales)
        self.means = means
        self.shifts: dict[int, Tensor] = {}

    def _convolved(self, step: Any, module: Any, x: Tensor) -> Tensor:
        y = module.convolve(x, *rounded(module))
        shift = self.means[step.output] - y.mean((0, 2, 3))
        self.shifts[self.place_of[step.output]] = shift
        return y.add_(shift.view(1, -1, 1, 1))
