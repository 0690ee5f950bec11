"""How closely tracking agrees with MediaPipe's own PoseLandmarker in VIDEO mode, one person, frame by frame.

    python benchmarks/parity_video.py full CLIP [MORE …] [--limit 200] [--worst 5]

Prints mean, p95 and largest difference over all landmarks of all frames (image px), z, visibility and world beside;
exits with 1 if the mean is over 0.5 px, the p95 over 2 px, or only one of the two sees somebody in a frame.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from parity_mediapipe import bundle_for

import posetune
from posetune.errors import PosetuneError
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.track import Tracker
from posetune.runtime.video import Frame, VideoReader

GATE_MEAN_PX, GATE_P95_PX = 0.5, 2.0


@contextmanager
def mediapipe_video(task: Path) -> Iterator[Any]:
    """MediaPipe's PoseLandmarker in VIDEO mode with its defaults (one person, smoothed)."""
    import mediapipe as mp

    vision = mp.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(model_asset_path=str(task)), running_mode=vision.RunningMode.VIDEO
    )
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        yield landmarker


def compare(landmarker: Landmarker, reference: Any, frames: Iterable[Frame]) -> dict[str, Any]:
    """``frames`` through both. Returns ``differences`` by name, one array a frame in which both see somebody;
    ``numbers`` of those frames; ``disagreed``: numbers of frames in which only one does; ``frames``: how many.

    MediaPipe takes whole milliseconds, so both are given these.
    """
    import mediapipe as mp

    tracker = Tracker(landmarker, max_people=1)
    gaps: dict[str, list[np.ndarray]] = {}
    numbers, disagreed, count = [], [], 0
    for number, frame in enumerate(frames):
        count += 1
        milliseconds = round(frame.seconds * 1000)
        ours = tracker(frame.rgb, milliseconds / 1000)
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=frame.rgb)
        theirs = reference.detect_for_video(image, milliseconds)
        if bool(ours) != bool(theirs.pose_landmarks):
            disagreed.append(number)
        if not ours or not theirs.pose_landmarks:
            continue
        height, width = frame.rgb.shape[:2]
        points = np.array([[p.x * width, p.y * height, p.z * width, p.visibility] for p in theirs.pose_landmarks[0]])
        world = np.array([[p.x, p.y, p.z] for p in theirs.pose_world_landmarks[0]])
        numbers.append(number)
        for name, gap in {
            "x,y [image px]": np.linalg.norm(ours[0].landmarks_px[:, :2] - points[:, :2], axis=1),
            "z [image px]": np.abs(ours[0].landmarks_px[:, 2] - points[:, 2]),
            "visibility": np.abs(ours[0].visibility - points[:, 3]),
            "world [mm]": 1000 * np.linalg.norm(ours[0].world - world, axis=1),
        }.items():
            gaps.setdefault(name, []).append(gap)
    differences = {name: np.array(lists) for name, lists in gaps.items()}
    return {"differences": differences, "numbers": numbers, "disagreed": disagreed, "frames": count}


def agrees(result: dict[str, Any]) -> bool:
    """Whether a result of compare holds the gates."""
    if not result["numbers"] or result["disagreed"]:
        return False
    xy = result["differences"]["x,y [image px]"]
    return bool(xy.mean() <= GATE_MEAN_PX and np.percentile(xy, 95) <= GATE_P95_PX)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="lite, full, heavy, a run folder, .tflite or .task")
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, help="at most this many frames of a video")
    parser.add_argument("--worst", type=int, default=0, help="name this many of the worst frames")
    args = parser.parse_args()

    landmarker = posetune.load(args.model)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        task = bundle_for(args.model, Path(folder))
        for path in args.videos:
            with mediapipe_video(task) as reference:
                result = compare(landmarker, reference, islice(VideoReader(path).frames(), args.limit))
            fine = agrees(result)
            good &= fine
            print(
                f"{path.name}: {result['frames']} frames, somebody in {len(result['numbers'])}, seen by one only in "
                f"{len(result['disagreed'])} {result['disagreed'][:10] or ''}: {'agrees' if fine else 'DOES NOT AGREE'}"
            )
            for name, values in result["differences"].items():
                print(f"  {name:16}{values.mean():12.6f}{np.percentile(values, 95):12.6f}{values.max():12.6f}")
            if args.worst and result["numbers"]:
                worst = result["differences"]["x,y [image px]"].max(axis=1)
                for i in np.argsort(-worst)[: args.worst]:
                    print(f"    frame {result['numbers'][i]}: {worst[i]:.3f} px")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PosetuneError as error:
        sys.exit(f"parity_video: {error}")
