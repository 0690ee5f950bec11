"""Smoothing without lag, for files: every point from the frames before and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from posetune.errors import PosetuneError
from posetune.runtime.pose import Pose, Tracked


@dataclass(frozen=True)
class SavitzkyGolay:
    """A polynomial of ``order`` through the ``reach`` seconds (at most ``frames`` frames) before and after each frame.

    With evenly timed frames this is the filter of Savitzky and Golay (Anal. Chem. 36, 1964). The default lets movements
    up to about 5 Hz pass at 30 frames a second.
    """

    reach: float = 0.17
    order: int = 3
    frames: int = 7

    def __post_init__(self) -> None:
        if not (0 < self.reach < 60 and self.order >= 0 and self.frames >= 1):
            raise PosetuneError(
                "Savitzky–Golay: reach must lie between 0 and 60 s, order be at least 0 and frames at least 1, not "
                f"{self.reach}, {self.order} and {self.frames}."
            )

    def __call__(self, tracked: Iterable[Tracked]) -> Iterator[Tracked]:
        """The frames of ``tracked`` with smoothed ``landmarks_px``, ``world`` and ``visibility``, ``reach`` later.

        Holds no more than ``frames`` images and twice as many frames' poses at a time.
        """
        past: deque[_Instant] = deque(maxlen=self.frames)
        waiting: deque[Tracked] = deque()
        for newest in tracked:
            waiting.append(newest)
            while len(waiting) > self.frames or newest.seconds - waiting[0].seconds > self.reach:
                yield self._next(past, waiting)
        while waiting:
            yield self._next(past, waiting)

    def _next(self, past: deque[_Instant], waiting: deque[Tracked]) -> Tracked:
        frame = waiting[0]
        around = [*past, *(_instant(one) for one in waiting)]
        around = [one for one in around if abs(one.seconds - frame.seconds) <= self.reach]
        smoothed = [self._smoothed(pose, frame.seconds, around) for pose in frame]
        past.append(_instant(frame))
        waiting.popleft()
        return Tracked(smoothed, frame.rgb, frame.seconds, frame.frame)

    def _smoothed(self, pose: Pose, now: float, around: list[_Instant]) -> Pose:
        seen = [(one.seconds, one.poses[pose.id]) for one in around if pose.id in one.poses]
        weights = _weights(np.array([seconds - now for seconds, _ in seen]), self.order)

        def at(name: str) -> np.ndarray:
            values = np.stack([getattr(other, name) for _, other in seen])
            return np.tensordot(weights, values, 1).astype(np.float32)

        return replace(
            pose,
            landmarks_px=at("landmarks_px"),
            world=at("world"),
            visibility=at("visibility").clip(0, 1),
        )


@dataclass(frozen=True, eq=False)
class _Instant:
    seconds: float
    poses: dict[int | None, Pose]


def _instant(frame: Tracked) -> _Instant:
    return _Instant(frame.seconds, {pose.id: pose for pose in frame})


def _weights(seconds: np.ndarray, order: int) -> np.ndarray:
    """(n,): what each of n samples adds to the fitted polynomial at time 0. Few samples get a lower order, so that the
    ends of a track are smoothed as well.
    """
    order = min(order, (len(seconds) - 1) // 2)
    scale = np.abs(seconds).max() or 1.0
    return np.linalg.pinv(np.vander(seconds / scale, order + 1, increasing=True))[0]
