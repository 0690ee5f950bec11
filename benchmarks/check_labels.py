"""How many mistakes ``posetune data check`` finds: so many of each kind are made in a set, and the findings counted.

    python benchmarks/check_labels.py SET --split val --count 100 --seed 0

Networks look at everybody once, in the crops of the labels as they are; exchanged sides do not change these crops. Other mistakes
may, so that people with one are looked at again. Prints recall and precision for each kind, by itself and all together. What the
check says of the set as it stands is listed first: it may be right.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from posetune.data.checks import points, sides
from posetune.data.checks.finding import Finding
from posetune.data.checks.labels import check_labels
from posetune.data.checks.looks import Looks, look_at
from posetune.data.checks.visibility import missing_points
from posetune.data.dataset import load_dataset
from posetune.data.people import Dataset, Person
from posetune.landmarks import COUNT, EDGES, FLIP
from posetune.progress import to_terminal
from posetune.runtime.load import load

ARMS, LEGS, KNEES_DOWN = np.arange(11, 23), np.arange(23, 33), np.arange(25, 33)
Spoil = Callable[[Person, np.random.Generator], np.ndarray]


def exchanged(region: np.ndarray) -> Spoil:
    def spoil(person: Person, rng: np.random.Generator) -> np.ndarray:
        keypoints = person.keypoints.copy()
        keypoints[region] = person.keypoints[FLIP[region]]
        return keypoints

    return spoil


def moved(least: float, most: float) -> Spoil:
    """A limb's point moved by so many torsos."""

    def spoil(person: Person, rng: np.random.Generator) -> np.ndarray:
        keypoints = person.keypoints.copy()
        which = rng.choice([i for i in (13, 14, 15, 16, 25, 26, 27, 28) if person.labelled[i]])
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(least, most) * person.torso
        keypoints[which, :2] += far * np.cos(angle), far * np.sin(angle)
        return keypoints

    return spoil


def left_out(person: Person, rng: np.random.Generator) -> np.ndarray:
    """A point with v = 0 that has a labelled neighbour on the body."""
    keypoints = person.keypoints.copy()
    hinges = [
        i for i in range(13, COUNT) if person.labelled[i] and any(person.labelled[sum(e) - i] for e in EDGES if i in e)
    ]
    keypoints[rng.choice(hinges)] = 0
    return keypoints


def on_a_neighbour(people: tuple[Person, ...]) -> Spoil:
    """A point moved to where the same one of somebody else in the picture is."""

    def spoil(person: Person, rng: np.random.Generator) -> np.ndarray:
        keypoints = person.keypoints.copy()
        others = [p for p in people if p.image is person.image and p is not person]
        both = [(p, i) for p in others for i in range(11, 29) if p.labelled[i] and person.labelled[i]]
        if both:
            other, i = both[rng.integers(len(both))]
            keypoints[i, :2] = other.keypoints[i, :2]
        return keypoints

    return spoil


def findings(dataset: Dataset, looks: Looks) -> dict[int, list[Finding]]:
    """Person → findings."""
    people = dataset.usable
    swaps = sides.find_swaps(people, looks)
    found = [*swaps.values(), *points.find_misplaced(people, looks, frozenset(swaps)), *check_labels(dataset)]
    found += missing_points(dataset, people, looks.points, looks.visibility)
    by_person: dict[int, list[Finding]] = {}
    for finding in found:
        if finding.person is not None:
            by_person.setdefault(finding.person.id, []).append(finding)
    return by_person


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    dataset = load_dataset(args.data, args.split)
    people = dataset.usable
    first, second = load("full", threads=args.threads), load("heavy", threads=args.threads)
    everybody = {}
    for name, network in (("full", first), ("heavy", second)):
        with to_terminal().counting(f"people seen by {name}", len(people)) as counter:
            everybody[name] = look_at(network, people, progress=counter.at)
    clean = findings(dataset, asked(dataset, everybody, first, second, ()))
    suspected = {i: f for i, f in clean.items() if any(g.confidence >= 0.5 for g in f)}
    share = 100 * len(suspected) / len(people)
    print(f"{dataset.name}: {len(people)} people; as it stands {len(suspected)} have findings ({share:.1f} %)")
    kinds: dict[str, tuple[Spoil, tuple[str, ...]]] = {
        "whole exchanged": (exchanged(np.arange(11, 33)), ("swap_all", "swap_arms", "swap_legs")),
        "arms exchanged": (exchanged(ARMS), ("swap_all", "swap_arms", "swap_legs")),
        "legs exchanged": (exchanged(LEGS), ("swap_all", "swap_arms", "swap_legs")),
        "knees and ankles exchanged": (exchanged(KNEES_DOWN), ("swap_all", "swap_arms", "swap_legs")),
        "point moved 0.5 to 1.5 torsos": (moved(0.5, 1.5), ("point", "neighbour", "bones", "outside", "off_box")),
        "point moved 3 to 5 torsos": (moved(3, 5), ("point", "neighbour", "bones", "outside", "off_box")),
        "point on the neighbour": (on_a_neighbour(people), ("point", "neighbour", "bones")),
        "v = 0 inside the picture": (left_out, ("missing_point",)),
    }
    for what, (spoil, told) in kinds.items():
        rng = np.random.default_rng(args.seed)
        chosen = rng.permutation(len(people))
        spoilt: dict[int, Person] = {}
        for i in chosen.tolist():
            keypoints = spoil(people[i], rng)
            changed = dataclasses.replace(people[i], keypoints=keypoints)
            if not np.array_equal(keypoints, people[i].keypoints) and changed.crop is not None:
                spoilt[people[i].id] = changed
            if len(spoilt) == args.count:
                break
        if not spoilt:
            print(f"  {what}: there is nobody to whom it can be done")
            continue
        bad = dataclasses.replace(dataset, people=tuple(spoilt.get(p.id, p) for p in dataset.people))
        again = tuple(i for i, p in enumerate(bad.usable) if p.id in spoilt and p.crop != people[i].crop)
        found = findings(bad, asked(bad, everybody, first, second, again))
        of_kind = {i for i, f in found.items() if any(g.kind in told and g.confidence >= 0.5 for g in f)}
        right = of_kind & spoilt.keys()
        wrong = of_kind - spoilt.keys()
        recall, precision = len(right) / len(spoilt), len(right) / max(len(of_kind), 1)
        print(f"  {what}: {len(spoilt)} made, recall {recall:.3f}, precision {precision:.3f} ({len(wrong)} others)")


def asked(dataset: Dataset, everybody: dict[str, Looks], first, second, again: tuple[int, ...]) -> Looks:
    """The looks as ``data check`` has them: the second network at the doubtful only; those in ``again`` in their new crops."""
    looks = {}
    for name, network in (("full", first), ("heavy", second)):
        looks[name] = Looks(everybody[name].points.copy(), everybody[name].visibility.copy())
        if again:
            renewed = look_at(network, dataset.usable, again)
            looks[name].points[:, list(again)] = renewed.points[:, list(again)]
            looks[name].visibility[:, list(again)] = renewed.visibility[:, list(again)]
    people = dataset.usable
    doubts = {*sides.doubtful(people, looks["full"]), *points.doubtful(people, looks["full"])}
    rest = [i for i in range(len(people)) if i not in doubts]
    looks["heavy"].points[:, rest] = np.nan
    looks["heavy"].visibility[:, rest] = np.nan
    return looks["full"].and_then(looks["heavy"])


if __name__ == "__main__":
    main()
