"""How much longer a job takes than ``posetune predict``, and what a second process is worth.

    python benchmarks/scale/speed.py PICTURES --pictures 700 --turns 2

Whole commands by the clock, in turns, on N and 2N pictures (links to those of PICTURES, over and over): the medians of each, and
between them the slope, which has no start in it. One thread a process. Wants an idle machine of two processors or more; about
two minutes a turn at 40 pictures a second.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from posetune.runtime.images import IMAGE_SUFFIXES

WAYS = ("predict", "job, one process", "job, two processes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, help="a folder of pictures, looked at again and again")
    parser.add_argument("--pictures", dest="count", type=int, default=700, help="N (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--model", default="full")
    parser.add_argument("--shard", type=int, default=50)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="speed-", dir=os.environ.get("TMPDIR")) as place:
        sizes = (args.count, 2 * args.count)
        folders = {n: linked(args.pictures, n, Path(place) / str(n)) for n in {10, *sizes}}
        for way in WAYS:  # modules compiled, files in memory
            once(way, folders[10], args, place)
        found: dict[tuple[str, int], list[tuple[float, float]]] = {(way, n): [] for way in WAYS for n in sizes}
        for turn in range(args.turns):
            for n, way in itertools.product(sizes, WAYS[turn % 3 :] + WAYS[: turn % 3]):
                found[way, n].append(once(way, folders[n], args, place))
                print(f"turn {turn + 1}: {way}, {n} pictures: {found[way, n][-1][0]:.2f} s", flush=True)
    report(found, sizes)


def report(found: dict[tuple[str, int], list[tuple[float, float]]], sizes: tuple[int, int]) -> None:
    """The medians, and what is asked for: with the start on the larger number of pictures, and without it."""
    few, many = sizes
    print(
        f"| | {few} pictures | {many} pictures | ms a picture between | processor s of {many} |\n|---|---|---|---|---|"
    )
    clock, slope, cpu = {}, {}, {}
    for way in WAYS:
        small, large = (statistics.median(t for t, _ in found[way, n]) for n in sizes)
        clock[way], slope[way] = large, (large - small) / (many - few)
        cpu[way] = statistics.median(c for _, c in found[way, many])
        print(f"| {way} | {small:.2f} s | {large:.2f} s | {1e3 * slope[way]:.2f} | {cpu[way]:.2f} |")
    predict, one, two = WAYS
    for name, value in ((f"{many} pictures, with start", clock), ("between", slope), ("processor seconds", cpu)):
        over = 100 * (value[one] / value[predict] - 1)
        print(f"{name}: job against predict {over:+.1f} %; two processes against one {value[one] / value[two]:.2f} ×")


def linked(pictures: Path, count: int, folder: Path) -> Path:
    """A folder of ``count`` links to the pictures."""
    folder.mkdir()
    names = sorted(p for p in pictures.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    for k, path in zip(range(count), itertools.cycle(names), strict=False):
        (folder / f"{k:06}{path.suffix}").symlink_to(path.resolve())
    return folder


def once(way: str, folder: Path, args: argparse.Namespace, place: str) -> tuple[float, float]:
    """(seconds by the clock, of processors) of a command and its processes."""
    out = Path(place) / "out"
    command = [sys.executable, "-m", "posetune"]
    if way == "predict":
        command += ["predict", str(folder), "--no-overlays", "--threads", "1"]
    else:
        command += ["job", "run", str(folder), "--shard", str(args.shard), "--processes", "1" if "one" in way else "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as where it is installed
    environment["PYTHONPYCACHEPREFIX"] = f"{place}/compiled"
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([*command, "--model", args.model, "--out", str(out)], capture_output=True, env=environment)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    assert done.returncode == 0, done.stderr.decode()
    shutil.rmtree(out)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
