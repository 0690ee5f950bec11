"""Networks without their segmentation branch."""

import numpy as np
import pytest
from tests.helpers import variants
from tests.helpers.figures import draw_person, room

from posetune import stock
from posetune.backends.litert import Network
from posetune.geometry import Crop
from posetune.graph.flatbuffer import Graph
from posetune.graph.trim import without_segmentation
from posetune.runtime.landmark_network import LandmarkNetwork

RNG = np.random.default_rng(0)
PERSON = Crop(240, 230, 460).cut(draw_person(room(480, 480), (240, 230), 0.6)).astype(np.float32) / 255
NOISE = RNG.random((256, 256, 3), dtype=np.float32)


@pytest.mark.parametrize("name", ["lite", "full"])
def test_the_other_outputs_are_identical_to_the_last_bit(name):
    whole = stock.path(name).read_bytes()
    before, after = Network(whole, 1), Network(without_segmentation(whole), 1)
    assert after.output_shapes == [shape for i, shape in enumerate(before.output_shapes) if i != 2]
    for image in (PERSON, NOISE):
        expected = before.run(image)
        for theirs, ours in zip(expected[:2] + expected[3:], after.run(image), strict=True):
            assert np.array_equal(theirs, ours)


def test_the_branchs_operators_are_gone():
    """And nothing is left that nobody needs."""
    kinds = [
        [o.kind for o in Graph(content).operators if "CONV" in o.kind]
        for content in (stock.path("lite").read_bytes(), without_segmentation(stock.path("lite").read_bytes()))
    ]
    assert len(kinds[1]) < len(kinds[0])
    graph = Graph(without_segmentation(stock.path("lite").read_bytes()))
    used = {t for op in graph.operators for t in op.inputs} | set(map(int, graph.subgraph.outputs))
    assert all(used.intersection(op.outputs) for op in graph.operators)


def test_trimming_twice_changes_nothing_more():
    once = without_segmentation(stock.path("lite").read_bytes())
    assert without_segmentation(once) is once


def test_files_written_anew_and_with_outputs_in_another_order_work():
    shuffled = variants.edited(stock.path("lite").read_bytes(), variants.outputs(4, 2, 0, 3, 1))
    shapes = Network(without_segmentation(shuffled), 1).output_shapes
    assert shapes == [(1, 117), (1, 195), (1, 64, 64, 39), (1, 1)]


@pytest.mark.parametrize("content", [b"", b"TFL3" * 10, bytes(64), stock.path("detector").read_bytes()])
def test_what_is_no_landmark_network_comes_back_as_it_is(content):
    assert without_segmentation(content) == content


def test_damaged_files_do_not_crash_it():
    whole = stock.path("lite").read_bytes()
    for _ in range(200):
        broken = bytearray(whole[: RNG.integers(1, len(whole))] if RNG.random() < 0.3 else whole)
        for place in RNG.integers(0, len(broken), 20):
            broken[place] = RNG.integers(0, 256)
        without_segmentation(bytes(broken))


def test_the_landmark_network_drops_it_unless_asked():
    crop = np.round(PERSON * 255).astype(np.uint8)
    tflite = stock.path("lite").read_bytes()
    plain, masking = LandmarkNetwork(tflite, 1)(crop), LandmarkNetwork(tflite, 1, segmentation=True)(crop)
    assert plain.segmentation is None
    assert masking.segmentation.shape == (256, 256)
    assert np.array_equal(plain.points, masking.points)
    assert np.array_equal(plain.heatmap, masking.heatmap)
