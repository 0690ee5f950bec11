"""How much overlapping on threads gains: images a second of `posetune predict` against plain loops and MediaPipe.

    python benchmarks/bench_pipeline.py FOLDER [--model full] [--limit 60] [--rounds 3] [--mediapipe] [--no-overlays]
        [--backend openvino]

Every system reads the same images from the disk in turn, several rounds; medians of images a second, and ratios, are
printed. "plain loop" reads, predicts, draws and writes one image after the other: once as the networks are published (with
the segmentation branch) on one thread, once as posetune runs them with all threads in one interpreter. MediaPipe's loop
(IMAGE mode) reads and predicts only.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from parity_mediapipe import bundle_for, image_paths, mediapipe_landmarker, mediapipe_poses

from posetune.backends.base import default_threads
from posetune.errors import PosetuneError
from posetune.progress import to_terminal
from posetune.runtime.batch import Batch, Options, write_jpeg
from posetune.runtime.draw import draw_poses
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import load
from posetune.runtime.records import writing_records


def plain_loop(landmarker: Landmarker, paths: list[Path], out: Path, overlays: bool) -> None:
    for path in paths:
        rgb = read_image(path)
        poses = landmarker.predict(rgb)
        if overlays:
            write_jpeg(out / f"{path.stem}.jpg", draw_poses(rgb, poses))


def overlapped(options: Options, paths: list[Path], out: Path) -> None:
    with (
        writing_records(out / "predictions.json", out / "predictions.csv") as records,
        to_terminal().counting("images") as progress,
    ):
        Batch(options, out, records, progress).run([(path, path.name) for path in paths])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="full")
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mediapipe", action="store_true")
    parser.add_argument("--no-overlays", action="store_true")
    parser.add_argument("--backend", help="posetune predict under this backend as well")
    args = parser.parse_args()
    paths = list(image_paths([args.folder], args.limit))
    overlays = not args.no_overlays
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        whole = load(args.model, threads=1, segmentation=True)
        trimmed = load(args.model)
        options = Options(model=args.model, overlays=overlays)
        systems: dict[str, Callable[[], None]] = {
            "plain loop, network as published, 1 thread": lambda: plain_loop(whole, paths, out, overlays),
            f"plain loop, posetune's network, {default_threads()} threads": lambda: plain_loop(
                trimmed, paths, out, overlays
            ),
            "posetune predict": lambda: overlapped(options, paths, out),
        }
        if args.backend:
            other = Options(model=args.model, overlays=overlays, backend=args.backend)
            systems[f"posetune predict --backend {args.backend}"] = lambda: overlapped(other, paths, out)
        if args.mediapipe:
            task = bundle_for(args.model, out)

            def mediapipe_loop() -> None:
                with mediapipe_landmarker(task, options.max_people) as reference:
                    for path in paths:
                        mediapipe_poses(reference, read_image(path))

            systems["MediaPipe, IMAGE mode"] = mediapipe_loop
        seconds: dict[str, list[float]] = {name: [] for name in systems}
        for _ in range(args.rounds):
            for name, run in systems.items():
                begun = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - begun)
    ours = statistics.median(seconds["posetune predict"])
    print(f"{len(paths)} images, {args.rounds} rounds, {args.model}, {default_threads()} processors")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:52}{len(paths) / median:8.1f} images/s   posetune predict is {median / ours:.2f} × that")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PosetuneError as error:
        sys.exit(f"bench_pipeline: {error}")
