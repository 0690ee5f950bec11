"""The five outputs that MediaPipe wants, with a segmentation that costs next to nothing.

The stock branch computes its mask on maps of 128² and 256² cells, which takes nearly half of the network's time. Here one
convolution of 3×3 reads the mask off the map that the heatmap is read off (64² cells), and RESIZE_BILINEAR brings it to
the crop's size. All other outputs are computed by the same operators as before. How good such a mask is: docs/lab/results/speed.md.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.graph import contract
from posetune.graph.flatbuffer import Graph, schema

_SEGMENTATION, _HEATMAP = (contract.LANDMARK_OUTPUTS.index(name) for name in ("segmentation", "heatmap"))
SIDE = 3  # of the convolution


def with_cheap_segmentation(network: bytes, weight: np.ndarray, bias: float) -> bytes:
    """Replace the segmentation branch of a landmark network by one convolution.

    ``weight``: (3, 3, C) float32, for the map of :func:`showing_features`; ``bias``: of the mask's logit. How to get
    them: ``export.cheap_mask.fit``. Raises PosetuneError if the network has no such branch, or C is another.
    """
    graph = Graph(network)
    features, head = _features(graph)
    channels = graph.tensor_info(features).shape[3]
    if weight.shape != (SIDE, SIDE, channels):
        raise PosetuneError(f"The convolution has shape {weight.shape}, and must have {(SIDE, SIDE, channels)}.")
    contract.inline_buffers(graph, network)
    mask = int(graph.subgraph.outputs[_SEGMENTATION])
    cells, size = graph.tensor_info(features).shape[1], graph.tensor_info(mask).shape[1]
    small = graph.add_tensor((1, cells, cells, 1), schema.TensorType.FLOAT32, "cheap_mask")
    convolution = copy.copy(next(op for op in graph.subgraph.operators if int(op.outputs[0]) == head))
    constants = [
        graph.add_constant(weight[None].astype(np.float32), "cheap_mask"),
        graph.add_constant(np.array([bias], np.float32), "cheap_mask"),
    ]
    convolution.inputs, convolution.outputs = np.array([features, *constants], np.int32), np.array([small], np.int32)
    resize = copy.copy(
        next(op for op in graph.subgraph.operators if isinstance(op.builtinOptions, schema.ResizeBilinearOptionsT))
    )
    resize.inputs = np.array([small, graph.add_constant(np.array([size, size], np.int32), "cheap_mask")], np.int32)
    resize.outputs = np.array([mask], np.int32)
    kept = [op for op in graph.subgraph.operators if mask not in op.outputs]
    graph.subgraph.operators = _needed([*kept, convolution, resize], graph.subgraph.outputs)
    graph.mark_restructured()
    return graph.to_bytes()


def showing_features(network: bytes) -> bytes:
    """The network with two outputs: segmentation logits (1, size, size, 1), and the map (1, h, h, C) that the heatmap is
    read off. For fitting.
    """
    graph = Graph(network)
    features, _ = _features(graph)
    outputs = np.array([graph.subgraph.outputs[_SEGMENTATION], features], np.int32)
    graph.subgraph.operators = _needed(graph.subgraph.operators, outputs)
    graph.subgraph.outputs = outputs
    graph.mark_restructured()
    return graph.to_bytes()


def _features(graph: Graph) -> tuple[int, int]:
    """The heatmap's source, and the heatmap: tensors."""
    shapes = tuple(output.shape for output in graph.outputs)
    if len(shapes) != 5 or shapes != contract.landmark_shapes(graph.inputs[0].shape[1]):
        raise PosetuneError("This network does not have MediaPipe's five outputs: its segmentation cannot be replaced.")
    heatmap = int(graph.subgraph.outputs[_HEATMAP])
    op = graph.producer(heatmap)
    if op is None or op.kind != "CONV_2D" or op.options.padding != schema.Padding.SAME:
        raise PosetuneError("This network computes its heatmap in an unknown way: its segmentation cannot be replaced.")
    if graph.tensor_info(op.inputs[0]).dtype != "float32":
        raise PosetuneError("Replace the segmentation before quantizing: this network is quantized already.")
    return op.inputs[0], heatmap


def _needed(operators: list[Any], outputs: np.ndarray) -> list[Any]:
    """The operators that ``outputs`` need, in order."""
    needed, kept = {int(i) for i in outputs}, []
    for op in reversed(operators):
        if needed.intersection(map(int, op.outputs)):
            needed.update(map(int, op.inputs))
            kept.append(op)
    return kept[::-1]
