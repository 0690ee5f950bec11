"""The landmark network for a smaller crop: the same weights on 224 or 192 px instead of 256.

At 192 a network does 9/16 of the work. Untuned it errs about a fifth more: tune it at its new size
(docs/lab/results/small-crops.md).
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import SIZE
from posetune.graph import contract
from posetune.graph.flatbuffer import Graph, Operator, schema
from posetune.landmarks import NETWORK_COUNT

#: The sides that work, px.
SIZES: tuple[int, ...] = (256, 224, 192)
_TAIL = SIZE // 32  # the side of the map that the heads' own layers halve twice, down to the 2×2 cells they read
_SAME = schema.Padding.SAME
_SHAPE_KEEPING = ("ADD", "LOGISTIC")


def resized(network: bytes, size: int) -> bytes:
    """A landmark network that takes crops of ``size`` × ``size`` px, as a .tflite of its own; 256 px give the same bytes.

    The heads' own layers halve a map of 8×8 cells twice and read 2×2. At 192 px that map has 6×6 cells: it is stretched
    to 8×8 again (one RESIZE_BILINEAR), so that they see the person where they learned to, and the x, y and z they
    answer, in px of a 256 px crop, are scaled. Besides, the constants of the other RESIZE_BILINEAR and all shapes are
    edited. Heatmap and segmentation shrink along (``contract.landmark_shapes``).

    Raises PosetuneError for a size not in SIZES, and for a file that is no landmark network, is not of 256 px, or is
    quantized.
    """
    graph = Graph(network)
    if size not in SIZES:
        raise PosetuneError(f"A landmark network cannot take crops of {size} px; choose 256, 224 or 192.")
    if contract.kind_of(graph) != "landmarks":
        raise PosetuneError("Cannot resize this network: it is no landmark network.")
    before = graph.inputs[0].shape[1]
    if size == before:
        return network
    if before != SIZE:
        raise PosetuneError(f"Only a landmark network of {SIZE} px can be resized; this one takes {before} px.")
    _Resizing(graph, size).run()
    contract.inline_buffers(graph, network)
    graph.mark_restructured()
    content = graph.to_bytes()
    found = tuple(output.shape for output in Graph(content).outputs)
    if sorted(found) != sorted(contract.landmark_shapes(size)):
        raise PosetuneError(f"Cannot resize this network to {size} px: its outputs would have the shapes {found}.")
    return content


class _Resizing:
    """Walks through a graph with the shapes that the tensors now have."""

    def __init__(self, graph: Graph, size: int) -> None:
        self.graph, self.size = graph, size
        self.shapes: dict[int, tuple[int, ...]] = {int(graph.subgraph.inputs[0]): (1, size, size, 3)}
        self.stored = {int(op.outputs[0]): op for op in graph.subgraph.operators}
        self.stretched: dict[int, int] = {}  # tensor -> the same with 8×8 cells

    def run(self) -> None:
        for op in self.graph.operators:
            if op.inputs[0] in self.shapes:
                self.shapes[op.outputs[0]] = self._edit(op)
        for tensor, shape in self.shapes.items():
            stored = self.graph.subgraph.tensors[tensor]
            stored.shape = np.array(shape, np.int32)
            stored.shapeSignature = None  # repeats the shape, or says which dimensions may change
        _scale_points(self.graph, self.size / SIZE)

    def _edit(self, op: Operator) -> tuple[int, ...]:
        """Bring one operator to the new size; returns the shape of its output."""
        shape = self.shapes[op.inputs[0]]
        out = tuple(int(n) for n in self.graph.subgraph.tensors[op.outputs[0]].shape)
        if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D"):
            before = int(self.graph.subgraph.tensors[op.inputs[0]].shape[1])
            if before == _TAIL and op.options.strideH == 2:
                self._set_input(op, 0, self._stretch(op))
                return out
            return (1, *_sides(self.graph, op, shape), out[3])
        if op.kind == "PAD":
            amounts = self.graph.constant(op.inputs[1])
            return tuple(n + int(a) + int(b) for n, (a, b) in zip(shape, amounts, strict=True))
        if op.kind == "RESIZE_BILINEAR":
            height, width = (int(n) * self.size // SIZE for n in self.graph.constant(op.inputs[1]))
            self._set_input(op, 1, self.graph.add_constant(np.array([height, width], np.int32), "resized"))
            return 1, height, width, out[3]
        if op.kind in _SHAPE_KEEPING:
            if all(self.shapes.get(i, shape) == shape for i in op.inputs):
                return shape
            raise PosetuneError(f"Cannot resize this network: the two sides of an {op.kind} no longer fit.")
        if op.kind == "RESHAPE" and np.prod(shape) == np.prod(out):
            return out
        raise PosetuneError(f"Cannot resize this network: it has a {op.kind} that is not in MediaPipe's networks.")

    def _stretch(self, op: Operator) -> int:
        """The input of ``op`` brought to its old shape; what else reads it will share the result."""
        source = op.inputs[0]
        if source not in self.stretched:
            graph, old = self.graph, self.graph.subgraph.tensors[source]
            target = graph.add_tensor((1, _TAIL, _TAIL, self.shapes[source][3]), old.type, "stretched")
            side = graph.add_constant(np.array([_TAIL, _TAIL], np.int32), "stretched")
            place = graph.subgraph.operators.index(self.stored[op.outputs[0]])
            graph.subgraph.operators.insert(place, _resize_operator(graph, source, side, target))
            self.stretched[source] = target
        return self.stretched[source]

    def _set_input(self, op: Operator, place: int, tensor: int) -> None:
        stored = self.stored[op.outputs[0]]
        stored.inputs = np.array([tensor if i == place else old for i, old in enumerate(stored.inputs)], np.int32)


def _sides(graph: Graph, op: Operator, shape: tuple[int, ...]) -> list[int]:
    """Height and width of the output of a convolution or pooling. Source: TensorFlow Lite ``kernels/padding.h``."""
    if op.kind == "MAX_POOL_2D":
        windows = (op.options.filterHeight, op.options.filterWidth)
    else:
        windows = tuple(graph.subgraph.tensors[op.inputs[1]].shape[1:3])
    strides = (op.options.strideH, op.options.strideW)
    lost = [0 if op.options.padding == _SAME else int(window) - 1 for window in windows]
    return [-(-(n - less) // int(stride)) for n, less, stride in zip(shape[1:3], lost, strides, strict=True)]


def _resize_operator(graph: Graph, source: int, side: int, target: int) -> Any:
    # The code and the options (half-pixel centres) of one that the network has already.
    like = next(op for op in graph.subgraph.operators if isinstance(op.builtinOptions, schema.ResizeBilinearOptionsT))
    new = copy.copy(like)
    new.inputs, new.outputs = np.array([source, side], np.int32), np.array([target], np.int32)
    return new


def _scale_points(graph: Graph, ratio: float) -> None:
    """Scale the x, y and z that the network answers."""
    place = next(i for i, output in enumerate(graph.outputs) if np.prod(output.shape) == contract.LANDMARK_VALUES)
    op = graph.producer(graph.subgraph.outputs[place])
    while op is not None and op.kind != "CONV_2D":
        op = graph.producer(op.inputs[0])
    if op is None or op.options.fusedActivationFunction:
        raise PosetuneError("Cannot resize this network: its landmarks are not the answer of a convolution.")
    weight, bias = (graph.constant(i) for i in op.inputs[1:3])
    if weight.dtype != np.float32:
        raise PosetuneError("A quantized network cannot be resized: its scales belong to its size; resize first.")
    scale = np.tile(np.array([ratio, ratio, ratio, 1, 1], np.float32), NETWORK_COUNT)
    graph.set_constant(op.inputs[1], weight * scale.reshape(-1, 1, 1, 1))
    graph.set_constant(op.inputs[2], bias * scale)
