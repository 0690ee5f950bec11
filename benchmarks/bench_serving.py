"""What landmarkers for several callers cost: memory, time to load, and images a second when four threads ask at once.

    python benchmarks/bench_serving.py photo.jpg --models lite,full,heavy --sizes 1,2,4

Each line is measured in a process of its own. "shared" is one Landmarker that all four threads use.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import posetune

CALLERS = 4


def resident_mb() -> float:
    """Of this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def measure(model: str, size: int, threads: int, image: str, count: int) -> str:
    """One line. ``size`` 0: one Landmarker, shared."""
    rgb = posetune.read_image(image)
    before, begun = resident_mb(), time.perf_counter()
    landmarkers = (
        posetune.LandmarkerPool(model, size, threads=threads) if size else posetune.load(model, threads=threads)
    )
    loaded = time.perf_counter() - begun
    with landmarkers, ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(landmarkers.predict, [rgb] * 2 * CALLERS))
        memory, begun = resident_mb() - before, time.perf_counter()
        list(callers.map(landmarkers.predict, [rgb] * count))
        rate = count / (time.perf_counter() - begun)
    what = f"pool of {size}" if size else "shared"
    return f"{model:6} {what:9} {threads} thread(s) each: {memory:4.0f} MB, {loaded * 1000:4.0f} ms to load, {rate:5.1f} images/s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("--models", default="lite,full,heavy")
    parser.add_argument("--sizes", default="1,2,4")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        model, size, threads = args.one
        print(measure(model, int(size), int(threads), args.image, args.count), flush=True)
        return
    for model in args.models.split(","):
        for size, threads in [("0", "1"), ("0", "2"), *((size, "1") for size in args.sizes.split(","))]:
            command = [sys.executable, __file__, args.image, "--count", str(args.count), "--one", model, size, threads]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
