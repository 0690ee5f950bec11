"""Constants as float16 and float32: the same values, half the file."""

import numpy as np
import pytest

from posetune import stock
from posetune.backends.litert import Network
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph, schema
from posetune.graph.precision import narrow, widen


def wide_lite() -> Graph:
    graph = Graph.read(stock.path("lite"))
    assert widen(graph) > 0
    return Graph(graph.to_bytes())


def test_widened_and_narrowed_again_is_the_same_network_in_half_the_bytes():
    wide = wide_lite().to_bytes()
    graph = Graph(wide)
    assert narrow(graph) > 100
    half = graph.to_bytes()
    assert len(half) < 0.55 * len(wide)
    assert narrow(Graph(half)) == 0
    image = np.random.default_rng(0).random((256, 256, 3), dtype=np.float32)
    for a, b in zip(Network(wide, 1).run(image), Network(half, 1).run(image), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4)


def test_values_are_rounded_to_float16():
    graph = wide_lite()
    conv = next(op for op in graph.operators if op.kind == "CONV_2D")
    kernel = graph.constant(conv.inputs[1]) * np.float32(1.0001)
    graph.set_constant(conv.inputs[1], kernel)
    graph = Graph(graph.to_bytes())
    narrow(graph)
    half = Graph(graph.to_bytes())
    conv = next(op for op in half.operators if op.kind == "CONV_2D")
    np.testing.assert_array_equal(half.constant(conv.inputs[1]), kernel.astype(np.float16).astype(np.float32))
    assert half.stored_dtype(conv.inputs[1]) == np.float16


def test_what_does_not_fit_float16_is_an_error():
    graph = wide_lite()
    conv = next(op for op in graph.operators if op.kind == "CONV_2D")
    graph.set_constant(conv.inputs[1], graph.constant(conv.inputs[1]) * np.float32(1e6))
    with pytest.raises(PosetuneError, match="does not fit float16"):
        narrow(Graph(graph.to_bytes()))


def test_narrowing_leaves_integers_alone():
    graph = wide_lite()
    narrow(graph)
    kinds = {int(t.type) for t in graph.subgraph.tensors}
    assert schema.TensorType.INT32 in kinds
