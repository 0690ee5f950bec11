"""Smoothing: MediaPipe's filter as a plain loop says it, stillness without lag, and polynomials left alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.helpers.motion import FPS, noisy, pose

from posetune.errors import PosetuneError
from posetune.runtime.savgol import SavitzkyGolay
from posetune.runtime.smooth import MEDIAPIPE, STEADY, OneEuro, OneEuroFilter, PoseSmoother, Smoothing


def test_one_euro_is_the_published_filter():
    rng = np.random.default_rng(1)
    values, times = rng.normal(0, 5, 20).cumsum(), np.cumsum(rng.uniform(0.02, 0.06, 20))
    constants = OneEuro(0.05, 80.0, 1.0)
    smooth = OneEuroFilter(constants)
    got = [smooth(np.array([v], np.float32), round(t * 1e6), 1 / 700)[0] for v, t in zip(values, times, strict=True)]

    def alpha(cutoff: float, rate: float) -> float:
        return 1 / (1 + rate / (2 * math.pi * cutoff))

    state, speed = values[0], 0.0
    expected = [state]
    for i in range(1, 20):
        rate = 1 / (times[i] - times[i - 1])
        a = alpha(constants.derivate_cutoff, rate)
        speed = a * (values[i] - values[i - 1]) / 700 * rate + (1 - a) * speed
        a = alpha(constants.min_cutoff + constants.beta * abs(speed), rate)
        state = a * values[i] + (1 - a) * state
        expected.append(state)
    assert got == pytest.approx(expected, abs=2e-4)


def test_time_that_stands_still_changes_nothing():
    smooth = OneEuroFilter(OneEuro(0.05, 80))
    smooth(np.array([1.0]), 1000)
    assert smooth(np.array([5.0]), 1000) == 5
    assert smooth(np.array([5.0]), 500) == 5
    assert 1 < smooth(np.array([5.0]), 40_000)[0] < 5


def smoothed(points: np.ndarray, smoothing: Smoothing) -> np.ndarray:
    smoother = PoseSmoother(smoothing)
    poses = [smoother(pose(p), (i + 1) / FPS, 700.0) for i, p in enumerate(points)]
    return np.stack([p.landmarks_px for p in poses])


def jitter(points: np.ndarray) -> np.ndarray:
    return np.abs(np.diff(points[20:], axis=0)).mean(axis=(0, 1))


def test_steady_halves_the_jitter_in_depth_and_leaves_the_rest():
    still = noisy(90, 0, 10)
    ours, theirs = jitter(smoothed(still, STEADY)), jitter(smoothed(still, MEDIAPIPE))
    assert ours[2] < 0.5 * theirs[2]
    assert ours[:2] == pytest.approx(theirs[:2])


def test_steady_lags_no_more_in_motion():
    def lag(points: np.ndarray) -> float:
        """Frames by which a swing of 1 Hz in z comes late."""
        z = points[30:, :, 2].mean(axis=1)
        wave = np.exp(-2j * np.pi * np.arange(len(z)) / FPS)
        return float(-np.angle((z - z.mean()) @ wave * 1j) / (2 * np.pi) * FPS)

    moving = noisy(120, 250, 0)
    assert lag(smoothed(moving, STEADY)) <= lag(smoothed(moving, MEDIAPIPE)) + 0.05
    assert lag(smoothed(moving, MEDIAPIPE)) > 0


def test_lost_forgets_image_points_and_keeps_visibility():
    smoother = PoseSmoother(MEDIAPIPE)
    points = noisy(2, 0, 0)
    smoother(pose(points[0]), 1.0, 700.0)
    smoother.lost()
    again = smoother(pose(points[1] + 50), 1.1, 700.0)
    assert again.landmarks_px == pytest.approx(points[1] + 50, abs=1e-3)


def test_constants_that_make_no_sense_are_one_sentence():
    for wrong in (lambda: OneEuro(0, 1), lambda: OneEuro(1, -1), lambda: Smoothing(visibility=0)):
        with pytest.raises(PosetuneError) as caught:
            wrong()
        assert "\n" not in str(caught.value)
    with pytest.raises(PosetuneError, match="reach"):
        SavitzkyGolay(reach=0)
