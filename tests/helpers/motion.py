"""Points that move and shake, as poses."""

from __future__ import annotations

import numpy as np

from posetune.geometry import Crop
from posetune.runtime.pose import Pose

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


def noisy(frames: int, move: float, noise: float) -> np.ndarray:
    """(frames, 33, 3) px: z swings by ``move`` with 1 Hz, and everything shakes."""
    rng = np.random.default_rng(2)
    still = rng.uniform(0, 500, (33, 3))
    points = np.repeat(still[None], frames, 0) + rng.normal(0, noise, (frames, 33, 3))
    points[:, :, 2] += move * np.sin(2 * np.pi * np.arange(frames) / FPS)[:, None]
    return points
