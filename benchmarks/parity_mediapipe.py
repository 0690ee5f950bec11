"""How closely posetune's runtime agrees with MediaPipe's own PoseLandmarker (IMAGE mode), on any images.

    python benchmarks/parity_mediapipe.py full PHOTOS [MORE …] [--people 5] [--limit 40] [--scale 0.5]

Poses are paired by the smallest mean distance. Prints mean, p95 and largest difference over the landmarks;
exits with 1 if the mean is over 0.1 px, the p95 over 0.5 px, or the number of people differs on an image.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import posetune
from posetune.errors import PosetuneError
from posetune.runtime.images import IMAGE_SUFFIXES, read_image
from posetune.runtime.pose import Pose

GATE_MEAN_PX, GATE_P95_PX = 0.1, 0.5


def bundle_for(model: str, folder: Path) -> Path:
    """``model`` as a .task file: itself, or packed into ``folder``."""
    if Path(model).suffix == ".task":
        return Path(model)
    from posetune import stock
    from posetune.graph import bundle, metadata
    from posetune.graph.flatbuffer import Graph

    networks = stock.resolve(model)
    graph = Graph.read(networks.landmarks)
    if metadata.read(graph) is None:
        metadata.write(graph, metadata.Metadata(inputs=(metadata.LANDMARKS_NORMALIZATION,)))
    task = folder / "model.task"
    task.write_bytes(bundle.pack(graph.to_bytes(), networks.detector))
    return task


@contextmanager
def mediapipe_landmarker(task: Path, people: int) -> Iterator[Any]:
    """MediaPipe's PoseLandmarker in IMAGE mode with its default thresholds."""
    import mediapipe as mp

    vision = mp.tasks.vision
    options = vision.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(model_asset_path=str(task)), num_poses=people
    )
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        yield landmarker


def mediapipe_poses(landmarker: Any, rgb: np.ndarray) -> list[dict[str, np.ndarray]]:
    """MediaPipe's people in ``rgb``: landmarks_px (33, 3), visibility, presence (33,), world (33, 3)."""
    import mediapipe as mp

    result = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb))
    height, width = rgb.shape[:2]
    return [
        {
            "landmarks_px": np.array([[p.x * width, p.y * height, p.z * width] for p in points]),
            "visibility": np.array([p.visibility for p in points]),
            "presence": np.array([p.presence for p in points]),
            "world": np.array([[p.x, p.y, p.z] for p in world]),
        }
        for points, world in zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
    ]


def differences(ours: list[Pose], theirs: list[dict[str, np.ndarray]]) -> Iterator[dict[str, np.ndarray]]:
    """Pair people by the smallest mean distance and give what differs, one entry a pair."""
    gap = {
        (i, j): float(np.linalg.norm(a.landmarks_px[:, :2] - b["landmarks_px"][:, :2], axis=1).mean())
        for (i, a), (j, b) in itertools.product(enumerate(ours), enumerate(theirs))
    }
    while gap:
        i, j = min(gap, key=gap.__getitem__)
        a, b = ours[i], theirs[j]
        yield {
            "x,y [image px]": np.linalg.norm(a.landmarks_px[:, :2] - b["landmarks_px"][:, :2], axis=1),
            "z [image px]": np.abs(a.landmarks_px[:, 2] - b["landmarks_px"][:, 2]),
            "visibility": np.abs(a.visibility - b["visibility"]),
            "presence": np.abs(a.presence - b["presence"]),
            "world [mm]": 1000 * np.linalg.norm(a.world - b["world"], axis=1),
        }
        gap = {key: value for key, value in gap.items() if i not in key[:1] and j not in key[1:]}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="lite, full, heavy, a run folder, .tflite or .task")
    parser.add_argument("images", nargs="+", type=Path, help="image files or folders")
    parser.add_argument("--people", type=int, default=1, help="num_poses (default 1)")
    parser.add_argument("--limit", type=int, help="at most this many images a folder, evenly spread")
    parser.add_argument("--scale", type=float, default=1.0, help="resize the images first")
    parser.add_argument("--worst", type=int, default=0, help="name this many of the worst images")
    args = parser.parse_args()

    gathered: dict[str, list[np.ndarray]] = {}
    worst: list[tuple[float, str]] = []
    counts = {"images": 0, "found by posetune": 0, "found by MediaPipe": 0, "images where that differs": 0}
    landmarker = posetune.load(args.model)
    with tempfile.TemporaryDirectory() as folder:
        task = bundle_for(args.model, Path(folder))
        with mediapipe_landmarker(task, args.people) as reference:
            for path in image_paths(args.images, args.limit):
                rgb = read_image(path)
                if args.scale != 1:
                    rgb = cv2.resize(rgb, None, fx=args.scale, fy=args.scale, interpolation=cv2.INTER_AREA)
                ours, theirs = landmarker.predict(rgb, args.people), mediapipe_poses(reference, rgb)
                counts["images"] += 1
                counts["found by posetune"] += len(ours)
                counts["found by MediaPipe"] += len(theirs)
                counts["images where that differs"] += len(ours) != len(theirs)
                for pair in differences(ours, theirs):
                    for name, values in pair.items():
                        gathered.setdefault(name, []).append(values)
                    worst.append((float(pair["x,y [image px]"].max()), path.name))
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))
    if not gathered:
        print("nobody was found: nothing to compare")
        return 1
    print(f"{'':16}{'mean':>10}{'p95':>10}{'max':>10}")
    for name, lists in gathered.items():
        values = np.concatenate(lists)
        print(f"{name:16}{values.mean():10.4f}{np.percentile(values, 95):10.4f}{values.max():10.4f}")
    for gap, name in sorted(worst, reverse=True)[: args.worst]:
        print(f"  {gap:8.3f} px  {name}")
    xy = np.concatenate(gathered["x,y [image px]"])
    agrees = xy.mean() <= GATE_MEAN_PX and np.percentile(xy, 95) <= GATE_P95_PX
    agrees &= counts["images where that differs"] == 0
    print("agrees" if agrees else "DOES NOT AGREE")
    return 0 if agrees else 1


def image_paths(given: list[Path], limit: int | None) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            files = sorted(p for p in path.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
            step = max(1, len(files) // limit) if limit else 1
            yield from files[::step][:limit]
        else:
            yield path


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PosetuneError as error:
        sys.exit(f"parity_mediapipe: {error}")
