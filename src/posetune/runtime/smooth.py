"""Steadier points over time: MediaPipe's One-Euro filter as it stands, and a variant that is stiller in depth.

One-Euro (Casiez, Roussel and Vogel, CHI 2012) is a low pass whose cutoff rises with the speed: still points are held, moving
ones followed. Constants and arithmetic are those of MediaPipe Tasks' PoseLandmarker in VIDEO mode
(mediapipe/tasks/cc/vision/pose_landmarker/pose_landmarks_detector_graph.cc, mediapipe/util/filtering/one_euro_filter.cc).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from posetune.errors import PosetuneError
from posetune.runtime.pose import Pose

#: Frames a second that the filter assumes until it has seen two times (MediaPipe's default).
_FIRST_FREQUENCY = 30.0
#: A person whose circle is smaller than this, px, is not smoothed (MediaPipe's min_allowed_object_scale).
_MIN_SCALE = 1e-6
#: Over how long the noise of a speed is averaged, seconds.
_MEMORY = 0.5


@dataclass(frozen=True)
class OneEuro:
    """The constants of a One-Euro filter.

    ``min_cutoff``: Hz, for a point at rest; lower is stiller. ``beta``: how fast the cutoff rises with the speed; higher
    lags less. ``derivate_cutoff``: Hz, of the low pass on the speed. ``dead_zone``: speeds below this (in the unit of
    the speed) do not raise the cutoff; ``noise`` times the mean deviation of the speed, over half a second, widens the dead
    zone. Both are 0 in MediaPipe's filter.
    """

    min_cutoff: float
    beta: float
    derivate_cutoff: float = 1.0
    dead_zone: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name in ("min_cutoff", "derivate_cutoff"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise PosetuneError(f"One-Euro: {name} must be above 0 Hz, not {getattr(self, name)}.")
        for name in ("beta", "dead_zone", "noise"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise PosetuneError(f"One-Euro: {name} must be at least 0, not {getattr(self, name)}.")


@dataclass(frozen=True)
class Smoothing:
    """How the poses of one person are smoothed. The defaults are MediaPipe's (VIDEO mode, one person).

    ``image`` filters x, y of ``landmarks_px``, with speeds in sides of the person's crop a second; ``depth`` their z,
    None for the same as ``image``; ``world`` and ``world_depth`` filter ``world``, speeds in m/s; ``visibility`` is the
    share of the new value in the running mean of ``visibility``, 0…1.
    """

    image: OneEuro = OneEuro(0.05, 80.0)
    depth: OneEuro | None = None
    world: OneEuro = OneEuro(0.1, 40.0)
    world_depth: OneEuro | None = None
    visibility: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.visibility <= 1:
            raise PosetuneError(f"Smoothing: visibility must lie above 0 and at most at 1, not {self.visibility}.")


#: What MediaPipe does in VIDEO mode with one person.
MEDIAPIPE = Smoothing()
#: A third to two thirds of MediaPipe's jitter in depth on a still person (docs/lab/results/smoothing.md). Depth is
#: the noisiest of the three by far: what is slower than its own noise is held, what is faster followed more closely.
STEADY = Smoothing(depth=OneEuro(0.05, 640.0, 5.0, 0.2, 0.4), world_depth=OneEuro(0.1, 320.0, 5.0, 0.5, 0.4))


class OneEuroFilter:
    """One-Euro over an array of independent values, in MediaPipe's arithmetic (32 bit state)."""

    def __init__(self, constants: OneEuro) -> None:
        self._constants = constants
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._time_us: int | None = None
        self._frequency = _FIRST_FREQUENCY
        self._steps = 0
        self._raw: np.ndarray | None = None
        self._smoothed = self._speed = self._deviation = np.zeros(0, np.float32)

    def __call__(self, values: np.ndarray, time_us: int, scale: float = 1.0) -> np.ndarray:
        """The next values, float32 of any shape, at ``time_us`` (microseconds); speeds are multiplied by ``scale``.

        Where the time has not gone forward the values come back as they are; the step from a time of 0 counts as one
        at 30 frames a second: both are MediaPipe's way.
        """
        values = np.asarray(values, np.float32)
        if self._time_us is not None and self._time_us >= time_us:
            return values
        if self._time_us:
            self._frequency = 1e6 / (time_us - self._time_us)
        self._time_us = time_us
        if self._raw is None:
            self._raw = self._smoothed = values
            self._speed = self._deviation = np.zeros_like(values)
            return values
        speed = ((values.astype(np.float64) - self._raw) * scale * self._frequency).astype(np.float32)
        dead_zone: np.ndarray | float = self._constants.dead_zone
        if self._constants.noise:
            self._steps += 1  # at first the plain mean of what was seen
            share = np.asarray(max(1 / (1 + self._frequency * _MEMORY), 1 / self._steps), np.float32)
            self._deviation = _mixed(np.abs(speed - self._speed), self._deviation, share)
            dead_zone = dead_zone + self._constants.noise * self._deviation
        self._speed = _mixed(speed, self._speed, self._alpha(self._constants.derivate_cutoff))
        excess = np.maximum(np.abs(self._speed.astype(np.float64)) - dead_zone, 0)
        cutoff = self._constants.min_cutoff + self._constants.beta * excess
        self._raw, self._smoothed = values, _mixed(values, self._smoothed, self._alpha(cutoff))
        return self._smoothed

    def _alpha(self, cutoff: np.ndarray | float) -> np.ndarray:
        """The share of the new value in a first-order low pass of ``cutoff`` Hz."""
        return np.asarray(1 / (1 + self._frequency / (2 * math.pi * cutoff)), np.float32)


def _mixed(new: np.ndarray, old: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return (alpha * new + (1.0 - alpha.astype(np.float64)) * old).astype(np.float32)


class PoseSmoother:
    """Smooths the poses of one person, one after the other."""

    def __init__(self, smoothing: Smoothing) -> None:
        self._image = OneEuroFilter(smoothing.image)
        self._depth = OneEuroFilter(smoothing.depth or smoothing.image)
        self._world = OneEuroFilter(smoothing.world)
        self._world_depth = OneEuroFilter(smoothing.world_depth or smoothing.world)
        self._share = np.float32(smoothing.visibility)
        self._visibility: np.ndarray | None = None

    def lost(self) -> None:
        """The person was not seen in a frame: image points start anew. World points and visibility go on, as in
        MediaPipe, whose filters of these see no frame without a person.
        """
        self._image.reset()
        self._depth.reset()

    def __call__(self, pose: Pose, seconds: float, side: float) -> Pose:
        """``pose`` with smoothed ``landmarks_px``, ``world`` and ``visibility``; the rest stays.

        ``side``: of the person's next crop, image px.
        """
        time_us = round(seconds * 1e6)
        points = pose.landmarks_px
        if side >= _MIN_SCALE:
            scale = float(np.float32(1) / np.float32(side))
            xy = self._image(points[:, :2], time_us, scale)
            z = self._depth(points[:, 2:], time_us, scale)
            points = np.concatenate([xy, z], axis=1)
        if self._visibility is None:
            self._visibility = pose.visibility
        else:
            self._visibility = _mixed(pose.visibility, self._visibility, np.asarray(self._share))
        across, depth = self._world(pose.world[:, :2], time_us), self._world_depth(pose.world[:, 2:], time_us)
        world = np.concatenate([across, depth], axis=1)
        return replace(pose, landmarks_px=points, world=world, visibility=self._visibility)
