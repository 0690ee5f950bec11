"""Offline smoothing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.motion import FPS, noisy, pose

from posetune.runtime.pose import Tracked
from posetune.runtime.savgol import SavitzkyGolay


def tracks(points: np.ndarray, times: np.ndarray) -> list[Tracked]:
    image = np.zeros((2, 2, 3), np.uint8)
    return [Tracked([pose(p)], image, float(t), i) for i, (p, t) in enumerate(zip(points, times, strict=True))]


def test_offline_smoothing_leaves_cubics_alone_at_uneven_times_and_halves_noise():
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.02, 0.05, 40))
    cubic = (times**3 - 4 * times**2 + times)[:, None, None] * rng.uniform(50, 100, (33, 3)) + 200
    out = list(SavitzkyGolay()(tracks(cubic, times)))
    assert [frame.frame for frame in out] == list(range(40))
    inner = slice(5, -5)
    got = np.stack([frame[0].landmarks_px for frame in out])
    assert np.abs(got - cubic)[inner].max() < 0.01
    noise = noisy(60, 0, 5)
    got = np.stack([frame[0].landmarks_px for frame in SavitzkyGolay()(tracks(noise, np.arange(60) / FPS))])
    assert got[inner].std(axis=0).mean() < 0.65 * noise[inner].std(axis=0).mean()


def test_offline_smoothing_holds_few_frames():
    taken = 0

    def source():
        nonlocal taken
        for frame in tracks(noisy(100, 0, 1), np.arange(100) / 200):
            taken += 1
            yield frame

    for done, _ in enumerate(SavitzkyGolay()(source())):
        assert taken - done <= 9


def test_offline_smoothing_does_not_mix_people():
    image = np.zeros((2, 2, 3), np.uint8)
    a, b = np.full((33, 3), 100.0), np.full((33, 3), 300.0)
    frames = [Tracked([pose(a, 1), pose(b, 2)][:: 1 if i % 2 else -1], image, i / 30, i) for i in range(20)]
    for frame in SavitzkyGolay()(frames):
        for one in frame:
            assert one.landmarks_px == pytest.approx(a if one.id == 1 else b)
