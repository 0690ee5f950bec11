"""What networks look like from outside, and what is inside a file."""

import pytest
from tests.helpers.variants import edited, external_buffers, outputs, without_metadata

from posetune import stock
from posetune.graph import contract
from posetune.graph.flatbuffer import Graph


@pytest.mark.parametrize("name", ["lite", "full", "heavy"])
def test_stock_landmark_networks(name):
    graph = Graph.read(stock.path(name))
    assert contract.kind_of(graph) == "landmarks"
    assert tuple(output.shape for output in graph.outputs) == contract.landmark_shapes(256)
    assert contract.parameters(graph) == sum(len(v) for v in contract.float_constants(graph).values()) > 1_000_000


def test_the_detector_and_what_is_neither(lite):
    detector = Graph.read(stock.path("detector"))
    assert contract.kind_of(detector) == "detector"
    assert tuple(output.shape for output in detector.outputs) == contract.detector_shapes()
    assert contract.kind_of(Graph(edited(lite, outputs(2)))) is None


def test_the_fingerprint_goes_by_the_weights_alone(lite):
    graph = Graph(lite)
    known = contract.weights_fingerprint(graph)
    assert contract.weights_fingerprint(Graph(edited(lite, without_metadata))) == known
    index = graph.producer(graph.subgraph.outputs[1]).inputs[0]
    while graph.producer(index).kind != "CONV_2D":
        index = graph.producer(index).inputs[0]
    bias = graph.producer(index).inputs[2]
    graph.set_constant(bias, graph.constant(bias) + 1)
    assert contract.weights_fingerprint(Graph(graph.to_bytes())) != known


def test_buffers_behind_the_flatbuffer_are_taken_in(lite):
    content = external_buffers(lite)
    graph = Graph(content)
    assert contract.external_buffers(graph)
    contract.inline_buffers(graph, content)
    again = Graph(graph.to_bytes())
    assert contract.external_buffers(again) == []
    assert contract.weights_fingerprint(again) == contract.weights_fingerprint(Graph(lite))
