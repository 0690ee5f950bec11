"""What a network with int8 layers computes, in torch: the same rounding of activations and weights, with gradients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor

from posetune.graph.flatbuffer import Graph
from posetune.graph.int8 import MOVING, Scale
from posetune.graph.torch.convolution import Convolution
from posetune.graph.torch.network import Network


class Simulated(Network):
    """A network some of whose operators compute as in int8. ``layers``, ``scales``: as in ``graph.int8.quantised``.

    Gradients pass the rounding unchanged, and stop where a value is cut off.
    """

    def __init__(self, graph: Graph, layers: Collection[int], scales: Mapping[int, Scale]) -> None:
        super().__init__(graph)
        self.place_of = {op.outputs[0]: place for place, op in enumerate(graph.operators)}
        self.layers = set(layers)
        self.scales = dict(scales)
        for place, op in enumerate(graph.operators):
            if place in self.layers and op.kind in MOVING:
                self.scales[op.outputs[0]] = self.scales[op.inputs[0]]

    def _run(self, step: Any, inputs: list[Tensor]) -> Tensor:
        if self.place_of[step.output] not in self.layers:
            return super()._run(step, inputs)
        inputs = [self._stored(x, tensor) for x, tensor in zip(inputs, step.inputs, strict=True)]
        if step.name is None:
            return self._stored(super()._run(step, inputs), step.output, always=True)
        module: Any = self.get_submodule(step.name)
        y = self._convolved(step, module, inputs[0])
        return self._stored(module.activate(y), step.output, always=True)

    def _convolved(self, step: Any, module: Any, x: Tensor) -> Tensor:
        y: Tensor = module.convolve(x, *rounded(module))
        return y

    def _stored(self, x: Tensor, tensor: int, always: bool = False) -> Tensor:
        """``x`` as int8 keeps it. What an int8 operator produced has been rounded already."""
        if not always and self.place_of.get(tensor) in self.layers:
            return x
        scale = self.scales[tensor]
        return torch.fake_quantize_per_tensor_affine(x, scale.step, scale.zero, -128, 127)


def rounded(module: Convolution) -> tuple[Tensor, Tensor]:
    """A convolution's weights as int8 keeps them: 127 steps to the largest weight of each output channel; and its bias."""
    weight, bias = module.folded()
    steps = weight.detach().abs().amax((1, 2, 3)).clamp_min(1e-12) / 127
    zero = torch.zeros_like(steps, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, steps, zero, 0, -127, 127), bias
