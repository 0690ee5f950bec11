from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.graph.flatbuffer import Graph
from posetune.progress import Reporter
from posetune.tune.config import load_config
from posetune.tune.people.collect import Material
from posetune.tune.training import blend
from posetune.tune.training.blend import Choice, choose
from posetune.tune.training.losses import OUTPUTS, Prediction
from posetune.tune.training.trainer import Trainer

CPU = torch.device("cpu")


class Shares:
    """Stands for a trainer: a network is known by its share of the tuned weights alone, stock's is 0."""

    stock, pool, device = 0.0, None, CPU
    reference = stock

    def use(self, weights):
        self.used = weights

    def blended(self, share):
        return share


def chosen(monkeypatch, *settings, ordinary, domain, val=("v",) * 3, learnt_from=400, trainer=None):
    """What is chosen where ``ordinary(share, bias)`` and ``domain(share, bias)`` are the errors."""
    monkeypatch.setattr(blend, "ordinary_subjects", lambda: ["o"])
    monkeypatch.setattr(blend, "in_torch", lambda share, device, biases: (share, biases))

    def measured(asked, people, *_):
        share, biases = asked
        errors = [(ordinary if people[0] == "o" else domain)(share, b) for b in biases]
        return SimpleNamespace(mean_px=np.array(errors))

    monkeypatch.setattr(blend, "measured", measured)
    trainer, said = trainer or Shares(), []
    trainer.config = load_config(None, {"data": "d", "out": "o"}, settings)
    session = SimpleNamespace(report=Reporter(said.append), say=said.append, cache=None)
    result = choose(session, trainer, "weights", Material(["t"] * learnt_from, list(val), []))
    assert trainer.used == "weights"
    return result, said


def test_as_much_is_kept_as_ordinary_people_allow(monkeypatch):
    result, said = chosen(monkeypatch, ordinary=lambda s, b: 10 + s * 0.15, domain=lambda s, b: 8)
    assert result.share == 0.6
    assert "+0.9%" in said[-1]
    harmless, _ = chosen(monkeypatch, ordinary=lambda s, b: 10 - s, domain=lambda s, b: 8)
    assert harmless.share == 0.9
    hopeless, _ = chosen(monkeypatch, ordinary=lambda s, b: 10 + 9 * s, domain=lambda s, b: 8)
    assert hopeless.share == 0.5


def test_more_may_be_lost_where_more_is_gained(monkeypatch):
    def kept(gain, people=90):
        result, _ = chosen(
            monkeypatch,
            ordinary=lambda s, b: 10 + 0.4 * s,
            domain=lambda s, b: 8 * (1 - gain * s),
            val=("v",) * people,
        )
        return result.share

    assert kept(0.2) == 0.9  # 3.6 % lost, 18 % gained
    assert kept(0.15) == 0.5  # every share would lose more than a quarter of its gain
    assert kept(0.2, people=4) == 0.5  # four people are no proof of a gain


def test_less_is_kept_where_validation_itself_asks_for_less(monkeypatch):
    def best_at(share):
        result, _ = chosen(monkeypatch, ordinary=lambda s, b: 10, domain=lambda s, b: 8 + (s - share) ** 2)
        return result.share

    assert (best_at(1.0), best_at(0.7), best_at(0.2)) == (0.9, 0.7, 0.5)
    # Ordinary people allow 0.8 and less; of these validation likes 0.8 best.
    strict, _ = chosen(monkeypatch, ordinary=lambda s, b: 10 + 0.12 * s, domain=lambda s, b: 8 + (s - 1) ** 2)
    assert strict.share == 0.8


def test_all_is_kept_where_there_is_nothing_to_go_back_to(monkeypatch):
    resized = Shares()
    resized.reference = "the network of 256 px"
    result, _ = chosen(monkeypatch, ordinary=lambda s, b: 10 - s, domain=lambda s, b: 8, trainer=resized)
    assert result.share == 1.0


@pytest.mark.parametrize(("people", "share"), [(2, 0.5), (10, 0.5), (26, 0.7), (45, 0.8), (300, 0.9)])
def test_few_people_do_not_get_the_whole_share(monkeypatch, people, share):
    result, _ = chosen(monkeypatch, ordinary=lambda s, b: 10, domain=lambda s, b: 8, learnt_from=people)
    assert result.share == share


def test_the_bias_serves_both_kinds_of_people(monkeypatch):
    result, said = chosen(
        monkeypatch, ordinary=lambda s, b: 10 + (b - 0.5) ** 2, domain=lambda s, b: 10 + (b - 1.0) ** 2
    )
    assert result == Choice(0.9, 0.75)
    assert said[0].startswith("Heatmap logits raised by 0.75")


def test_the_bias_is_the_middle_one_where_several_are_as_good(monkeypatch):
    # Hardly anything between 0.25 and 0.75, and chance would have it that 0.25 is the least.
    flat, _ = chosen(
        monkeypatch, ordinary=lambda s, b: 10, domain=lambda s, b: 8 + 0.002 * b + 2 * max(0.0, abs(b - 0.5) - 0.25)
    )
    assert flat.heatmap_bias == 0.5


def test_what_the_configuration_fixes_is_not_chosen(monkeypatch):
    fixed, said = chosen(monkeypatch, "blend=0.3", "heatmap_bias=0.5", ordinary=None, domain=None)
    assert (fixed, said) == (Choice(0.3, 0.5), [])
    share, _ = chosen(monkeypatch, "blend=0.3", ordinary=lambda s, b: 10 - b, domain=lambda s, b: 8)
    assert share == Choice(0.3, 1.5)
    nobody, _ = chosen(monkeypatch, ordinary=lambda s, b: 10 - b, domain=None, val=())
    assert nobody == Choice(0.9, 0.0)


def test_the_bias_is_in_the_network_and_the_auxiliary_points_keep_their_maps():
    config = load_config(None, {"data": "d", "out": "o", "base": "lite"}, ["replay.sample_set=false"])
    images = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    trainer = Trainer(Graph(stock.path("lite").read_bytes()), config, [images], CPU)
    with torch.no_grad():
        plain = Prediction.of(trainer.blended(0.0)(images, OUTPUTS))
        raised = Prediction.of(trainer.blended(0.0, 0.75)(images, OUTPUTS))
    difference = raised.heatmap - plain.heatmap
    torch.testing.assert_close(difference[..., :33], torch.full_like(difference[..., :33], 0.75), atol=5e-2, rtol=0)
    torch.testing.assert_close(raised.heatmap[..., 33:], plain.heatmap[..., 33:])
    torch.testing.assert_close(raised.points, plain.points)
