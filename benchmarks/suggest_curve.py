"""What suggest's choice is worth: the error after learning from N images that it chose, beside N drawn at random.

    python benchmarks/suggest_curve.py DIR WORK [--method corrector|full] [--arms random,suggest] [--counts 30,100,300]
        [--seeds 0,1,2,3,4,5,6,7] [--seconds S]

DIR has splits train and val. Each seed has a pool of its own, half of train's images, bare: people are found by the
detector, as suggest does it. From the pool every arm takes N images, and a network learns from their labels. --method
corrector: a corrector behind lite, in seconds, val decides on its strength; measured on all of val. --method full: lite
in 70 short steps (no replay), measured on every second image of val as the average of the weights stands at the end.
Arms: "random"; "suggest"; "hardest", those for which most speaks, whatever their poses; with "views", "models", "doubt"
or "rarity" in front ("views-hardest") one reason alone. Cells are kept in WORK/METHOD.jsonl: what is there is not run
again; --seconds ends after the cell in which they are over. The table: mean error, and for each arm the mean difference
from random, pool by pool, with the 95 % interval of Student's t.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune.data.dataset import load_dataset, write_coco
from posetune.data.people import Dataset
from posetune.label import cover, rank
from posetune.label.signals import Looker, PersonSignals, signals_of
from posetune.progress import Reporter, to_terminal
from posetune.runtime.load import load
from posetune.stock import cache
from posetune.tune.methods import full
from posetune.tune.session import Session
from posetune.tune.train import train
from posetune.tune.training.validate import Score

#: Student's t, 97.5 %, by degrees of freedom.
_T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
_STEPS = {
    "val_people": 100_000, "validations": 1, "threads": 1, "ema": 0.95, "trust_labels": "true",
    "samples": "[560,560]", "replay.sample_set": "false", "replay.share": 0,
}  # fmt: skip


_look = Session.look
_before: list[Score] = []


def _look_once_before(session: Session, *given: Any) -> Any:
    """As ``Session.look``, but of all runs the first alone measures the network that they all begin with."""
    look, first = _look(session, *given), [True]

    def remembered(network: Any, pool: Any) -> Score:
        if not first:
            return look(network, pool)
        first.clear()
        if not _before:
            _before.append(look(network, pool))
        return _before[0]

    return remembered


class _Measured(Exception):
    """The weights have been measured; the file need not be."""


def _stop(*_: Any, **__: Any) -> None:
    raise _Measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DIR")
    parser.add_argument("work", type=Path, metavar="WORK")
    parser.add_argument("--method", choices=("corrector", "full"), default="corrector")
    parser.add_argument("--arms", default="random,suggest")
    parser.add_argument("--counts", default="30,100,300")
    parser.add_argument("--seeds", default="0,1,2,3,4,5,6,7")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    kept = args.work / f"{args.method}.jsonl"
    rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    done = {(r["arm"], r["count"], r["seed"]) for r in rows}
    whole, val = load_dataset(args.data, "train"), load_dataset(args.data, "val")
    if args.method == "full":  # the error of a hundred people tells two choices apart as soon as the pools do
        val = val.keep(val.images[::2])
    people = _signals(whole)
    full.finish = _stop  # type: ignore[assignment]
    Session.look = _look_once_before  # type: ignore[method-assign]
    end = time.monotonic() + args.seconds
    for seed in map(int, args.seeds.split(",")):
        for count in map(int, args.counts.split(",")):
            for arm in args.arms.split(","):
                if (arm, count, seed) in done or time.monotonic() > end:
                    continue
                chosen = _choose(whole, people, arm, count, seed)
                before, after = _learn(whole, val, chosen, args.work / "cell", seed, args.method)
                rows.append({"arm": arm, "count": count, "seed": seed, "before": before, "after": after})
                with kept.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
                print(rows[-1], flush=True)
    _table(rows)


def _signals(whole: Dataset) -> list[list[PersonSignals]]:
    networks = [stock.resolve(name) for name in ("lite", "heavy")]
    looker = Looker.of(*(load(n, threads=1) for n in networks), [n.sha256 for n in networks])
    with to_terminal().counting("images looked at", len(whole.images)) as counter:
        asked = ((image, None) for image in whole.images)
        return [found or [] for _, found in signals_of(looker, asked, cache.folder() / "suggest", counter.step)]


def _choose(whole: Dataset, people: list[list[PersonSignals]], arm: str, count: int, seed: int) -> list[int]:
    """The places of the images that ``arm`` takes from the pool of ``seed``."""
    order = sorted(range(len(whole.images)), key=lambda i: str(whole.images[i].path))
    pool = sorted(random.Random(1000 + seed).sample(order, len(order) // 2))
    if arm == "random":
        return random.Random(2000 + seed).sample(pool, count)
    reason, _, how = arm.rpartition("-")
    weights = {name: float(name == reason) for name in rank.WEIGHTS} if reason else rank.WEIGHTS
    mine, groups = [people[i] for i in pool], [whole.images[i].group for i in pool]
    every = rank.scores(mine, groups, [None] * len(pool), (), weights)
    if how == "hardest":
        return [pool[s.place] for s in sorted(every, key=lambda s: -s.score)[:count]]
    return [pool[s.place] for s in cover.choose(every, mine, groups, count, 2)]


def _learn(
    whole: Dataset, val: Dataset, chosen: list[int], folder: Path, seed: int, method: str
) -> tuple[float, float]:
    """Mean error on val in crop px, before and after."""
    shutil.rmtree(folder, ignore_errors=True)
    write_coco(whole.keep([whole.images[i] for i in chosen]), folder / "set" / "annotations" / "train.json")
    write_coco(val, folder / "set" / "annotations" / "val.json")
    (folder / "set" / "images").symlink_to((whole.root / "images").resolve())
    said: list[str] = []
    if method == "corrector":
        made = train(folder / "set", "lite", folder / "run", method=method, report=Reporter(said.append), seed=seed)
        return made.base_px, made.tuned_px
    try:
        keys = [f"{key}={value}" for key, value in _STEPS.items()]
        train(folder / "set", "lite", folder / "run", assignments=keys, report=Reporter(said.append), seed=seed)
    except _Measured:
        pass
    errors = [m[1] for line in said if (m := re.match(r"validation at step \d+: mean ([\d.]+)", line))]
    shutil.rmtree(folder, ignore_errors=True)
    return float(errors[0]), float(errors[-1])


def _table(rows: list[dict[str, Any]]) -> None:
    cells = {(r["arm"], r["count"], r["seed"]): r["after"] for r in rows}
    by_arm: dict[tuple[str, int], list[int]] = defaultdict(list)
    for arm, count, seed in cells:
        by_arm[arm, count].append(seed)
    print(f"{'arm':<16}{'images':>7}{'pools':>7}{'error':>9}{'beside random':>16}{'95 %':>20}")
    for (arm, count), seeds in sorted(by_arm.items(), key=lambda item: (item[0][1], item[0][0])):
        error = np.mean([cells[arm, count, s] for s in seeds])
        both = [cells[arm, count, s] - cells["random", count, s] for s in seeds if ("random", count, s) in cells]
        told = ""
        if arm != "random" and len(both) > 1:
            half = _T.get(len(both) - 1, 2.2) * np.std(both, ddof=1) / np.sqrt(len(both))
            told = f"{np.mean(both):>+16.3f}{np.mean(both) - half:>+11.3f} to{np.mean(both) + half:>+7.3f}"
        print(f"{arm:<16}{count:>7}{len(seeds):>7}{error:>9.3f}{told}")


if __name__ == "__main__":
    main()
