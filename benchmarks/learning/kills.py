"""Kills (-9) whatever writes at random moments, over registry and store, and looks at what is left each time.

    python benchmarks/learning/kills.py --place folder|bucket --database sqlite|postgresql [--kills 100]

A child registers networks, promotes and takes back, keeps corrections, has audited people judge, takes leases and begins
trainings, and says on its standard output what was acknowledged. After each kill: the registry has no fault, no gap and no fork,
its live network is whole, what was acknowledged is there, and nothing is there twice.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from posetune.store.correction import ACCEPTED, NewCorrection, Picture
from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence
from posetune.store.open import open_store
from posetune.store.registry import entry as kinds
from posetune.store.registry.log import Moved
from posetune.store.registry.registry import Registry
from posetune.store.registry.verify import verify
from posetune.store.runs import Runs


def child(registry_url: str, store_url: str, seed: int) -> None:
    """Write without a pause, and say what was acknowledged."""
    rng = random.Random(seed)
    registry = Registry.open(registry_url)
    database = open_store(store_url)
    store, evidence, runs = Corrections(database), Evidence(database), Runs(database)
    print("ready", flush=True)
    while True:
        what = rng.choice(["network", "promote", "correct", "correct", "judge", "run"])
        if what == "network":
            known = registry.add(
                rng.randbytes(200_000), ".tflite", {"name": "n"}, {"card.json": rng.randbytes(2000)}, "kills"
            )
            say(network=known.sha256)
        elif what == "promote":
            with contextlib.suppress(Moved):
                target = rng.choice(list(registry.refresh().networks))
                kind = rng.choice([kinds.PROMOTE, kinds.ROLLBACK, kinds.CHALLENGE])
                say(entry=registry.append(kind, {"network": target, "why": "so"}, "kills").sha256)
        elif what == "correct":
            kept, _ = store.add(correction(rng))
            say(correction=kept.id)
        elif what == "judge":
            unit, _ = store.add(correction(rng, "audit"))
            store.decide(unit, ACCEPTED)
            if evidence.judge(unit, "live", "challenger", 2.0, 1.0):
                say(judged=unit.number)
        else:
            run = runs.begin([c.number for c in store.find(status=ACCEPTED)][:20], store.newest())
            runs.finish(run, "n" * 64)
            say(run=run.id)


def correction(rng: random.Random, kind: str = "correction") -> NewCorrection:
    points = np.column_stack([np.array([rng.random() * 100 for _ in range(66)]).reshape(33, 2), np.full(33, 2.0)])
    picture = Picture(b"\xff\xd8" + rng.randbytes(30_000), 100, 100, consent="Yes.")
    return NewCorrection(picture, "ada", points, "m" * 33, kind=kind)  # type: ignore[arg-type]


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


class Ledger:
    """What was acknowledged over all kills."""

    def __init__(self) -> None:
        self.said: dict[str, set[object]] = {}

    def take(self, lines: list[str]) -> None:
        for line in lines:
            with contextlib.suppress(ValueError):  # cut short by the kill: not acknowledged
                for key, value in json.loads(line).items():
                    self.said.setdefault(key, set()).add(value)

    def faults(self, registry_url: str, store_url: str) -> list[str]:
        """Whatever is not as it must be."""
        found = []
        registry = Registry.open(registry_url)
        verdict = verify(registry)
        found += verdict.faults
        numbers = [entry.number for entry in registry.log.entries]
        if numbers != list(range(1, len(numbers) + 1)):
            found.append("the log has a gap or a fork")
        found += [f"network {n} is lost" for n in self.said.get("network", set()) - set(registry.state.networks)]
        found += [
            f"entry {e} is lost" for e in self.said.get("entry", set()) - {e.sha256 for e in registry.log.entries}
        ]
        registry.read(registry.state.live)
        with open_store(store_url) as database:
            store = Corrections(database)
            kept = list(store.find())
            if len({c.id for c in kept}) != len(kept) or len({c.points.tobytes() for c in kept}) != len(kept):
                found.append("a correction is there twice")
            found += [f"correction {c} is lost" for c in self.said.get("correction", set()) - {c.id for c in kept}]
            for one in kept[-40:]:
                if hashlib.sha256(store.picture(one)).hexdigest() != one.image:
                    found.append("a picture is not what it was")
            judged = len(Evidence(database).of("challenger"))
            if judged < len(self.said.get("judged", set())):
                found.append("a verdict is lost")
            found += [f"run {r} is lost" for r in self.said.get("run", set()) if Runs(database).get(str(r)) is None]
        return found


@contextlib.contextmanager
def places(place: str, database: str) -> Iterator[tuple[str, str]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="posetune-kills-")))
        if place == "bucket":
            from tests.helpers.buckets import bucket_url

            registry = stack.enter_context(bucket_url())
        else:
            registry = str(folder / "registry")
        if database == "postgresql":
            from tests.helpers import postgres

            store = stack.enter_context(postgres.cluster())
        else:
            store = f"sqlite:///{folder / 'store.sqlite'}"
        yield registry, store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--place", choices=("folder", "bucket"), default="folder")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child[0], args.child[1], int(args.child[2]))
        return
    rng, ledger, faults = random.Random(0), Ledger(), []
    with places(args.place, args.database) as (registry_url, store_url):
        registry, _ = Registry.init(registry_url, {}, "kills")
        first = registry.add(b"first", ".tflite", {}, by="kills")
        registry.append(kinds.PROMOTE, {"network": first.sha256, "why": "first"}, "kills")
        open_store(store_url).close()
        for number in range(args.kills):
            command = [sys.executable, __file__, "--child", registry_url, store_url, str(number)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.random() * 1.0)
            process.send_signal(signal.SIGKILL)
            ledger.take(process.stdout.read().splitlines())
            process.wait()
            if number % 10 == 9 or number == args.kills - 1:
                faults += ledger.faults(registry_url, store_url)
                counts = ", ".join(f"{len(v)} {k}" for k, v in ledger.said.items())
                print(f"{number + 1} kills, acknowledged: {counts}; faults: {faults or 'none'}", flush=True)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
