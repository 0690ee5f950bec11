import numpy as np
import pytest

from posetune import stock
from posetune.backends.litert import Network as Lite
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph, pack_model

ALL = ("detector", "lite", "full", "heavy")


@pytest.mark.parametrize("name", ALL)
def test_unchanged_it_writes_back_byte_for_byte(name):
    content = stock.path(name).read_bytes()
    assert Graph.read(content).to_bytes() == content


def test_constants_written_unchanged_leave_the_bytes():
    content = stock.path("lite").read_bytes()
    graph = Graph.read(content)
    for op in graph.operators:
        if op.kind == "CONV_2D":
            graph.set_constant(op.inputs[1], graph.constant(op.inputs[1]))
    assert graph.to_bytes() == content


def test_a_changed_value_is_patched_in_place_and_computed_with():
    content = stock.path("lite").read_bytes()
    graph = Graph.read(content)
    head = next(
        op for op in graph.operators if op.kind == "CONV_2D" and graph.tensor_info(op.outputs[0]).shape[-1] == 195
    )
    bias = graph.constant(head.inputs[2])
    graph.set_constant(head.inputs[2], bias + 8)
    changed = graph.to_bytes()
    assert len(changed) == len(content)
    x = np.random.default_rng(0).random((256, 256, 3), np.float32)
    before, after = (Lite(c, 1, "network").run(x)[0] for c in (content, changed))
    np.testing.assert_allclose(after - before, 8, atol=0.2)


def test_repacked_it_computes_the_same():
    content = stock.path("lite").read_bytes()
    graph = Graph.read(content)
    packed = pack_model(graph.model)
    x = np.random.default_rng(0).random((256, 256, 3), np.float32)
    for before, after in zip(Lite(content, 1, "a").run(x), Lite(packed, 1, "b").run(x), strict=True):
        np.testing.assert_array_equal(before, after)


def test_sparse_constants_are_made_dense():
    graph = Graph.read(stock.path("detector"))
    densify = [op for op in graph.operators if op.kind == "DENSIFY"]
    assert len(densify) == 38
    values = graph.constant(densify[5].outputs[0])
    assert values.shape == graph.tensor_info(densify[5].outputs[0]).shape
    share = np.count_nonzero(values) / values.size
    assert 0 < share < 0.9


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" * 10, b"\x20\0\0\0TFL3" + b"\xff" * 40])
def test_what_is_not_a_network(content):
    with pytest.raises(PosetuneError, match=r"not a TensorFlow Lite file|damaged"):
        Graph.read(content)


def test_float16_overflow_is_refused():
    graph = Graph.read(stock.path("lite"))
    op = next(op for op in graph.operators if op.kind == "CONV_2D")
    with pytest.raises(PosetuneError, match="float16"):
        graph.set_constant(op.inputs[2], np.full_like(graph.constant(op.inputs[2]), 1e6))
