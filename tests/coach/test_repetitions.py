from __future__ import annotations

import math

import numpy as np
import pytest

from posetune.coach.exercise import Signal
from posetune.coach.repetitions import Counter, Moved

DOWN = Signal("hip_height", 0.7, 0.85)


def run(values: list[tuple[float, float]], signal: Signal = DOWN) -> list[Moved]:
    counter = Counter(signal)
    return [moved for t, v in values if (moved := counter.see(t, v))]


def waves(count: int, fps: float = 30, low: float = 0.4, noise: float = 0.0) -> list[tuple[float, float]]:
    rng = np.random.default_rng(0)
    t = np.arange(0, count * 2 + 1, 1 / fps)
    value = np.where(t < count * 2, low + (0.95 - low) * (0.5 + 0.5 * np.cos(np.pi * t)), 0.95)
    return list(zip(t.tolist(), (value + rng.normal(0, noise, len(t))).tolist(), strict=True))


@pytest.mark.parametrize("fps", [10, 15, 30, 120])
def test_each_wave_counts_once_at_any_rate(fps: float):
    assert len(run(waves(5, fps))) == 5


def test_noise_does_not_count_twice():
    assert len(run(waves(5, noise=0.04))) == 5


def test_trembling_at_one_threshold_counts_nothing():
    t = np.arange(0, 10, 1 / 30)
    assert not run(list(zip(t.tolist(), (0.7 + 0.05 * np.sin(40 * t)).tolist(), strict=True)))


def test_what_never_came_up_or_began_unseen_is_not_counted_unless_it_may():
    half = [(t, v) for t, v in waves(1) if t >= 1.0]
    assert not run(half)
    assert len(run(half, Signal("hip_height", 0.7, 0.85, begun="any"))) == 1


def test_the_extremum_is_where_it_was():
    (moved,) = run(waves(1))
    assert moved.extremum_s == pytest.approx(1.0, abs=0.15)
    assert moved.extremum == pytest.approx(0.4, abs=0.05)
    assert moved.start_s < 0.7 < 1.3 < moved.end_s


def test_upwards():
    values = [(t, -v) for t, v in waves(3)]
    assert len(run(values, Signal("wrist_over_shoulder", -0.7, -0.85))) == 3


def test_gaps_and_nan_survive_and_pauses_do_not_time_out():
    values = [(t, math.nan if 0.9 < t < 1.2 else v) for t, v in waves(2)]
    assert len(run(values)) == 2
    paused = [(t if t < 1 else t + 30, v) for t, v in waves(1)]
    still = [(t / 10, 0.4) for t in range(10, 310)]
    assert len(run([p for p in paused if p[0] < 1] + still + [p for p in paused if p[0] > 31])) == 1


def test_who_was_away_begins_anew():
    values = [(t if t < 1 else t + 5, v) for t, v in waves(1)]
    assert not run(values)
