"""Stock heavy is live, stock lite challenges, and the corrections are heavy's worst tenth: a naive gate promotes; this one must
not.

    python benchmarks/learning/selection.py SET [--split val] [--every 1]

SET: a labelled real set (acrobatics). First the corrections are given as what they are, corrections: no evidence. Then, by
cheating, as audits: all that is left are the guards (every network's error on the set, heavy's best). Beside it what a paired
interval says.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.learn.evidence import Evidence, relative_difference
from posetune.learn.gate import guarded, on_challenger
from posetune.learn.guards import Guard, compare, measure
from posetune.learn.material import _ordinary
from posetune.learn.ordinary import PICTURES
from posetune.learn.people import errors_by
from posetune.learn.rules import Rules
from posetune.measure.bootstrap import Resampling
from posetune.measure.metrics import scorable
from posetune.progress import to_terminal
from posetune.runtime.load import load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--every", type=int, default=1)
    args = parser.parse_args()
    rules = Rules()
    heavy, lite = (load(stock.resolve(name)) for name in ("heavy", "lite"))
    people = [p for p in load_dataset(args.set, args.split).people if scorable(p)][:: args.every]
    errors = errors_by({"heavy": heavy, "lite": lite}, people)
    live, challenger = errors["heavy"], errors["lite"]
    print(f"{len(people)} people: lite errs {challenger.mean() / live.mean() - 1:+.1%} against heavy in truth")
    for share in (0.2, 0.1):
        worst = np.argsort(-live)[: round(share * len(people))]
        change = challenger[worst].mean() / live[worst].mean() - 1
        groups = np.array([people[i].group for i in worst], dtype=object)
        interval = Resampling.of(groups).interval_of_ratio(challenger[worst], live[worst])
        naive = "promotes" if interval is not None and interval[1] < 0 else "is not sure"
        x = relative_difference(live[worst], challenger[worst])
        ruling = on_challenger(Evidence.of(x), Evidence.of(-x), rules)
        print(
            f"heavy's worst {share:.0%}, {len(worst)} people: lite seems {change:+.1%}; a paired 95 % interval {interval} {naive}; "
            f"were they audits, the gate would say: {ruling.what} ({ruling.why})"
        )
    x = relative_difference(live, challenger)
    for name, order in (("all people, in the order of the set, as audits", np.arange(len(x))),):
        ruling = on_challenger(Evidence.of(x[order]), Evidence.of(-x[order]), rules)
        print(f"{name}: {ruling.what} ({ruling.why})")
    checks = []
    for guard in (_ordinary(PICTURES, to_terminal()), Guard("the first set", tuple(people[::3]))):
        checks += compare(guard, measure(lite, guard), {"heavy": measure(heavy, guard)}, rules)
    ruling = guarded(checks)
    print(f"the guards: {ruling.what}")
    for check in checks:
        print(f"  {'FAILED' if check.passed is False else 'passed' if check.passed else 'not shown'}: {check.said}")


if __name__ == "__main__":
    main()
