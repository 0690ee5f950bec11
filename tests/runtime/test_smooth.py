"""Smoothing: MediaPipe's filter as a plain loop says it, stillness without lag, and polynomials left alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.savgol import SavitzkyGolay
from posetune.runtime.smooth import MEDIAPIPE, STEADY, OneEuro, OneEuroFilter, PoseSmoother, Smoothing

FPS = 30


def pose(points: np.ndarray, identity: int | None = 1) -> Pose:
    return Pose(
        landmarks_px=points.astype(np.float32),
        visibility=np.full(33, 0.8, np.float32),
        presence=np.ones(33, np.float32),
        world=(points / 300).astype(np.float32),
        score=1.0,
        auxiliary_px=np.zeros((2, 3), np.float32),
        crop=Crop(0, 0, 700),
        id=identity,
    )


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


def noisy(frames: int, move: float, noise: float) -> np.ndarray:
    """(frames, 33, 3) px: z swings by ``move`` with 1 Hz, and everything shakes."""
    rng = np.random.default_rng(2)
    still = rng.uniform(0, 500, (33, 3))
    points = np.repeat(still[None], frames, 0) + rng.normal(0, noise, (frames, 33, 3))
    points[:, :, 2] += move * np.sin(2 * np.pi * np.arange(frames) / FPS)[:, None]
    return points


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
