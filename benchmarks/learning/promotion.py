"""A network that gets better with use, from end to end, by the command line alone: corrections of six people, a training, audits
of others week by week until it is promoted, a server that swaps by itself meanwhile, and the way back.

    python benchmarks/learning/promotion.py [SETS] --folder F [--base lite] [--budget 20m] [--weeks 6] [--elsewhere]

The sample set's two hard scenes: people of train are corrected, rendered people of other builds come by as traffic and are audited
(drawn, shown by coin, labelled by the truth), those of test are kept apart and never in the store. --elsewhere: on PostgreSQL
and an S3 emulator in place of SQLite and a folder. With SETS, a folder with the sets acrobatics and general: half of acrobatics
train is corrected, the other half audited, everyday people guarded, and val kept apart. Every command is printed before it runs.
It ends with 1 where something is not as it should be.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from tests.helpers.buckets import bucket_url
from tests.helpers.postgres import cluster

from posetune.data.dataset import load_dataset, write_coco
from posetune.data.origin import CORRECTED

PEOPLE, A_WEEK = 6, 25
#: What `make demo` trains with: exact labels allow large steps.
SETTINGS = ("samples=[1456, 1456]", "visits=2", "lr=0.003", "replay.share=0.125", "suspects=false", "validations=1")


def posetune(*words: object) -> str:
    """Run one command; what it printed on standard output."""
    print("$ posetune " + " ".join(f"'{word}'" if " " in str(word) else str(word) for word in words), flush=True)
    command = [sys.executable, "-m", "posetune", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"  ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}")
    for line in done.stdout.strip().splitlines()[-14:]:
        print(f"  {line}", flush=True)
    return done.stdout


def divided(data: Path, split: str, into: int, folder: Path) -> list[Path]:
    """A set's split as that of several people: everyone has every so-manieth picture."""
    found = json.loads((data / "annotations" / f"{split}.json").read_text())
    sets = []
    for k in range(into):
        images = found["images"][k::into]
        ids = {image["id"] for image in images}
        one = folder / f"{split}{k}"
        (one / "annotations").mkdir(parents=True)
        (one / "images").symlink_to((data / "images").resolve())
        people = [person for person in found["annotations"] if person["image_id"] in ids]
        (one / "annotations" / f"{split}.json").write_text(
            json.dumps({**found, "images": images, "annotations": people})
        )
        sets.append(one)
    return sets


def traffic(data: Path, split: str, weeks: int, folder: Path) -> list[Path]:
    """The pictures of a split, a folder a week."""
    names = sorted(path for path in (data / "images").iterdir() if path.name.startswith(split))
    folders = []
    for k in range(weeks):
        one = folder / f"week{k}"
        one.mkdir(parents=True)
        for path in names[k::weeks]:
            (one / path.name).symlink_to(path.resolve())
        folders.append(one)
    return folders


def label(drawn: Path, data: Path, split: str) -> None:
    """Label what `audit next` wrote by the truth: of each person drawn the nearest, every point looked at."""
    truth = load_dataset(data, split)
    known: dict[str, list[Any]] = {}
    for person in truth.people:
        known.setdefault(hashlib.sha256(person.image.path.read_bytes()).hexdigest(), []).append(person)
    audit = load_dataset(drawn, "audit")
    people = []
    for person in audit.people:
        assert person.bbox is not None
        middle = person.bbox[:2] + person.bbox[2:] / 2
        others = [p for p in known[person.image.path.stem] if p.labelled.any() and not p.ignore]
        if not others:
            continue
        near = min(others, key=lambda p: float(np.linalg.norm(p.keypoints[p.labelled, :2].mean(axis=0) - middle)))
        origin = dataclasses.replace(person.origin, status=CORRECTED, points=None)
        people.append(dataclasses.replace(person, keypoints=near.keypoints, bbox=None, origin=origin))
    write_coco(dataclasses.replace(audit, people=tuple(people)), drawn / "annotations" / "audit.json")


