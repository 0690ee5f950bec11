import numpy as np
import pytest
import torch

from posetune import stock
from posetune.backends.litert import Network as Lite
from posetune.data.dataset import load_dataset
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.runtime.detector import Detector
from posetune.tune.detector.batches import DetectorBatch
from posetune.tune.detector.config import load_detector_config
from posetune.tune.detector.samples import plain_sample
from posetune.tune.detector.scenes import scenes_of
from posetune.tune.detector.trainer import (
    DetectorTrainer,
    pixels_of,
    with_circle_scaled,
    with_fixed_box,
    with_score_bias,
)


@pytest.fixture(scope="module")
def graph():
    return Graph(stock.path("detector").read_bytes(), "stock")


@pytest.fixture(scope="module")
def samples(pictures):
    return [plain_sample(s, s.image.read()) for s in scenes_of(load_dataset(pictures, "train"))[:4]]


@pytest.fixture(scope="module")
def image(pictures):
    return load_dataset(pictures, "train").images[0].read()


def test_untrained_it_writes_back_byte_for_byte(graph):
    content = graph.to_bytes()
    assert Network(graph).write_to(Graph(content)).to_bytes() == content


def test_a_step_learns_and_leaves_unstored_weights_zero(graph, samples):
    config = load_detector_config(None, {"data": "x", "out": "y", "threads": 1, "steps": 8, "warmup": 0.0})
    trainer = DetectorTrainer(Graph(graph.to_bytes()), config, [pixels_of(samples)], torch.device("cpu"))
    batch = DetectorBatch.of(trainer.prepare(samples))
    losses = [trainer.step(batch, 1000)["loss"] for _ in range(4)]
    assert losses[-1] < losses[0]
    network = trainer.finished()
    base, half, whole = (
        n.get_submodule(trainer.trained[0]).weight for n in (trainer.stock, trainer.finished(0.5), network)
    )
    assert not torch.equal(base, whole)
    torch.testing.assert_close(half, (base + whole) / 2)
    # Writing refuses weights that the file has no place for.
    content = network.write_to(Graph(graph.to_bytes())).to_bytes()
    assert len(content) == len(graph.to_bytes())
    x = pixels_of(samples[:1])
    with torch.no_grad():
        network.set_fp16_rounding(True)
        ours = network(x)
    theirs = Lite(content, 1, "tuned").run(x[0].permute(1, 2, 0).numpy())
    np.testing.assert_allclose(ours[1][0].numpy(), theirs[1][0], atol=2e-2)


def test_the_fixed_box_changes_nobody(graph, image):
    fixed = with_fixed_box(Network(graph)).write_to(Graph(graph.to_bytes())).to_bytes()
    before, after = Detector(graph.to_bytes())(image), Detector(fixed)(image)
    assert len(before) == len(after) == 1
    np.testing.assert_allclose(after[0].points_px, before[0].points_px, atol=0.5)
    side = 44.75 / 224 * max(image.shape)
    np.testing.assert_allclose(after[0].box_px[2:], side, atol=0.1)


def test_the_circle_can_be_scaled(graph, image):
    scaled = with_circle_scaled(Network(graph), 0.8).write_to(Graph(graph.to_bytes())).to_bytes()
    (before,), (after,) = Detector(graph.to_bytes())(image), Detector(scaled)(image)
    assert after.crop.side / before.crop.side == pytest.approx(0.8, abs=0.01)
    np.testing.assert_allclose(after.points_px[0], before.points_px[0], atol=0.3)


def test_the_logits_can_be_raised(graph, image):
    surer = with_score_bias(Network(graph), 1.0).write_to(Graph(graph.to_bytes())).to_bytes()
    (before,), (after,) = Detector(graph.to_bytes())(image), Detector(surer)(image)
    logit = np.log(before.score / (1 - before.score))
    assert after.score == pytest.approx(1 / (1 + np.exp(-logit - 1)), abs=0.01)
