"""64 clients ask while 20 promotions and 20 rollbacks happen: no request may fail, each answer must be that of the network it
names.

    python benchmarks/learning/swaps.py [--clients 64] [--swaps 20] [--servers 2]

Two servers in this process follow one registry in a folder. Each change is awaited on both; how long that takes is printed, and the
memory of all workers before and after.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
from tests.helpers.figures import draw_person, room
from tests.helpers.server import RunningServer, running

from posetune import stock
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry


def resident(servers: list[RunningServer]) -> float:
    """MB of all workers."""
    pages = 0
    for server in servers:
        for pid in server.services.pool.pids:
            with contextlib.suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--swaps", type=int, default=20)
    parser.add_argument("--servers", type=int, default=2)
    args = parser.parse_args()
    jpeg = cv2.imencode(".jpg", draw_person(room(320, 320), (160.0, 180.0), scale=0.8))[1].tobytes()
    with tempfile.TemporaryDirectory(prefix="posetune-swaps-") as folder, contextlib.ExitStack() as stack:
        registry, _ = Registry.init(f"{folder}/registry", {}, "swaps")
        lite, full = stock.path("lite").read_bytes(), stock.path("full").read_bytes()
        networks = [
            registry.add(content, ".tflite", {"name": name}, by="swaps").sha256
            for name, content in (("lite", lite), ("full", full))
        ]
        registry.append(kinds.PROMOTE, {"network": networks[0], "why": "first"}, "swaps")
        servers = [
            stack.enter_context(running(Path(folder) / f"data{i}", models=(), registry=registry.name, queue=256))
            for i in range(args.servers)
        ]
        expected = {}
        failures: list[str] = []
        answered = [0]
        ended = threading.Event()
        lock = threading.Lock()

        def people(answer: dict) -> np.ndarray:  # type: ignore[type-arg]
            return np.array([p["landmarks_px"] for p in answer["people"]])

        def ask(number: int) -> None:
            server = servers[number % len(servers)]
            while not ended.is_set():
                try:
                    answer = server.predict(jpeg)
                    if answer.status != 200:
                        failures.append(f"{answer.status} {answer.content[:100]!r}")
                        continue
                    found = answer.json()
                    sha256 = found["network"]["sha256"]
                    with lock:
                        answered[0] += 1
                        known = expected.setdefault(sha256, people(found))
                    if not np.array_equal(known, people(found)):
                        failures.append(f"an answer is not that of {sha256[:8]}")
                except OSError as error:
                    failures.append(repr(error))

        clients = [threading.Thread(target=ask, args=(n,)) for n in range(args.clients)]
        for one in clients:
            one.start()
        time.sleep(3)
        before, took = resident(servers), []
        for number in range(2 * args.swaps):
            wanted = networks[(number + 1) % 2]
            kind = kinds.PROMOTE if number % 2 == 0 else kinds.ROLLBACK
            registry.append(kind, {"network": wanted, "why": "swap"}, "swaps")
            begun = time.monotonic()
            while any(s.services.networks.current.network.sha256 != wanted for s in servers):
                assert time.monotonic() - begun < 60, "a server does not follow"
                time.sleep(0.02)
            took.append(time.monotonic() - begun)
        ended.set()
        for one in clients:
            one.join(60)
        after = resident(servers)
        time.sleep(20)  # DRAIN of serve/follower.py, and a look
        back = took[1::2]
        print(
            f"{args.clients} clients, {args.servers} servers, {args.swaps} promotions and as many rollbacks: "
            f"{answered[0]} answers, {len(failures)} failures {failures[:3]}; {len(expected)} networks answered"
        )
        print(
            f"rollback everywhere: median {np.median(back):.1f} s, most {max(back):.1f} s; promotion: most {max(took[::2]):.1f} s"
        )
        print(
            f"memory of the workers: {before:.0f} MB before, {after:.0f} MB at once after, {resident(servers):.0f} MB 20 s later"
        )
    sys.exit(1 if failures or max(back) > 10 else 0)


if __name__ == "__main__":
    main()