class Watcher:
    """Asks a server about one picture all the time, and writes down which network it names."""

    def __init__(self, url: str, picture: bytes) -> None:
        self.url, self.picture = url, picture
        self.asked, self.failures, self.seen = 0, [], []  # type: ignore[var-annotated]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(0.2):
            request = urllib.request.Request(f"{self.url}api/v1/predict", self.picture, {"Content-Type": "image/jpeg"})
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    network = json.load(answer)["network"]["sha256"]
            except OSError as error:
                if self.seen:  # before, it is starting, and says so
                    self.failures.append(str(error))
                continue
            self.asked += 1
            if not self.seen or self.seen[-1][1] != network:
                self.seen.append((time.time(), network))

    def awaited(self, network: str) -> float:
        """When it first named ``network``, s since 1970."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.seen and self.seen[-1][1] == network:
                return float(self.seen[-1][0])
            time.sleep(0.1)
        sys.exit(f"The server has not taken {network[:8]} within a minute.")

    def close(self) -> None:
        self._ended.set()
        self._thread.join()


@contextlib.contextmanager
def serving(folder: Path, picture: bytes) -> Iterator[Watcher]:
    command = [
        sys.executable, "-m", "posetune", "serve", "--registry", os.environ["POSETUNE_REGISTRY"], "--port", "0", "--workers", "1",
        "--data-dir", str(folder / "server"),
    ]  # fmt: skip
    print("$ posetune serve --registry $POSETUNE_REGISTRY --port 0 --workers 1", flush=True)
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 120
        while not (found := re.search(r"http://\S+", (folder / "serve.log").read_text())):
            if server.poll() is not None or time.monotonic() > end:
                sys.exit(f"No server: {(folder / 'serve.log').read_text()[-300:]}")
            time.sleep(0.2)
        watcher = Watcher(found[0], picture)
        yield watcher
        watcher.close()
    finally:
        server.terminate()
        server.wait(60)


def live(folder: Path) -> dict[str, Any]:
    posetune("learn", "history", "--json", folder / "history.json")
    return dict(json.loads((folder / "history.json").read_text()))


def written_at(history: dict[str, Any], kind: str) -> float:
    return float(next(e["time"] for e in reversed(history["entries"]) if e["kind"] == kind))


@dataclasses.dataclass(frozen=True)
class World:
    """``given``: a set of corrections a person; ``audit``: brings the audits of a week; ``apart``: sets and splits of people who
    never come into the store; ``settings``: of the training; ``guard``: options of learn run.
    """

    given: list[Path]
    audit: Callable[[int], None]
    apart: tuple[tuple[Path, str], ...]
    picture: Path
    settings: tuple[str, ...]
    guard: tuple[object, ...] = ()


def rendered(folder: Path, weeks: int) -> World:
    """The sample set's two hard scenes. Of whoever comes by an audit is drawn, shown by coin, and labelled by the truth."""
    sample = folder / "sample"
    posetune("data", "sample", sample)
    posetune(
        "data", "synth", "--scene", "station,mat", "--n", A_WEEK * weeks, "--size", 320, "--seed", 31, "--people", "0.6:0.72",
        "--split", "traffic", "--out", folder / "traffic", "--workers", 1,
    )  # fmt: skip
    came = traffic(folder / "traffic", "traffic", weeks, folder / "came")

    def audit(week: int) -> None:
        drawn = folder / f"audit{week}"
        posetune("audit", "offer", came[week], "--person", f"visitor{week}", "--consent", "may be kept for learning")
        posetune("audit", "next", "--n", A_WEEK, "--out", drawn, "--seed", week)
        label(drawn, folder / "traffic", "traffic")
        posetune("corrections", "add", drawn, "--person", "eve", "--kind", "audit")

    picture = next((sample / "images").glob("test-*.jpg"))
    apart = ((sample, "test"), (sample, "ordinary"))
    return World(divided(sample, "train", PEOPLE, folder / "given"), audit, apart, picture, SETTINGS)


