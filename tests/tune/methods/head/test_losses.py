"""Losses of a head."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from posetune.tune.methods.head.losses import HeadOutput, head_losses
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
