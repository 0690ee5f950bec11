import numpy as np
import pytest

from posetune import stock
from posetune.backends.litert import Network as Lite
from posetune.errors import PosetuneError
from posetune.graph.dense import densify
from posetune.graph.flatbuffer import Graph


@pytest.fixture(scope="module")
def detector():
    return stock.path("detector").read_bytes()


def sparse_weight(graph):
    """The weight of the first convolution behind a DENSIFY."""
    behind = {t for op in graph.operators if op.kind == "DENSIFY" for t in op.outputs}
    halves = {t for op in graph.operators if op.kind == "DEQUANTIZE" and op.inputs[0] in behind for t in op.outputs}
    return next(op.inputs[1] for op in graph.operators if op.kind == "CONV_2D" and op.inputs[1] in halves)


def test_a_dense_detector_says_the_same(detector):
    graph = Graph(detector)
    assert densify(graph) == 38
    dense = graph.to_bytes()
    assert not any(op.kind == "DENSIFY" for op in Graph(dense).operators)
    x = np.random.default_rng(0).uniform(-1, 1, (224, 224, 3)).astype(np.float32)
    for before, after in zip(Lite(detector, 1, "a").run(x), Lite(dense, 1, "b").run(x), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-3)


def test_a_network_without_sparse_weights_stays_as_it_is():
    content = stock.path("lite").read_bytes()
    graph = Graph(content)
    assert densify(graph) == 0
    assert graph.to_bytes() == content


def test_stored_values_of_a_sparse_constant_can_be_changed(detector):
    graph = Graph(detector)
    weight = sparse_weight(graph)
    places, values = graph.stored_places(weight), graph.constant(weight)
    assert 0.2 < places.mean() < 0.3
    assert not values[~places].any()
    graph.set_constant(weight, 2 * values)
    written = graph.to_bytes()
    assert len(written) == len(detector)
    np.testing.assert_array_equal(Graph(written).constant(weight), 2 * values)


def test_a_value_without_a_place_is_refused(detector):
    graph = Graph(detector)
    weight = sparse_weight(graph)
    with pytest.raises(PosetuneError, match="stored sparse"):
        graph.set_constant(weight, graph.constant(weight) + 1)


def test_all_places_of_a_dense_constant_are_stored(detector):
    graph = Graph(detector)
    bias = next(op.inputs[2] for op in graph.operators if op.kind == "CONV_2D")
    assert graph.stored_places(bias).all()
