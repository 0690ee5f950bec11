"""What a corrector learns from."""

from __future__ import annotations

import types

import numpy as np

from posetune.runtime.corrector import FEATURES
from posetune.tune.methods.corrector.fit import (
    Material,
)

LANDMARKS = np.array([13, 14, 25])


def material(count: int = 160, seed: int = 0, groups: int = 6, learnable: bool = True) -> Material:
    """Answers of three kinds of pose whose labels lie where a linear rule says (or anywhere, without ``learnable``)."""
    random = np.random.default_rng(seed)
    poses = np.random.default_rng(99).normal(0, 1, (4, FEATURES))
    hidden = random.normal(0, 1, (count, 4))
    features = hidden @ poses + random.normal(0, 0.05, (count, FEATURES))
    rule = np.random.default_rng(98).normal(0, 0.05, (4, 6))
    targets = (hidden @ rule if learnable else random.normal(0, 0.1, (count, 6))) + np.tile([0.1, 0], 3)
    group = np.array([f"video {i % groups}" for i in range(count)], dtype=object)
    return Material(features, targets.reshape(-1, 3, 2), np.ones((count, 3)), np.full(count, 50.0), group)


def use_own_cache(monkeypatch, folder):
    """Answers go to a folder of the test's own; stock networks still come from where they are."""
    monkeypatch.setattr("posetune.data.answer_cache.cache", types.SimpleNamespace(folder=lambda: folder))