def photographed(folder: Path, sets: Path, weeks: int) -> World:
    """Acrobatics: half of train is corrected by six people, the other half is audited."""
    data = sets / "acrobatics"
    parts = divided(data, "train", PEOPLE + weeks, folder / "given")

    def audit(week: int) -> None:
        posetune("corrections", "add", parts[PEOPLE + week], "--person", "eve", "--kind", "audit", "--no-networks")

    picture = next((data / "images").iterdir())
    apart = ((data, "val"), (sets / "general", "dev"))
    settings = ("samples=[3000, 3000]", "validations=2")
    return World(parts[:PEOPLE], audit, apart, picture, settings, ("--everyday", sets / "general"))


def whole(folder: Path, args: argparse.Namespace) -> None:
    world = rendered(folder, args.weeks) if args.sets is None else photographed(folder, args.sets, args.weeks)
    registry = os.environ["POSETUNE_REGISTRY"]
    posetune("registry", "init", registry, "--model", args.base)
    first = live(folder)["live"]
    run = ["learn", "run", "--budget", args.budget, "--least", args.least, "--work", folder / "work", *world.guard]
    run += [word for setting in world.settings for word in ("--set", setting)]
    for k, one in enumerate(world.given):
        posetune("corrections", "add", one, "--person", f"person{k}", "--kind", "correction")
    begun = time.monotonic()
    posetune(*run)
    print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)
    with serving(folder, world.picture.read_bytes()) as watcher:
        watcher.awaited(first)
        for week in range(args.weeks):
            world.audit(week)
            posetune(*run)
            posetune("learn", "status", "--json", folder / "status.json")
            now = json.loads((folder / "status.json").read_text())
            if now["live"] != first and now["trials"] and now["trials"][0]["units"]:
                break
            if now["live"] != first:
                after = watcher.awaited(now["live"]) - written_at(live(folder), "promote")
                print(f"  promoted in week {week + 1}; the server took it after {after:.1f} s", flush=True)
                posetune("registry", "fetch", registry, "--out", folder / "live.tflite")
                for data, split in world.apart:
                    posetune(
                        "eval", "--data", data, "--split", split, folder / "live.tflite", "--stock", args.base, "--brief",
                        "--no-pipeline", "--no-offset", "--json", folder / f"{data.name}-{split}.json",
                    )  # fmt: skip
        else:
            sys.exit("Not promoted in this time, or nobody judged since.")
        posetune("registry", "verify", registry)
        posetune("learn", "rollback", "--why", "a try of the way back")
        after = watcher.awaited(first) - written_at(live(folder), "rollback")
        print(f"  taken back; the server took it after {after:.1f} s", flush=True)
        posetune("learn", "status")
    posetune("registry", "verify", registry)
    print(f"{watcher.asked} answers, {len(watcher.failures)} failed, by {len({n for _, n in watcher.seen})} networks.")
    if watcher.failures:
        sys.exit(f"Failed: {watcher.failures[:3]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sets", type=Path, nargs="?", help="a folder with the sets acrobatics and general, in place of rendered people"
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--base", default="lite")
    parser.add_argument("--budget", default="20m")
    parser.add_argument("--weeks", type=int, default=6)
    parser.add_argument("--least", type=int, default=200, help="corrections that a training waits for")
    parser.add_argument("--elsewhere", action="store_true", help="PostgreSQL and a bucket")
    args = parser.parse_args()
    folder = args.folder.absolute()
    folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:
        if args.elsewhere:
            store, registry = stack.enter_context(cluster()), stack.enter_context(bucket_url())
        else:
            store, registry = f"sqlite:///{folder / 'store.sqlite'}", str(folder / "registry")
        os.environ["POSETUNE_STORE"], os.environ["POSETUNE_REGISTRY"] = store, registry
        whole(folder, args)


if __name__ == "__main__":
    main()
