from __future__ import annotations

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph
from posetune.learn.soften import softened
from posetune.runtime.landmark_network import LandmarkNetwork


def moved(network: bytes, by: float) -> bytes:
    """The same network with every bias of more than one value moved."""
    graph, done = Graph(network), set()
    for tensor in range(len(graph.subgraph.tensors)):
        if (
            graph.is_constant(tensor)
            and graph.stored_dtype(tensor).kind == "f"
            and graph.storage_tensor(tensor) not in done
        ):
            done.add(graph.storage_tensor(tensor))
            values = graph.constant(tensor)
            if values.ndim == 1 and values.size > 1:
                graph.set_constant(tensor, values + np.float32(by))
    return graph.to_bytes()


def answer(network: bytes) -> np.ndarray:
    crop = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    return np.asarray(LandmarkNetwork(network)(crop).points)


def test_a_part_of_what_was_learned(lite):
    tuned = moved(lite, 0.02)
    assert np.allclose(answer(softened(lite, tuned, 0.0)), answer(lite), atol=1e-3)
    assert np.allclose(answer(softened(lite, tuned, 1.0)), answer(tuned), atol=1e-3)
    half, whole = (np.abs(answer(n) - answer(lite)).mean() for n in (softened(lite, tuned, 0.5), tuned))
    assert 0 < half < whole


def test_another_layout_is_one_sentence(lite, full):
    with pytest.raises(PosetuneError, match="layout"):
        softened(lite, full, 0.5)
