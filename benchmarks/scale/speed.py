"""A job against ``posetune predict``, and two processes against one: seconds by the clock and of processors.

    python benchmarks/scale/speed.py PICTURES

Seconds of processors hold on a machine that others use as well; those by the clock want an idle one.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures")
    parser.add_argument("--model", default="full")
    parser.add_argument("--shard", type=int, default=100)
    args = parser.parse_args()
    pictures = ["predict", args.pictures, "--model", args.model, "--no-overlays", "--threads", "1"]
    job = ["job", "run", args.pictures, "--model", args.model, "--shard", str(args.shard)]
    with tempfile.TemporaryDirectory(prefix="speed-") as place:
        wall, cpu = measured([*pictures, "--out", f"{place}/predict"])
        one, cpu_one = measured([*job, "--out", f"{place}/one", "--processes", "1"])
        two, cpu_two = measured([*job, "--out", f"{place}/two", "--processes", "2"])
    print(f"predict {wall:.1f} s ({cpu:.1f} s of processors)")
    print(f"job, one process {one:.1f} s ({cpu_one:.1f}), two {two:.1f} s ({cpu_two:.1f})")
    print(
        f"two against one: {one / two:.2f} ×; overhead in processor seconds, with start and plan: {100 * (cpu_one / cpu - 1):.1f} %"
    )


def measured(words: list[str]) -> tuple[float, float]:
    """(seconds by the clock, of processors) of a command and its processes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-m", "posetune", *words], check=False, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu


if __name__ == "__main__":
    main()
