"""Jitter on a still person, and lag in motion, for every smoothing.

    python benchmarks/bench_steady.py VIDEO [MORE …] [--model full] [--frames 130] [--at 0]

Still: frame ``--at`` of a video, shown 75 times, each time with fresh sensor noise (sigma 4 of 255) and JPEG (80). Jitter is
the mean of |p(t) − p(t−1)| ÷ torso over all points from frame 15 on (x, y, z apart; docs/lab/results/smoothing.md).
In motion: the first
``--frames`` frames as they are; the lag of z is the shift that brings the smoothed course nearest to the network's own,
smoothed without lag; the error is the rest, root mean square ÷ torso. "mediapipe" is MediaPipe's VIDEO mode bit for bit.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

import posetune
from posetune.geometry import torso_px
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.savgol import SavitzkyGolay
from posetune.runtime.smooth import PoseSmoother
from posetune.runtime.track import SMOOTHINGS, Tracker, next_crop
from posetune.runtime.video import Frame, VideoReader

_STILL, _SETTLED = 75, 15


def still(frame: np.ndarray) -> Iterable[Frame]:
    rng = np.random.default_rng(1)
    for i in range(_STILL):
        noisy = np.clip(frame + rng.normal(0, 4, frame.shape), 0, 255).astype(np.uint8)
        yield Frame(cv2.imdecode(cv2.imencode(".jpg", noisy, (cv2.IMWRITE_JPEG_QUALITY, 80))[1], 1), i / 30)


def followed(landmarker: posetune.Landmarker, frames: Iterable[Frame]) -> list[Tracked]:
    """The network's own poses of the first person, up to where the person is lost."""
    tracker = Tracker(landmarker, 1, None)
    out: list[Tracked] = []
    for i, frame in enumerate(frames):
        poses = tracker(frame.rgb, frame.seconds)
        if not poses:
            if len(out) > 2 * _SETTLED:
                break
            out.clear()
            continue
        out.append(Tracked(poses, frame.rgb[:1, :1], frame.seconds, i))
    return out


def smoothed(raw: list[Tracked], name: str) -> list[Pose]:
    if name == "offline":
        return [frame[0] for frame in SavitzkyGolay()(raw)]
    smoothing = SMOOTHINGS[name]
    if smoothing is None:
        return [frame[0] for frame in raw]
    smoother = PoseSmoother(smoothing)
    out = []
    for frame in raw:
        crop = next_crop(frame[0])
        assert crop is not None
        out.append(smoother(frame[0], frame.seconds + 1, crop.object_scale))
    return out


def lag_and_error(raw: list[Tracked], poses: list[Pose]) -> tuple[float, float]:
    """Milliseconds and px of z."""
    times = np.array([frame.seconds for frame in raw])
    truth = np.stack([pose.landmarks_px[:, 2] for pose in smoothed(raw, "offline")])
    course = np.stack([pose.landmarks_px[:, 2] for pose in poses])[_SETTLED:]
    shifts = np.arange(0, 0.3, 0.005)
    errors = []
    for shift in shifts:
        late = np.stack([np.interp(times - shift, times, column) for column in truth.T], axis=1)[_SETTLED:]
        errors.append(float(np.sqrt(((course - late) ** 2).mean())))
    best = int(np.argmin(errors))
    return 1000 * float(shifts[best]), errors[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--model", default="full")
    parser.add_argument("--frames", type=int, default=130)
    parser.add_argument("--at", type=int, default=0)
    args = parser.parse_args()
    landmarker = posetune.load(args.model)
    for path in args.videos:
        frame = next(itertools.islice(VideoReader(path), args.at, None))
        quiet = followed(landmarker, still(frame))
        moving = followed(landmarker, itertools.islice(VideoReader(path).frames(), args.frames))
        if len(quiet) <= 2 * _SETTLED or len(moving) <= 2 * _SETTLED:
            print(f"{path.name}: nobody is followed long enough")
            continue
        torso = float(np.median([torso_px(f[0].landmarks_px, np.ones(33, bool)) for f in quiet]))
        print(f"{path.name}: {len(quiet)} still frames, {len(moving)} in motion")
        for name in SMOOTHINGS:
            points = np.stack([pose.landmarks_px for pose in smoothed(quiet, name)])
            x, y, z = np.abs(np.diff(points[_SETTLED:], axis=0)).mean(axis=(0, 1)) / torso
            lag, error = lag_and_error(moving, smoothed(moving, name))
            print(f"  {name:10} jitter x {x:.4f} y {y:.4f} z {z:.4f} · z lag {lag:3.0f} ms, error {error / torso:.4f}")


if __name__ == "__main__":
    main()
