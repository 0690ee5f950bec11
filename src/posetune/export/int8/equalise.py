"""Cross-layer equalisation: channels that share one scale are brought to one size, and the network computes what it did.

An int8 activation has one scale for all its channels, so a channel that is a hundred times weaker than its neighbour keeps two
of its eight bits. Multiplying a channel by s in what produces it and dividing by s in what reads it changes nothing in float:
between two convolutions for any s > 0 if there is no activation function between them, for ReLU as well, and for ReLU6 as long as
s · max ≤ 6, since the clip at 6 cannot be moved. Additions, paddings, poolings and resizings tie tensors together: all
of a residual stream is scaled alike. After Nagel et al., *Data-Free Quantization Through Weight Equalization and
Bias Correction* (2019), with measured activation ranges in place of weight ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from posetune.graph.flatbuffer import Graph, Operator
from posetune.graph.int8 import CONVOLUTIONS, MOVING

_RELU6 = 3
_CLIP = 6.0
#: A silent channel is not blown up without end: what never spoke on the calibration crops may speak on others.
_MOST = 16.0


@dataclass
class Space:
    """Tensors whose channels must be scaled alike. ``clipped``: a ReLU6 stands inside; ``fixed``: must not be scaled."""

    tensors: set[int] = field(default_factory=set)
    writers: list[int] = field(default_factory=list)  # places of convolutions that produce it
    readers: list[int] = field(default_factory=list)
    clipped: bool = False
    fixed: bool = False


def equalise(
    graph: Graph, size_of: Mapping[int, np.ndarray], strength: float = 1.0
) -> tuple[Graph, dict[int, np.ndarray]]:
    """``graph`` (float32 constants) with equalised channels; and tensor -> (C,) what each channel was multiplied by.

    ``size_of``: tensor -> (C,) the largest absolute value of each channel on calibration crops. ``strength``: 1 brings all
    channels of a tensor to one size, 0 leaves them as they are.
    """
    result = Graph(graph.to_bytes(), graph.source)
    kernels: dict[int, np.ndarray] = {}
    biases: dict[int, np.ndarray] = {}
    factors: dict[int, np.ndarray] = {}
    for place, op in enumerate(result.operators):
        if op.kind in CONVOLUTIONS:
            kernels[place] = result.constant(op.inputs[1]).astype(np.float64)
            biases[place] = result.constant(op.inputs[2]).astype(np.float64)
    for space in spaces(result):
        sizes = [size_of[t] for t in sorted(space.tensors) if t in size_of]
        if space.fixed or not sizes:
            continue
        s = _factors(np.max(sizes, axis=0), space.clipped, strength)
        factors |= dict.fromkeys(space.tensors, s)
        for place in space.writers:
            kernel = kernels[place]
            depthwise = result.operators[place].kind == "DEPTHWISE_CONV_2D"
            kernel *= s if depthwise else s[:, None, None, None]
            biases[place] *= s
        for place in space.readers:
            kernels[place] /= s  # input channels are the last dimension of both kernel layouts
    for place, kernel in kernels.items():
        op = result.operators[place]
        result.set_constant(op.inputs[1], kernel.astype(np.float32))
        result.set_constant(op.inputs[2], biases[place].astype(np.float32))
    return Graph(result.to_bytes(), graph.source), factors


def _factors(size: np.ndarray, clipped: bool, strength: float) -> np.ndarray:
    """(C,) what to multiply each channel by."""
    largest = float(size.max())
    if not largest > 0:
        return np.ones_like(size, dtype=np.float64)
    target = _CLIP if clipped else largest
    s = np.clip(target / np.maximum(size, largest / _MOST), 1.0, _MOST)
    s[size <= 0] = 1.0
    return s**strength


def spaces(graph: Graph) -> list[Space]:
    """The spaces of a graph, in order of first production."""
    parent: dict[int, int] = {}

    def root(tensor: int) -> int:
        parent.setdefault(tensor, tensor)
        while parent[tensor] != tensor:
            tensor = parent[tensor]
        return tensor

    for op in graph.operators:
        for tensor in _tied(op):
            parent[root(tensor)] = root(op.outputs[0])
    found: dict[int, Space] = {}

    def space(tensor: int) -> Space:
        entry = found.setdefault(root(tensor), Space())
        entry.tensors.add(tensor)
        return entry

    for tensor in graph.subgraph.inputs:
        space(int(tensor)).fixed = True
    for place, op in enumerate(graph.operators):
        activation = int(getattr(op.options, "fusedActivationFunction", 0) or 0)
        if op.kind in CONVOLUTIONS:
            space(op.inputs[0]).readers.append(place)
            produced = space(op.outputs[0])
            produced.writers.append(place)
        elif op.kind == "ADD" or op.kind in MOVING:
            produced = space(op.outputs[0])
            for tensor in _tied(op):
                space(tensor)
        else:
            for tensor in [*op.inputs, *op.outputs]:
                if not graph.is_constant(tensor):
                    space(tensor).fixed = True
            continue
        produced.clipped |= activation == _RELU6
        produced.fixed |= activation not in (0, 1, _RELU6)
    for tensor in graph.subgraph.outputs:
        space(int(tensor)).fixed = True
    for entry in found.values():
        # A depthwise layer with a channel multiplier would need its factors spread; the pose networks have none.
        for place in entry.readers:
            op = graph.operators[place]
            if op.kind == "DEPTHWISE_CONV_2D" and int(op.options.depthMultiplier) != 1:
                entry.fixed = True
    return list(found.values())


def _tied(op: Operator) -> list[int]:
    """The inputs whose channels are the output's channels."""
    if op.kind == "ADD":
        return list(op.inputs[:2])
    return [op.inputs[0]] if op.kind in MOVING else []
