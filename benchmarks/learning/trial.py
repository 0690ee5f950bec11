"""A tuned network on trial against another one on real people: how many audited people it takes, and what the guards say.

    python benchmarks/learning/trial.py CHALLENGER LIVE SET [--split val] [--everyday SET --everyday-split dev]

The people of SET judge in random order, twenty orders; the gate looks after each.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.learn.evidence import Evidence, relative_difference
from posetune.learn.gate import on_challenger
from posetune.learn.guards import Guard, compare, measure
from posetune.learn.material import _ordinary
from posetune.learn.ordinary import PICTURES
from posetune.learn.people import errors_by
from posetune.learn.rules import Rules
from posetune.measure.metrics import scorable
from posetune.progress import to_terminal
from posetune.runtime.load import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("challenger")
    parser.add_argument("live")
    parser.add_argument("set", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--everyday", type=Path)
    parser.add_argument("--everyday-split", default="dev")
    args = parser.parse_args()
    rules = Rules()
    networks = {
        name: load(stock.resolve(model)) for name, model in (("challenger", args.challenger), ("live", args.live))
    }
    people = [p for p in load_dataset(args.set, args.split).people if scorable(p)]
    errors = errors_by(networks, people)
    x = relative_difference(errors["live"], errors["challenger"])
    change = errors["challenger"].mean() / errors["live"].mean() - 1
    print(f"{len(people)} people: error {change:+.1%}; mean of x {x.mean():.3f}, spread {x.std():.3f}")
    said: list[str] = []
    needed: list[int] = []
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(x))
        for n in range(1, len(x) + 1):
            seen = x[order][:n]
            ruling = on_challenger(Evidence.of(seen), Evidence.of(-seen), rules)
            if ruling.what != "wait":
                break
        said.append(ruling.what)
        needed.append(n)
    promoted = [n for n, what in zip(needed, said, strict=True) if what == "promote"]
    print(f"of 20 orders promoted {len(promoted)}, refused {said.count('refuse')}, undecided {said.count('wait')}")
    if promoted:
        print(f"people needed: median {np.median(promoted):.0f}, least {min(promoted)}, most {max(promoted)}")
    guards = [_ordinary(PICTURES, to_terminal())]
    if args.everyday is not None:
        everyday = [p for p in load_dataset(args.everyday, args.everyday_split).people if scorable(p)]
        guards.append(Guard("everyday people", tuple(everyday)))
    for guard in guards:
        measured = {name: measure(network, guard) for name, network in networks.items()}
        for check in compare(guard, measured["challenger"], {"live": measured["live"]}, rules):
            print(f"{'FAILED' if check.passed is False else 'passed' if check.passed else 'not shown'}: {check.said}")


if __name__ == "__main__":
    main()
