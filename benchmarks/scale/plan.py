"""A plan of millions of pictures, and how long ``status`` takes when half of it is done.

python benchmarks/scale/plan.py --rows 10000000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from posetune.scale.folder import Folder
from posetune.scale.job import Job, Network, Options
from posetune.scale.lease import take
from posetune.scale.plan import Units, make_plan
from posetune.scale.status import status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--shard", type=int, default=2000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plan-") as place:
        listed = Path(place) / "list.txt"
        with listed.open("w") as out:
            out.writelines(f"s3://bucket/photos/{n // 1000:06}/{n:09}.jpg\n" for n in range(args.rows))
        store = Folder(Path(place) / "job")
        began = time.monotonic()
        job = make_plan(store, Job("predict", (str(listed),), Network("none", {}), Options(), args.shard, 3600))
        seconds, peak = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = sum(entry.size for entry in store.list("plan")) / 1e6
        print(
            f"{job.items} items in {job.units} units: {seconds:.0f} s, {peak:.0f} MB at the most, plan of {size:.0f} MB"
        )
        last = Units(store, job)[job.units - 1]
        assert last[-1].uri.endswith(f"{args.rows - 1:09}.jpg")
        (store.path / "done").mkdir()
        for number in range(job.units // 2):
            (store.path / f"done/{number:08}.json").write_text(" " * 200)
        for number in range(job.units // 2, min(job.units, job.units // 2 + 200)):
            take(store, f"{number:08}", f"worker-{number}")
        began = time.monotonic()
        found = status(store)
        print(
            f"status: {time.monotonic() - began:.2f} s, {found.done} of {found.units} done, {found.at_work} at work, "
            f"{found.seconds_left:.1f} s left"
        )


if __name__ == "__main__":
    main()
