"""How long a job takes on many workers, by simulation: units of uneven length, requests to the store, machines taken away.

    python benchmarks/scale/simulate.py

Nothing is run. What it stands on: pictures a second of a worker, seconds a request, how uneven units are, how often a worker is
killed; all can be given.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000_000)
    parser.add_argument("--rate", type=float, default=40.0, help="pictures a second of one core")
    parser.add_argument("--spread", type=float, default=0.3, help="sd of the logarithm of a unit's length")
    parser.add_argument("--request", type=float, default=0.03, help="seconds")
    parser.add_argument("--requests", type=int, default=10, help="a unit")
    parser.add_argument("--start", type=float, default=10.0, help="seconds until a worker works")
    parser.add_argument("--kills", type=float, default=0.1, help="a worker and hour")
    parser.add_argument("--lease", type=float, default=60.0)
    args = parser.parse_args()
    print("| workers | shard 500 | shard 2000 | shard 10000 |")
    print("|---|---|---|---|")
    for workers in (1, 10, 50, 200, 1000):
        cells = [makespan(args, workers, shard) for shard in (500, 2000, 10_000)]
        ideal = args.pictures / args.rate / workers
        print(f"| {workers} | " + " | ".join(f"{t / 60:.0f} min ({100 * ideal / t:.0f} %)" for t in cells) + " |")


def makespan(args: argparse.Namespace, workers: int, shard: int) -> float:
    """Seconds until the last unit is done."""
    rng = random.Random(0)
    mean = shard / args.rate
    lengths = [
        mean * rng.lognormvariate(-(args.spread**2) / 2, args.spread) for _ in range(math.ceil(args.pictures / shard))
    ]
    waiting = [(0.0, k) for k in range(len(lengths))]  # when it can be taken, which
    heapq.heapify(waiting)
    free = [(args.start * rng.uniform(0.5, 1.5), w) for w in range(workers)]
    heapq.heapify(free)
    ended = 0.0
    while waiting:
        now, worker = heapq.heappop(free)
        since, unit = heapq.heappop(waiting)
        begun = max(now, since) + args.requests * args.request
        killed = rng.expovariate(args.kills / 3600) if args.kills else math.inf
        if killed < lengths[unit]:
            heapq.heappush(waiting, (begun + killed + args.lease, unit))
            heapq.heappush(free, (begun + killed + 60 + args.start, worker))  # another machine comes in a minute
        else:
            heapq.heappush(free, (begun + lengths[unit], worker))
            ended = max(ended, begun + lengths[unit])
    return ended


if __name__ == "__main__":
    main()
