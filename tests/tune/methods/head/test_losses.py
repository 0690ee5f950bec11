"""Losses of a head."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from posetune.tune.methods.head.losses import HeadOutput, head_counted, head_losses
from posetune.tune.people.samples import Targets
from posetune.tune.training.losses import LossConfig


def test_a_perfect_answer_costs_nothing_and_mirrors():
    size, target = 256, torch.tensor([[[40.0, 60.0], [200.0, 100.0]]])
    weight, visible, nowhere = torch.ones(1, 2), torch.full((1, 2), torch.nan), torch.full((1, 2, 3), torch.nan)
    exact = HeadOutput(points=torch.cat([target, torch.zeros(1, 2, 1)], -1))
    off = HeadOutput(points=torch.cat([target + 20, torch.zeros(1, 2, 1)], -1))
    cost = [
        sum(head_losses(a, Targets(target, weight, visible, nowhere), size, LossConfig()).values())
        for a in (exact, off)
    ]
    assert cost[0] < 1e-3 < cost[1]
    far = target.clone()
    far[0, 0] = -500  # a label outside the crop teaches no map
    maps = HeadOutput(maps=torch.zeros(1, 64, 64, 2))
    parts = head_losses(maps, Targets(far, weight, visible, nowhere), size, LossConfig())
    assert all(torch.isfinite(v) for v in parts.values())


def test_pieces_weighed_by_what_is_counted_are_the_whole():
    g = torch.Generator().manual_seed(1)

    def answer(take):
        return HeadOutput(points[take], maps[take], columns[take], columns[take])

    points, maps = torch.rand(4, 5, 3, generator=g) * 256, torch.randn(4, 64, 64, 5, generator=g)
    columns = torch.randn(4, 64, 5, generator=g)
    target = torch.rand(4, 5, 2, generator=g) * 300 - 20  # some of them outside
    weight, visible = torch.rand(4, 5, generator=g), torch.where(torch.rand(4, 5, generator=g) < 0.5, 1.0, torch.nan)
    weight[::2, 1:] = 0
    targets = Targets(target, weight, visible, torch.full((4, 5, 3), torch.nan))
    whole, total = head_losses(answer(slice(None)), targets, 256, LossConfig()), head_counted(targets, 256)
    assert set(whole) <= set(total)
    found = dict.fromkeys(whole, 0.0)
    for k in range(2):
        own = targets.apply(lambda t, k=k: t[k::2])
        counts = head_counted(own, 256)
        for name, value in head_losses(answer(slice(k, None, 2)), own, 256, LossConfig()).items():
            found[name] += float(value * counts[name] / total[name])
    assert found == pytest.approx({k: float(v) for k, v in whole.items()}, rel=1e-4)
