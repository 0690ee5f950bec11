"""What bench runs: networks, their int8 forms, the pictures, the clip and the crops of the sample."""

import itertools

import numpy as np
import pytest

from posetune import stock
from posetune.graph.flatbuffer import Graph
from posetune.graph.trim import without_segmentation
from posetune.measure import bench_setup
from posetune.runtime.images import read_image


def test_what_a_network_is():
    graph = Graph(stock.path("lite").read_bytes())
    assert bench_setup.precision(graph) == "float"
    assert bench_setup.macs(graph) == pytest.approx(198e6, rel=0.01)
    assert bench_setup.macs(Graph(without_segmentation(stock.path("lite").read_bytes()))) < 0.9 * 198e6


def test_the_sample_pictures_and_clip(tmp_path):
    pictures, clip = bench_setup.sample_pictures(tmp_path / "a"), bench_setup.sample_clip(tmp_path / "b")
    assert {read_image(path).shape for path in pictures + clip} == {(480, 640, 3)}
    steps = [np.abs(read_image(a).astype(int) - read_image(b)).mean() for a, b in itertools.pairwise(clip)]
    assert min(steps) > 0
    assert max(steps) < 12  # the camera moves, and does not jump


def test_full_runs_in_int8_at_both_sizes():
    pytest.importorskip("torch")
    from posetune.export.int8.make import Maker

    def plain(network: bytes) -> bytes:  # the same writer without the search for float blocks, which takes a minute
        size = Graph(network).inputs[0].shape[1]
        return Maker(network, bench_setup.sample_crops(size)[:2]).write()

    found = bench_setup.contenders([], False, ["full"], ["litert", "openvino"], plain)
    assert [(c.size, c.precision, c.backend) for c in found] == [
        (256, "float", "litert"), (256, "float", "openvino"), (192, "float", "litert"), (192, "float", "openvino"),
        (256, "int8", "litert"), (192, "int8", "litert"),
    ]  # fmt: skip
    assert found[4].macs == found[0].macs


def test_the_sample_crops_hold_people():
    crops = bench_setup.sample_crops(192)
    assert crops.shape[1:] == (192, 192, 3)
    assert len(crops) >= 16
    assert crops.std(axis=(1, 2, 3)).min() > 10
