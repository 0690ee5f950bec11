import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.graph.flatbuffer import Graph
from posetune.tune.config import load_config
from posetune.tune.people.samples import Batch, Targets
from posetune.tune.training.division import Division
from posetune.tune.training.trainer import Trainer, merged


@pytest.fixture
def trainer():
    images = torch.rand(2, 3, 256, 256, generator=torch.Generator().manual_seed(1))
    config = load_config(None, {"data": "d", "out": "o", "base": "lite"}, ["trainable=head", "threads=2", "ema=0.9"])
    return Trainer(Graph(stock.path("lite").read_bytes()), config, [images], torch.device("cpu"))


def batch(count=2):
    g = torch.Generator().manual_seed(2)
    unknown = torch.full((count, 33), math.nan)
    points = torch.rand(count, 33, 2, generator=torch.Generator().manual_seed(3)) * 256
    targets = Targets(points, torch.ones(count, 33), unknown, unknown[..., None].expand(count, 33, 3))
    return Batch(torch.rand(count, 3, 256, 256, generator=g), targets, ("a",) * count)


def test_weights_folded_once_give_the_gradients_of_weights_folded_in_every_layer(trainer):
    begun = trainer.begin(batch().images)
    with trainer._folded_once() as leaves:
        parts, gradients = trainer._gradients(batch(), begun, leaves)
    ours = list(trainer._unfold(gradients))
    loss = torch.stack(list(trainer.parts(batch(), begun).values())).sum()
    assert parts["loss"] == pytest.approx(float(loss.detach()), rel=1e-5)
    wanted = torch.autograd.grad(loss, trainer.parameters, allow_unused=True)
    assert len(ours) == len(wanted)
    moved = 0
    for mine, theirs in zip(ours, wanted, strict=True):
        assert (mine is None) == (theirs is None)
        if mine is not None:
            torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5 * float(theirs.abs().max()) + 1e-9)
            moved += 1
    assert moved > 10
    assert all(module.given is None for _, module in trainer.modules())


def test_between_stock_and_tuned_layers_go_by_what_they_read(trainer):
    for _ in range(3):
        trainer.step(batch(), 3)
    g = torch.Generator().manual_seed(5)
    crops = torch.rand(2, 3, 256, 256, generator=g)

    def answer(share):
        with torch.no_grad():
            return trainer.blended(share)(crops, (0,))[0]

    ends, line = (answer(0.0), answer(1.0)), answer(0.5)
    trainer.weigh([crops], [torch.zeros_like(crops)])
    assert torch.equal(answer(0.0), ends[0])
    assert torch.equal(answer(1.0), ends[1])
    # These crops are the user's own here: nearer to the tuned answer than half-way.
    assert (answer(0.5) - ends[1]).abs().mean() < 0.9 * (line - ends[1]).abs().mean()


def test_groups_of_one_unit_become_one(trainer):
    a, b, c = (torch.zeros(n) for n in (1, 2, 3))
    groups = merged([{"params": [a], "unit": 0.1}, {"params": [b], "unit": 0.5}, {"params": [c], "unit": 0.5}])
    assert [(g["unit"], [len(p) for p in g["params"]]) for g in groups] == [(0.1, [1]), (0.5, [2, 3])]
    held = [p for g in trainer.optimizer.param_groups for p in g["params"]]
    assert {id(p) for p in held} == {id(p) for p in trainer.parameters}
    assert len(held) == len(trainer.parameters)


def test_the_trapezoid_rises_stays_and_falls_to_nothing(trainer):
    shares = []
    for trainer.steps_done in range(101):
        shares.append(trainer.schedule(100))
    assert shares[0] == pytest.approx(0.2)  # five steps of warm-up
    assert shares[4:70] == pytest.approx([1.0] * 66)
    assert shares[85] == pytest.approx(0.5)
    assert shares[100] == 0.0


def test_a_young_average_covers_a_third_of_the_run(trainer):
    start = [a.clone() for a in trainer.average]
    trainer.step(batch(), 100)
    moved = [p.detach() - s for p, s in zip(trainer.parameters, start, strict=True)]
    for average, before, change in zip(trainer.average, start, moved, strict=True):
        torch.testing.assert_close(average, before + 0.75 * change)  # 3 of 4 parts of the newest after one step


def test_a_second_visit_has_the_loss_that_new_crops_of_the_same_pixels_have(trainer):
    trainer.config = replace(trainer.config, lr=0.0)
    seen = batch(4)
    first = trainer.step(seen, 100)
    assert sorted(trainer.begun[seen]) == [0, 1]  # one part per thread
    assert trainer.step(seen, 100) == pytest.approx(first, rel=1e-6)
    assert trainer.step(batch(4), 100) == pytest.approx(first, rel=1e-6)


def test_a_revisited_batch_costs_no_second_beginning(trainer, monkeypatch):
    seen = batch(4)
    trainer.step(seen, 100)
    monkeypatch.setattr(trainer, "begin", lambda images: pytest.fail("begun again"))
    trainer.step(seen, 100)


@pytest.mark.parametrize(
    ("count", "sizes"), [(2, [2]), (8, [4, 4]), (16, [8, 8]), (20, [5, 5, 5, 5]), (33, [6, 6, 6, 5, 5, 5])]
)
def test_no_thread_holds_more_than_a_few_crops_at_once(trainer, count, sizes):
    whole = batch(count)
    named = replace(whole, names=tuple(map(str, range(count))))
    parts = trainer._shards(named)
    assert [len(part.names) for part in parts] == sizes
    assert sorted((name for part in parts for name in part.names), key=int) == list(named.names)
    assert [len(part.images) for part in parts] == sizes


def test_pieces_of_a_batch_weigh_as_their_labels_do(trainer):
    """Where processes share what one would not divide, the gradient is that of the whole batch, whoever has the labels."""
    whole = batch(4)
    whole.targets.weight[::2, 5:] = 0
    whole.targets.visible[3] = 1

    def gradients(part, weights):
        with trainer._folded_once() as leaves:
            parts, found = trainer._gradients(part, trainer.begin(part.images), leaves, weights)
        return parts, torch.cat([g.flatten() for g in found if g is not None])

    parts, wanted = gradients(whole, {})
    trainer.config = replace(trainer.config, batch=4)
    pieces = [whole.part(k, 2) for k in range(2)]
    counts = [[float(n) for n in trainer.counted(piece).values()] for piece in pieces]
    trainer.ranks = SimpleNamespace(rows=lambda mine: counts)
    found = []
    for k, piece in enumerate(pieces):
        trainer.division = Division.of(1, k, 2)
        found.append(gradients(piece, trainer._weights(piece)))
    for name, value in parts.items():
        assert sum(f[0][name] for f in found) / 2 == pytest.approx(value, rel=1e-4, abs=1e-6), name
    assert float((sum(f[1] for f in found) / 2 - wanted).norm() / wanted.norm()) < 1e-4
