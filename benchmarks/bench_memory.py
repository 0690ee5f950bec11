"""Does memory stay flat over a long video? Runs `posetune predict` on one and samples the memory of its process.

    python benchmarks/bench_memory.py [--minutes 12] [--fps 30] [--model lite] [--video CLIP.mp4] [--no-overlays]

The video is a clip (by default a camera that moves over one picture of the sample set) played forth and back until it is as
long as asked for. Printed: resident memory at every tenth of the way, and its slope by least
squares over the second half, in MB an hour of video. Linux only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posetune.measure.bench_setup import sample_clip
from posetune.runtime.images import read_image
from posetune.runtime.video import VideoReader
from posetune.runtime.video_writer import writing_video


def long_video(frames: Sequence[np.ndarray], minutes: float, fps: int, path: Path) -> int:
    """Write the frames forth and back; returns how many."""
    turn = [*frames, *frames[-2:0:-1]]
    count = round(minutes * 60 * fps)
    height, width = frames[0].shape[:2]
    with writing_video(path, fps, width, height) as video:
        for k in range(count):
            video.write(turn[k % len(turn)])
    return count


def resident_mb(process: int) -> float | None:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS:")), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--fps", type=int, default=30, help="frames a second of the video (default: %(default)s)")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--no-overlays", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="posetune-memory-") as folder:
        if args.video:
            frames = [frame for frame, _ in zip(VideoReader(args.video), range(150), strict=False)]
        else:
            frames = [read_image(path)[::2, ::2].copy() for path in sample_clip(Path(folder) / "clip")]
        video = Path(folder) / "long.mp4"
        count = long_video(frames, args.minutes, args.fps, video)
        print(f"{count} frames of {frames[0].shape[1]}×{frames[0].shape[0]}, {args.minutes:g} minutes, {args.model}")
        command = [sys.executable, "-m", "posetune", "predict", str(video), "--model", args.model]
        command += ["--out", str(Path(folder) / "out"), *(["--no-overlays"] if args.no_overlays else [])]
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        samples: list[tuple[float, float]] = []
        while process.poll() is None:
            memory = resident_mb(process.pid)
            if memory is not None:
                samples.append((time.monotonic() - begun, memory))
            time.sleep(0.5)
        seconds = time.monotonic() - begun
    if process.returncode:
        print(f"posetune predict ended with exit code {process.returncode}")
        return 1
    times, memory_mb = np.array(samples).T
    share = times / seconds
    for tenth in range(1, 11):
        print(f"{tenth * 10:4} %  {np.interp(tenth / 10, share, memory_mb):7.1f} MB")
    half = share >= 0.5
    slope = np.polyfit(share[half] * args.minutes / 60, memory_mb[half], 1)[0]
    print(f"slope over the second half: {slope:+.1f} MB an hour of video; {count / seconds:.0f} frames a second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
