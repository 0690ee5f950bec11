"""How long `posetune serve` takes until /readyz says yes, and what it takes of memory: the median of five, caches warm.

python benchmarks/serve/ready.py --model full
"""

from __future__ import annotations

import argparse
import statistics
import time

from served import memory_mb, serving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="full")
    parser.add_argument("--times", type=int, default=5)
    args = parser.parse_args()
    seconds = []
    for number in range(args.times + 1):  # the first warms the caches
        began = time.perf_counter()
        with serving("--model", args.model) as server:
            took = time.perf_counter() - began
            memory = memory_mb(server.pid)
        if number:
            seconds.append(took)
            print(
                f"ready after {took:.2f} s; server {memory[0]:.0f} MB, workers {memory[1]:.0f} MB together", flush=True
            )
    print(f"median {statistics.median(seconds):.2f} s of {args.times}")


if __name__ == "__main__":
    main()
