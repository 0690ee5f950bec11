"""One person at one time, as the coach looks at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.runtime.pose import Pose


@dataclass(frozen=True)
class Sample:
    """One person at one time. ``points``: (33, 2) image px; ``visibility``: (33,) 0…1; ``world``: (33, 3) metres."""

    time_s: float
    points: np.ndarray
    visibility: np.ndarray
    world: np.ndarray

    @classmethod
    def of(cls, pose: Pose, time_s: float) -> Sample:
        return cls(time_s, pose.landmarks_px[:, :2].astype(np.float64), pose.visibility, pose.world)
