"""A new head on the stock backbone: one file, computed alike by LiteRT and torch, the stock outputs untouched."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.heads import SKELETON

from posetune import stock
from posetune.backends.litert import Network
from posetune.errors import PosetuneError
from posetune.graph import points
from posetune.graph.build_head import with_head
from posetune.graph.flatbuffer import Graph
from posetune.graph.points import HEADS, OwnPoints
from posetune.landmarks import INDEX


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(3).random((256, 256, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def stock_answer(lite, image) -> list[np.ndarray]:
    return Network(lite, 1).run(image)


@pytest.mark.parametrize("head", HEADS)
def test_the_stock_outputs_stay_and_torch_computes_the_same(head, lite, image, stock_answer):
    torch = pytest.importorskip("torch")
    from posetune.graph.torch.network import Network as Trainable

    graph = with_head(lite, OwnPoints(SKELETON, head, "lite"), warm=False, seed=4)
    answer = Network(graph.to_bytes(), 1).run(image)
    for mine, theirs in zip(answer[:4], [stock_answer[i] for i in (0, 1, 3, 4)], strict=True):
        assert (mine == theirs).all()
    assert len(answer) == 4 + len(points.HEAD_OUTPUTS[head])
    network = Trainable(graph)
    there = {name for name, _ in Trainable(Graph(lite)).convolutions()}
    for name, module in network.convolutions():  # fresh heads are all zeros behind: let every layer speak
        if name not in there:
            torch.nn.init.normal_(module.weight, std=0.05)
    content = network.write_to(graph).to_bytes()
    answer = Network(content, 1).run(image)
    with torch.no_grad():
        network.set_fp16_rounding(True)
        computed = network(torch.from_numpy(image).permute(2, 0, 1)[None])
    for mine, theirs in zip(computed[4:], answer[4:], strict=True):
        assert np.abs(mine.numpy() - theirs).max() < 5e-3
        assert theirs.std() > 0


def test_a_warm_head_begins_where_stock_is(lite, image, stock_answer):
    graph = with_head(lite, OwnPoints(SKELETON, "both", "lite"), warm=True)
    answer = Network(graph.to_bytes(), 1).run(image)
    points_stock, maps_stock = stock_answer[0].reshape(39, 5), stock_answer[3]
    mine = answer[4].reshape(5, 3)
    for position, name in ((1, "right_hip"), (2, "left_hip")):
        assert np.allclose(mine[position], points_stock[INDEX[name]][[0, 1, 3]], atol=1e-2)
        assert np.allclose(answer[5][..., position], maps_stock[..., INDEX[name]], atol=1e-3)
    assert mine[0, :2].tolist() == [128, 128]  # nothing is known of the others yet


def test_float32_weights_if_asked(lite):
    half = with_head(lite, OwnPoints(SKELETON, "pool", "lite"))
    whole = with_head(lite, OwnPoints(SKELETON, "pool", "lite"), half=False)
    assert len(whole.to_bytes()) > len(half.to_bytes()) + 100_000


def test_the_segmentation_branch_is_gone(lite):
    graph = with_head(lite, OwnPoints(SKELETON, "regression", "lite"))
    assert all(output.shape[-1] != 1 or len(output.shape) == 2 for output in graph.outputs)
    assert len(graph.operators) < len(Graph(lite).operators)
    assert len(graph.to_bytes()) < len(lite) + 30_000


def test_only_a_landmark_network_can_carry_a_head():
    detector = stock.path("detector").read_bytes()
    with pytest.raises(PosetuneError, match="no landmark network"):
        with_head(detector, OwnPoints(SKELETON, "both", "detector"))
