"""What a landmark network and a detector look like from outside, and what is inside a file, as MediaPipe
wants it.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np

from posetune.graph.flatbuffer import Graph
from posetune.landmarks import NETWORK_COUNT

Kind = Literal["landmarks", "detector"]

#: The landmark network's outputs, in order. MediaPipe goes by the position, never by the name.
LANDMARK_OUTPUTS: tuple[str, ...] = ("landmarks", "presence", "segmentation", "heatmap", "world landmarks")
LANDMARK_VALUES = NETWORK_COUNT * 5  # x, y, z, visibility, presence
WORLD_VALUES = NETWORK_COUNT * 3
HEATMAP_STRIDE = 4  # input px per heatmap cell
#: The detector's outputs, in order: boxes with keypoints, scores; one row per anchor.
DETECTOR_OUTPUTS: tuple[str, ...] = ("boxes", "scores")
DETECTOR_SIZE, DETECTOR_ANCHORS, DETECTOR_VALUES = 224, 2254, 12


def kind_of(graph: Graph) -> Kind | None:
    """Which of the two networks this is, judged by its outputs; None if neither."""
    sizes = [int(np.prod(output.shape)) for output in graph.outputs]
    if LANDMARK_VALUES in sizes:
        return "landmarks"
    if DETECTOR_ANCHORS * DETECTOR_VALUES in sizes:
        return "detector"
    return None


def landmark_shapes(size: int) -> tuple[tuple[int, ...], ...]:
    """The shapes of the landmark network's outputs for an input of ``size`` px."""
    heatmap = size // HEATMAP_STRIDE
    return (
        (1, LANDMARK_VALUES),
        (1, 1),
        (1, size, size, 1),
        (1, heatmap, heatmap, NETWORK_COUNT),
        (1, WORLD_VALUES),
    )


def detector_shapes() -> tuple[tuple[int, ...], ...]:
    """The shapes of the detector's outputs."""
    return (1, DETECTOR_ANCHORS, DETECTOR_VALUES), (1, DETECTOR_ANCHORS, 1)


def float_constants(graph: Graph) -> dict[int, np.ndarray]:
    """buffer index -> a float constant's values as they are stored (of sparse ones: the stored values)."""
    found: dict[int, np.ndarray] = {}
    for index, tensor in enumerate(graph.subgraph.tensors):
        data = graph.model.buffers[tensor.buffer].data
        if data is None or len(data) == 0 or graph.producer(index) is not None:
            continue
        if graph.tensor_info(index).dtype in ("float32", "float16"):
            found[int(tensor.buffer)] = np.frombuffer(bytes(data), graph.stored_dtype(index))
    return found


def parameters(graph: Graph) -> int:
    """The number of stored float constants."""
    return sum(len(values) for values in float_constants(graph).values())


def weights_fingerprint(graph: Graph) -> str:
    """A hex sha256 of all float constants, whatever their order in the file, its metadata, and its names.

    Two files with the same fingerprint compute the same if they have the same structure.
    """
    digests = sorted(hashlib.sha256(v.tobytes()).digest() for v in float_constants(graph).values())
    return hashlib.sha256(b"".join(digests)).hexdigest()


def external_buffers(graph: Graph) -> list[int]:
    """The buffers that lie behind the flatbuffer instead of in it (``Buffer.offset`` and ``size``)."""
    return [i for i, buffer in enumerate(graph.model.buffers) if (buffer.offset or 0) > 1]


def inline_buffers(graph: Graph, content: bytes) -> None:
    """Take the external buffers of ``graph``, read from ``content``, into the flatbuffer."""
    for index in external_buffers(graph):
        buffer = graph.model.buffers[index]
        buffer.data = np.frombuffer(content[buffer.offset : buffer.offset + buffer.size], np.uint8)
        buffer.offset = buffer.size = 0
        graph.mark_restructured()
