"""Whom MediaPipe itself finds with each of several bundles: does an int8 network find as many people as its float form?

    python benchmarks/found_mediapipe.py FLOAT INT8 [MORE …] --on PHOTOS CLIP.mp4 … [--people 1] [--limit 100]

Every MODEL is what parity_mediapipe.py takes. Images are looked at in IMAGE mode, videos in VIDEO mode. Prints, for every
model and source, in how many images or frames somebody is found, how many people in all, and the median distance of the
landmarks to the first model's where each finds one person (image px). Exits with 1 if a model finds fewer people than the first.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from parity_mediapipe import bundle_for, image_paths, mediapipe_landmarker, mediapipe_poses
from parity_video import mediapipe_video

from posetune.errors import PosetuneError
from posetune.runtime.images import read_image
from posetune.runtime.media import VIDEO_SUFFIXES
from posetune.runtime.video import VideoReader


def found(task: Path, source: Path, people: int, limit: int | None) -> Iterator[list[np.ndarray]]:
    """The (33, 2) image px of everybody that MediaPipe finds, image by image or frame by frame."""
    if source.suffix.lower() not in VIDEO_SUFFIXES:
        with mediapipe_landmarker(task, people) as landmarker:
            for path in image_paths([source], limit):
                yield [pose["landmarks_px"][:, :2] for pose in mediapipe_poses(landmarker, read_image(path))]
        return
    import mediapipe as mp

    with mediapipe_video(task) as landmarker:
        for frame in islice(VideoReader(source).frames(), limit):
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=frame.rgb)
            result = landmarker.detect_for_video(image, round(frame.seconds * 1000))
            size = frame.rgb.shape[1::-1]
            yield [np.array([[p.x, p.y] for p in pose]) * size for pose in result.pose_landmarks]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--on", nargs="+", type=Path, required=True, metavar="SOURCE", help="folders, images, videos")
    parser.add_argument("--people", type=int, default=1, help="num_poses in images (default 1)")
    parser.add_argument("--limit", type=int, help="at most this many images or frames of a source")
    args = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        tasks = []
        for number, model in enumerate(args.models):
            (Path(folder) / str(number)).mkdir()
            tasks.append(bundle_for(model, Path(folder) / str(number)))
        for source in args.on:
            first: list[list[np.ndarray]] = []
            for model, task in zip(args.models, tasks, strict=True):
                poses = list(found(task, source, args.people, args.limit))
                first = first or poses
                apart = [
                    np.linalg.norm(a[0] - b[0], axis=1).mean()
                    for a, b in zip(first, poses, strict=True)
                    if len(a) == len(b) == 1
                ]
                count, least = sum(map(len, poses)), sum(map(len, first))
                good &= count >= least
                print(
                    f"{source.name:24} {model:40} somebody in {sum(map(bool, poses))} of {len(poses)}, {count} people, "
                    f"{np.median(apart) if apart else float('nan'):.2f} px from the first"
                )
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PosetuneError as error:
        sys.exit(f"found_mediapipe: {error}")
