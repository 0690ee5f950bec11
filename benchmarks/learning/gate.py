"""The gate over many years that never were: how often it promotes what is equal or worse, and how soon what is better.

    python benchmarks/learning/gate.py

Errors of people are log-normal, correlated 0.8 between two networks, with a paired spread of 0.45 of the mean, as measured between
successive networks of real sets; once more with heavier tails (Student's t, 4 degrees of freedom). A year has 26 challengers, each
judged by two weeks of 20 audited people; the gate looks every day. Beside it the gate that everybody writes first: a paired 95 %
interval on all units so far, looked at as often; and the same on corrections, the live network's worst fifth.
"""

from __future__ import annotations

import math

import numpy as np

from posetune.learn.evidence import Evidence, relative_difference
from posetune.learn.gate import on_challenger
from posetune.learn.rules import Rules

YEARS, CHALLENGERS, UNITS, LOOKS = 20, 26, 40, 14
CORRELATION, SPREAD, SIGMA = 0.8, 0.45, 0.604  # SIGMA: of the log errors, so that the paired spread is SPREAD
RULES = Rules()


def errors(rng: np.random.Generator, count: int, gain: float, heavy: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(N,) errors of the live network and of a challenger that errs less by ``gain``."""
    z = rng.standard_t(4, (3, count)) / math.sqrt(2) if heavy else rng.standard_normal((3, count))
    shared = math.sqrt(CORRELATION) * z[0]
    live, challenger = (np.exp(SIGMA * (shared + math.sqrt(1 - CORRELATION) * own)) for own in z[1:])
    return live, (1 - gain) * challenger


def ruled(live: np.ndarray, challenger: np.ndarray, looks: int) -> tuple[str, int]:
    """What the gate says, and after how many units."""
    x = relative_difference(live, challenger)
    for n in np.unique(np.linspace(len(x) / looks, len(x), looks).round().astype(int)):
        ruling = on_challenger(Evidence.of(x[:n], RULES.threshold), Evidence.of(-x[:n], RULES.threshold), RULES)
        if ruling.what != "wait":
            return ruling.what, int(n)
    return "wait", len(x)


def naive(live: np.ndarray, challenger: np.ndarray, looks: int) -> bool:
    """Whether a paired 95 % interval is ever below 0 at one of the looks."""
    change = challenger - live
    for n in np.unique(np.linspace(len(change) / looks, len(change), looks).round().astype(int)):
        if n > 3 and change[:n].mean() + 1.96 * change[:n].std(ddof=1) / math.sqrt(n) < 0:
            return True
    return False


def corrected(rng: np.random.Generator, gain: float, heavy: bool) -> tuple[np.ndarray, np.ndarray]:
    """Of 200 people the fifth on whom the live network is worst: whom somebody corrects."""
    live, challenger = errors(rng, 200, gain, heavy)
    worst = np.argsort(-live)[:UNITS]
    return live[worst], challenger[worst]


def main() -> None:
    for heavy in (False, True):
        rng = np.random.default_rng(0)
        print(f"--- {'heavy tails' if heavy else 'log-normal'} ---")
        null = [errors(rng, UNITS, 0.0, heavy) for _ in range(YEARS * CHALLENGERS)]
        promoted = sum(ruled(*pair, LOOKS)[0] == "promote" for pair in null)
        of_naive = sum(naive(*pair, LOOKS) for pair in null)
        on_corrections = sum(naive(*corrected(rng, 0.0, heavy), LOOKS) for _ in range(YEARS * CHALLENGERS))
        print(f"{YEARS} null years of {CHALLENGERS} challengers: the gate promotes {promoted} of {len(null)}")
        print(f"  the naive paired gate on the same audited people: {of_naive}; on corrections: {on_corrections}")
        for gain in (-0.03, -0.05):
            rulings = [ruled(*errors(rng, 400, gain, heavy), 40) for _ in range(200)]
            worse = sum(naive(*corrected(rng, gain, heavy), LOOKS) for _ in range(200))
            print(
                f"{-gain:.0%} worse, 400 audited people: promotes {sum(r == 'promote' for r, _ in rulings)} of 200, refuses "
                f"{sum(r == 'refuse' for r, _ in rulings)}; the naive gate on corrections promotes {worse}"
            )
        for gain in (0.12, 0.05):
            rulings = [ruled(*errors(rng, 1000, gain, heavy), 100) for _ in range(200)]
            within = sum(r == "promote" and n <= 200 for r, n in rulings)
            needed = [n for r, n in rulings if r == "promote"]
            print(
                f"{gain:.0%} better: promotes {within} of 200 within 200 audited people, {len(needed)} within 1000, refuses "
                f"{sum(r == 'refuse' for r, _ in rulings)}; median {np.median(needed):.0f} people, 80 % within "
                f"{np.quantile(needed, 0.8):.0f}"
            )


if __name__ == "__main__":
    main()
