"""Workers killed at random: is every row there once, and is the result that of one process, to the bit?

    python benchmarks/scale/chaos.py PICTURES --kills 100 --all-kills 10
    python benchmarks/scale/chaos.py PICTURES --s3              (an emulator: moto)
    python benchmarks/scale/chaos.py PICTURES --ray --kills 10

Prints what was done twice, and fails where anything is not as planned.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from posetune import stock
from posetune.progress import Reporter
from posetune.scale import commit
from posetune.scale.job import Job, Options, network_of, read_job
from posetune.scale.merge import merge
from posetune.scale.open import store_of
from posetune.scale.plan import make_plan
from posetune.scale.store import Store
from posetune.scale.sweep import sweep
from posetune.scale.verify import verify
from posetune.scale.work import Settings, work

LEASE = 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--all-kills", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--shard", type=int, default=4)
    parser.add_argument("--segment", type=int, default=60, help="frames a part of a clip")
    parser.add_argument(
        "--pause", type=float, default=0.6, help="mean seconds from a unit's end, drawn for each kill, to the kill"
    )
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worker", nargs=2, metavar=("URL", "LOG"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(*args.worker)
    with tempfile.TemporaryDirectory(prefix="chaos-") as place:
        if args.s3:
            begin_s3()
        folder = "s3://chaos" if args.s3 else place
        log, alone = Path(place) / "looked", Path(place) / "looked-alone"
        expected = reference(f"{folder}/one", alone, args)
        store = planned(f"{folder}/many", args)
        log.touch()
        began = time.monotonic()
        kills = (with_ray if args.ray else with_kills)(store, log, args)
        report(store, expected, (log, alone), kills, time.monotonic() - began)


def worker(url: str, log: str) -> None:
    """A worker that writes a byte for every picture that it has looked at."""
    work(store_of(url), Settings(lease=LEASE, wait=0.3), counting(Path(log)))


def counting(log: Path) -> Reporter:
    """Writes a byte for every picture and frame looked at, those before a part of a clip as well."""
    handle, seen = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), 0

    def note(_: str, done: int, __: int | None) -> None:
        nonlocal seen
        os.write(handle, b"." * (done - seen))
        seen = done

    return Reporter(print, note)


def begin_s3() -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_REGION": "us-east-1"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], region_name="us-east-1").create_bucket(
        Bucket="chaos"
    )


def planned(url: str, args: argparse.Namespace) -> Store:
    store = store_of(url)
    networks = stock.resolve("lite")
    inputs = tuple(os.path.abspath(p) for p in args.pictures)
    make_plan(
        store, Job("predict", inputs, network_of(networks), Options(), args.shard, args.segment), networks=networks
    )
    return store


def digest(store: Store) -> list[str]:
    return [hashlib.sha256(store.get(name) or b"").hexdigest() for name in ("predictions.parquet", "predictions.json")]


def reference(url: str, log: Path, args: argparse.Namespace) -> list[str]:
    began = time.monotonic()
    store = planned(url, args)
    work(store, None, counting(log))
    merge(store)
    job = read_job(store)
    print(f"one process: {job.items} items in {job.units} units, {time.monotonic() - began:.1f} s", flush=True)
    return digest(store)


def with_kills(store: Store, log: Path, args: argparse.Namespace) -> str:
    rng = random.Random(args.seed)

    def start() -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, __file__, "-", "--worker", store.url, str(log)], stdout=subprocess.DEVNULL
        )

    workers = [start() for _ in range(args.workers)]
    one, everything = args.kills, args.all_kills
    units = read_job(store).units
    # Spread over the job, however fast this machine is: after so many units each, and a while that is drawn.
    after = sorted(rng.randrange(int(units * 0.95)) for _ in range(one + everything))
    while one + everything:
        while len(commit.done_units(store)) < after[-one - everything]:
            time.sleep(0.2)
        time.sleep(rng.expovariate(1 / args.pause))
        if rng.random() < everything / (one + everything):
            everything -= 1
            for process in workers:
                process.send_signal(signal.SIGKILL)
                process.wait()
            workers = [start() for _ in workers]
        else:
            one -= 1
            k = rng.randrange(len(workers))
            workers[k].send_signal(signal.SIGKILL)
            workers[k].wait()
            workers[k] = start()
    for process in workers:
        process.wait()
    return f"{args.kills - one} kills and {args.all_kills - everything} of all {args.workers}"


def with_ray(store: Store, _: Path, args: argparse.Namespace) -> str:
    rng = random.Random(args.seed)
    command = [sys.executable, "-m", "posetune", "job", "run", *args.pictures]
    command += [
        "--model",
        "lite",
        "--out",
        store.url,
        "--shard",
        str(args.shard),
        "--segment",
        "60",
        "--launcher",
        "ray",
    ]
    command += ["--processes", str(args.workers), "--lease", str(LEASE)]
    environment = {**os.environ, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    driver = subprocess.Popen(command, env=environment)
    killed = 0
    while killed < args.kills and driver.poll() is None:
        time.sleep(rng.expovariate(1 / args.pause))
        tasks = ray_workers()
        if tasks:
            os.kill(rng.choice(tasks), signal.SIGKILL)
            killed += 1
    driver.wait()
    return f"{killed} kills of Ray's workers"


def ray_workers() -> list[int]:
    """The processes in which Ray does our tasks."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if name.startswith(b"ray::") and b"unit" in name.lower():
                found.append(int(entry.name))
    return found


def report(store: Store, expected: list[str], logs: tuple[Path, Path], kills: str, seconds: float) -> None:
    verdict = verify(store)
    assert verdict.faults == (), verdict.faults
    merged = merge(store)
    assert digest(store) == expected, "not the bits of one process"
    swept = sweep(store)
    again = sweep(store)
    parts, done = list(commit.parts(store)), commit.done_units(store)
    assert len(parts) == len(done), "an orphan is left"
    assert (again.parts, again.leases, again.unfinished) == (0, 0, 0)
    looked, alone = (log.stat().st_size for log in logs)
    pictures = merged.pictures + merged.errors
    twice = f"looked at {looked}, one process at {alone} ({100 * (looked / alone - 1):.1f} % twice); " if looked else ""
    print(
        f"{kills} in {seconds:.0f} s: {verdict.units} units, {verdict.rows} rows, {pictures} pictures and frames as planned, each "
        f"once, equal to one process to the bit; {twice}swept {swept}; no orphan left"
    )


if __name__ == "__main__":
    main()
