"""How many wrong corrections are quarantined, how many good: ``python benchmarks/quarantine.py SET:SPLIT:EVERY … [--cache DIR]``.

Somebody corrects what the live network (stock full) shows of the people of labelled sets: the labels as they are, but 15 in 100 are
wrong (sides exchanged, all shifted by 30 px, confirmed without a look), and a quarter of all comes from somebody who means harm and
gives all of these, and points at random. Heavy is the second network. Per kind: the share that is quarantined.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from posetune.data.checks.looks import Looks, look_at
from posetune.data.dataset import load_dataset
from posetune.data.people import Dataset, Person
from posetune.landmarks import FLIP, REGIONS
from posetune.runtime.load import load
from posetune.store.correction import CONFIRMED, MOVED, UNTOUCHED, Correction
from posetune.store.quarantine import doubtful, is_hostile, opinions

HONEST, WRONG, HOSTILE = 7, 0.15, 0.25
ARMS = (11, 12, *REGIONS["arms"], *REGIONS["hands"])
LEGS = (23, 24, *REGIONS["legs"], *REGIONS["feet"])
SWAPS = (ARMS, LEGS, (*ARMS, *LEGS))
LIVE = "a" * 64


def looks_of(dataset: Dataset, cache: Path | None) -> dict[str, Looks]:
    """What full and heavy see of the usable people, from ``cache`` where it is there."""
    result = {}
    for name in ("full", "heavy"):
        file = None if cache is None else cache / f"{dataset.name.replace(' ', '-')}-{name}.npz"
        if file is not None and file.exists():
            content = np.load(file)
            result[name] = Looks(content["points"], content["visibility"])
            continue
        with load(name, threads=1) as network:
            result[name] = look_at(network, dataset.usable)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, points=result[name].points, visibility=result[name].visibility)
    return result


def spoilt(person: Person, shown: np.ndarray, kind: str, rng: np.random.Generator) -> tuple[np.ndarray, float | None]:
    """The points that somebody gives, (33, 3), and the seconds it took."""
    points, seconds = person.keypoints.copy(), float(rng.lognormal(3.2, 0.6))
    if kind == "swapped":
        which = np.array(SWAPS[rng.integers(3)])
        points[which] = points[FLIP[which]]
    elif kind == "shifted":
        angle = rng.uniform(0, 2 * np.pi)
        points[person.labelled, :2] += 30 * np.array([np.cos(angle), np.sin(angle)])
    elif kind in ("lazy", "lazy, time unknown"):
        points[person.labelled, :2] = shown[person.labelled]
        seconds = float(rng.uniform(0.4, 1.9))
    elif kind == "random":
        moved = rng.normal(size=(33, 2)) * 0.4 * person.torso
        points[person.labelled, :2] += moved[person.labelled]
    return points, None if kind == "lazy, time unknown" else seconds


def simulate(
    dataset: Dataset, looks: dict[str, Looks], rng: np.random.Generator
) -> tuple[list[str], list[Correction], Dataset]:
    """What kind each correction is, the corrections, and the same as people."""
    kinds, given, people = [], [], []
    wrong = ("swapped", "shifted", "lazy", "lazy, time unknown")
    for i, person in enumerate(dataset.usable):
        hostile = rng.random() < HOSTILE
        kind = "good"
        if hostile:
            kind = "hostile: " + str(rng.choice([*wrong, "random"]))
        elif rng.random() < WRONG:
            kind = str(rng.choice(wrong))
        shown = looks["full"].points[0, i]
        points, seconds = spoilt(person, shown, kind.removeprefix("hostile: "), rng)
        near = np.linalg.norm(points[:, :2] - shown, axis=-1) <= 0.02 * person.torso
        letters = [UNTOUCHED if v == 0 else CONFIRMED if n else MOVED for v, n in zip(points[:, 2], near, strict=True)]
        kinds.append(kind)
        people.append(dataclasses.replace(person, keypoints=points))
        given.append(Correction(
            i + 1, str(i), str(i), ".jpg", 1, 1, person.group, "x", 0,
            "hostile" if hostile else f"honest {rng.integers(HONEST)}", False, "correction", None, points, "".join(letters), LIVE,
            np.column_stack([shown, np.ones(33)]), seconds, np.zeros(33, bool), "new", "", 0.0,
        ))  # fmt: skip
    return kinds, given, dataclasses.replace(dataset, people=tuple(people))


def judged(given: list[Correction], people: Dataset, looks: dict[str, Looks]) -> tuple[list[bool], list[bool], int]:
    """Whether each is quarantined: by what speaks against it, and with what speaks against its giver; the points that are held."""
    first, second = looks["full"], looks["heavy"]
    asked = np.isin(np.arange(len(given)), doubtful(people, first))
    second = Looks(np.where(asked[None, :, None, None], second.points, np.nan), second.visibility)
    found = opinions(given, people, first.and_then(second), {})
    by_itself = [bool(o.reasons) for o in found]
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for correction, bad in zip(given, by_itself, strict=True):
        counts[correction.annotator][0 if bad else 1] += 1
    hostile = {name for name, (bad, good) in counts.items() if is_hostile(bad, good)}
    held = sum(int(o.held.sum()) for o in found if not o.reasons)
    return by_itself, [b or c.annotator in hostile for b, c in zip(by_itself, given, strict=True)], held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", metavar="SET:SPLIT:EVERY", help="every EVERYth person of a split (1: all)")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    table = {}
    for name in args.sets:
        folder, split, every = name.rsplit(":", 2)
        dataset = load_dataset(folder, split)
        dataset = dataclasses.replace(dataset, people=dataset.usable[:: int(every)], name=f"{dataset.name} {every}")
        looks = looks_of(dataset, args.cache)
        counts: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(3))
        held = points = 0
        for seed in range(args.draws):
            kinds, given, people = simulate(dataset, looks, np.random.default_rng(seed))
            alone, whole, held_ = judged(given, people, looks)
            held += held_
            points += sum(int(p.labelled.sum()) for p in people.people)
            for kind, a, w in zip(kinds, alone, whole, strict=True):
                for key in (kind, "all good" if kind == "good" else "all wrong"):
                    counts[key] += 1, a, w
        rows = {
            k: {"n": int(n), "by itself": round(a / n, 3), "with the person": round(w / n, 3)}
            for k, (n, a, w) in sorted(counts.items())
        }
        table[f"{Path(folder).name} {split}"] = {**rows, "points held": round(held / points, 4)}
        print(
            f"\n{Path(folder).name} {split}: {len(dataset.people)} people, {args.draws} draws; points held {held / points:.4f}"
        )
        for kind, row in rows.items():
            print(f"  {kind:32} {row['n']:6} {row['by itself']:7.3f} {row['with the person']:7.3f}")
    if args.json:
        args.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
