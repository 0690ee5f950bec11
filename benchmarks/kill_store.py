"""Whether the store loses or doubles anything when who writes is killed: ``python benchmarks/kill_store.py URL --kills 100``.

A program adds, looks over, reviews and forgets in a loop, and says each thing when it is done; SIGKILL ends it at random moments,
and another goes on. Then: what was said to be kept is there once, what was said to be forgotten is gone, with its pictures, and
what was added again is still one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from posetune.progress import Reporter
from posetune.store.check import check
from posetune.store.correction import NewCorrection, Picture
from posetune.store.corrections import Corrections
from posetune.store.forget import forget, remove_files
from posetune.store.open import open_store
from posetune.store.runs import Runs

#: So many people give corrections in turn; after so many corrections one of them is forgotten, and others come.
PEOPLE, FORGET_EVERY = 5, 25


def given(who: str, number: int) -> NewCorrection:
    """A correction of ``who``: the picture and the points of that number."""
    rng = np.random.default_rng(number)
    points = np.column_stack([rng.uniform(10, 190, (33, 2)), np.full(33, 2.0)])
    picture = Picture(b"\xff\xd8" + who.encode() + number.to_bytes(8, "big") * 400, 200, 200, "yes")
    return NewCorrection(picture, who, points, "m" * 33, key=f"{number}")


def write(url: str, start: int) -> None:
    """Add, look over, review and forget without end; a line of JSON on standard output for each thing that is done."""

    def done(*what: object) -> None:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()

    with open_store(url) as database:
        corrections, runs = Corrections(database), Runs(database)
        done("open")
        for number in range(start, start + 10**6):
            who = f"p{number % PEOPLE}-{number // FORGET_EVERY}"
            done("trying", who, number)
            added, _ = corrections.add(given(who, number))
            done("kept", who, number, added.id)
            if number % 7 == 0:
                check(database, None, Reporter())
                done("looked over")
            if number % 11 == 0:
                corrections.review(added, "reviewer", "accept")
                run = runs.begin([added.number], corrections.newest())
                runs.finish(run, f"{number:064d}")
                done("learned", who, number)
            if number % FORGET_EVERY == FORGET_EVERY - 1:
                done("forgetting", who)
                forget(database, who)
                done("forgotten", who)


def kill_once(url: str, start: int, seconds: float) -> list[list]:
    """Let a writer go on from ``start``, kill it ``seconds`` after it opened the store; what it said."""
    command = [sys.executable, __file__, url, "--write", str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "the store does not open"
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read()
    return [json.loads(line) for line in [first, *rest.splitlines(keepends=True)] if line.endswith("\n")]


def faults(url: str, said: list[list]) -> list[str]:
    """What is wrong in the store after all that was said."""
    gone = {what[1] for what in said if what[0] == "forgotten"}
    perhaps = {what[1] for what in said if what[0] == "forgetting"} - gone
    kept = {(what[1], what[2]): what[3] for what in said if what[0] == "kept" and what[1] not in gone | perhaps}
    tried = {(what[1], what[2]) for what in said if what[0] == "trying"}
    found: list[str] = []
    with open_store(url) as database:
        corrections = Corrections(database)
        remove_files(database)
        there = list(corrections.find())
        ids = {c.id: c for c in there}
        twice = [key for key, count in Counter((c.annotator, c.image) for c in there).items() if count > 1]
        found += [f"twice: {key}" for key in twice]
        found += [f"lost: {who} {number}" for (who, number), id in kept.items() if id not in ids]
        found += [f"not forgotten: {c.annotator}" for c in there if c.annotator in gone]
        if len(there) > len(tried):
            found.append(f"{len(there)} where {len(tried)} were tried")
        for c in there:
            corrections.picture(c)  # raises where it is damaged
        for who, number in list(kept)[:: max(1, len(kept) // 50)]:
            if corrections.add(given(who, number))[1]:
                found.append(f"added again: {who} {number}")
        if corrections.pictures.folder is not None:
            files = {p.stem for p in corrections.pictures.folder.rglob("*") if p.is_file()}
            found += [f"a file too many: {name}" for name in files - {c.image for c in there}]
        found += [f"an old network unmarked: {what[2]}" for what in said
                  if what[0] == "learned" and what[1] in gone and f"{what[2]:064d}" not in Runs(database).marked()]  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="an empty store: sqlite:///FILE or postgresql://…")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=0.6, help="seconds until the kill, at most")
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if args.write is not None:
        write(args.url, args.write)
    rng, said, start = random.Random(args.seed), [], 0
    for _ in range(args.kills):
        said += kill_once(args.url, start, rng.uniform(0, args.longest))
        start = max([what[2] + 1 for what in said if what[0] == "trying"], default=0)
    counts = Counter(what[0] for what in said)
    found = faults(args.url, said)
    print(f"{args.kills} kills: {dict(counts)}; {len(found)} faults", *found[:20], sep="\n")
    if args.json:
        args.json.write_text(json.dumps({"kills": args.kills, "done": counts, "faults": found}))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
