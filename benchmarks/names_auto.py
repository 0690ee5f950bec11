"""How often the names of nameless points are found: a set's own names are forgotten and found again, many times.

python benchmarks/names_auto.py DIR [--split S] [--times 100] [--people 50]
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from posetune.data.auto_names import MOST_PEOPLE, distances, name_columns, sampled, table
from posetune.data.dataset import find_splits, load_dataset
from posetune.landmarks import canonical_name
from posetune.runtime.load import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", action="append")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--people", type=int, default=50, help="how many of the people each time")
    parser.add_argument("--model", default="heavy")
    args = parser.parse_args()
    sets = [load_dataset(args.data, split, native=True) for split in args.split or find_splits(args.data)]
    people = sampled([p for dataset in sets for p in dataset.people])
    away = distances(people, load(args.model, threads=1))
    names = sets[0].skeleton.names
    print(f"{len(away)} of {len(people)} people found (at most {MOST_PEOPLE}); all of them, in the set's own order:")
    print(table(name_columns(away)))
    rng = np.random.default_rng(0)
    counts: Counter[str] = Counter()
    for time in range(args.times):
        drawn = away[rng.choice(len(away), min(args.people, len(away)), replace=False)]
        order = rng.permutation(len(names))
        columns = name_columns(drawn[:, order], seed=time)
        right = [c.landmark for c in columns] == [canonical_name(names[i]) for i in order]
        counts["refused" if not all(c.sure for c in columns) else "found" if right else "wrong"] += 1
    print(dict(counts))


if __name__ == "__main__":
    main()
