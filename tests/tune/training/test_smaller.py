import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.geometry import Crop
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.runtime.landmark_network import LandmarkNetwork
from posetune.tune.config import load_config
from posetune.tune.people.samples import Batch, Targets
from posetune.tune.training.losses import OUTPUTS, Prediction, gaussian_maps, refine
from posetune.tune.training.smaller import SmallerTrainer, at_size, shrunk


def batch(count=2):
    rng = np.random.default_rng(0)
    images = torch.tensor(rng.random((count, 3, 16, 16)), dtype=torch.float32)
    images = torch.nn.functional.interpolate(images, (256, 256), mode="bilinear")
    points = torch.tensor(rng.uniform(60, 200, (count, 33, 2)), dtype=torch.float32)
    nan = torch.full((count, 33), float("nan"))
    targets = Targets(points, torch.ones(count, 33), nan, nan[..., None].expand(-1, -1, 3))
    return Batch(images, targets, ("a", "b")[:count])


def test_an_answer_at_256_px_says_the_same_at_192():
    points = torch.tensor([[[101.3, 77.7], [180.2, 33.1]]])
    maps = torch.logit(gaussian_maps(points, 256, 64, 1.6).clamp(1e-6, 1 - 1e-6))
    answer = Prediction(
        torch.cat([points, torch.full((1, 2, 3), 8.0)], -1), torch.ones(1, 1), maps, torch.ones(1, 2, 3)
    )
    small = at_size(answer, 192)
    assert small.heatmap.shape == (1, 48, 48, 2)
    assert small.points[0, 0].tolist() == pytest.approx([101.3 * 0.75, 77.7 * 0.75, 6.0, 8.0, 8.0])
    refined, sure = refine(small.points[..., :2], small.heatmap, 192)
    assert bool(sure.all())
    assert (refined[0] / 0.75).flatten().tolist() == pytest.approx(points.flatten().tolist(), abs=2)
    same = at_size(answer, 256)
    torch.testing.assert_close(same.heatmap, answer.heatmap)


@pytest.fixture(scope="module")
def trainer():
    landmarks = stock.path("lite").read_bytes()
    config = load_config(None, {"data": "d", "out": "o", "base": "lite", "size": 192}, ["replay.sample_set=false"])
    return SmallerTrainer(landmarks, config, [batch().images], torch.device("cpu"))


def test_training_begins_at_the_resized_network_and_holds_to_the_large_one(trainer):
    images = batch().images
    begun = trainer.begin(images)
    ours, held = Prediction.of(trainer.network.finish(begun.values, OUTPUTS, trainer.stem)), begun.stock
    large = at_size(Prediction.of(Network(Graph(stock.path("lite").read_bytes()))(images, OUTPUTS)), 192)
    torch.testing.assert_close(held.points, large.points, atol=2e-2, rtol=1e-3)
    small = Prediction.of(trainer.stock(shrunk(images, 192), OUTPUTS))
    torch.testing.assert_close(ours.points[..., :2], small.points[..., :2], atol=0.2, rtol=1e-3)


def test_a_step_is_taken_and_the_file_takes_crops_of_192_px(trainer):
    before = [p.detach().clone() for p in trainer.parameters]
    parts = trainer.step(batch(), 10)
    assert np.isfinite(parts["loss"])
    assert any((a != b).any() for a, b in zip(before, trainer.parameters, strict=True))
    from posetune.graph.resize import resized

    small = Graph(resized(stock.path("lite").read_bytes(), 192))
    content = trainer.blended(1.0).write_to(small).to_bytes()
    network = LandmarkNetwork(content, threads=1)
    assert network.size == 192
    image = np.zeros((64, 64, 3), np.uint8)
    assert network(Crop(32, 32, 64).cut(image, 192)).points.shape == (39, 5)
