"""Whether a challenger errs less than the live network, by betting: valid whenever one looks, however often.

A unit of evidence is a person whom both networks saw. Its figure x = (e_live - e_challenger) / (e_live + e_challenger) lies in
[-1, 1] and needs no variance. Whoever bets a share b of their wealth on x, b chosen before x is seen, has wealth
prod(1 + b x); where the challenger is not better (E[x] <= 0) that is a test supermartingale, which reaches W with a probability of
at most 1 / W, ever (Ville 1939). The wealth is the mean of that of four bettors: three fixed shares, a coarse "diversified Kelly",
and the predictable plug-in of Waudby-Smith & Ramdas 2024 (Estimating means of bounded random variables by betting, eq. 26).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Shares of the wealth that three of the bettors always bet. For gains of 5 to 20 % the best share is 0.5 to 1.
FIXED = (0.3, 0.6, 0.9)
#: Wealth at which a challenger is better, or a live network worse than the one before: of equal ones at most 1 in 100 gets there.
THRESHOLD = 100.0
_PLUG_IN_ALPHA, _PLUG_IN_MOST = 0.05, 0.5


def relative_difference(live: np.ndarray, challenger: np.ndarray) -> np.ndarray:
    """(N,) in [-1, 1] of the errors of N people, (N,) each, at least 0: above 0 where the challenger errs less; 0 where both are
    0.
    """
    total = live + challenger
    return np.divide(live - challenger, total, out=np.zeros_like(total, dtype=float), where=total > 0)


def plug_in_bets(x: np.ndarray, alpha: float = _PLUG_IN_ALPHA, most: float = _PLUG_IN_MOST) -> np.ndarray:
    """(N,) the share bet on each of ``x`` (N,), from those before it alone: sqrt(2 log(2 / alpha) / (variance so far · t ·
    log(1 + t))), at most ``most`` of what could be bet, on the scale of [0, 1]; halved here, where x is in [-1, 1].
    """
    z, t = (x + 1) / 2, np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(z)) / (t + 1)
    variance = (0.25 + np.cumsum((z - mean) ** 2)) / (t + 1)
    before = np.concatenate(([0.25], variance[:-1]))[: len(x)]
    bets = np.sqrt(2 * math.log(2 / alpha) / (before * t * np.log1p(t)))
    return np.minimum(bets, most / 0.5) / 2


def log_wealth(x: np.ndarray, bets: np.ndarray | float) -> np.ndarray:
    """(N,) log of one bettor's wealth after each of ``x`` (N,)."""
    return np.cumsum(np.log1p(bets * x))


def log_evidence(x: np.ndarray) -> np.ndarray:
    """(N,) log of the e-process after each of ``x`` (N,): the mean wealth of the bettors."""
    bettors = np.stack([log_wealth(x, share) for share in FIXED] + [log_wealth(x, plug_in_bets(x))])
    return np.logaddexp.reduce(bettors, axis=0) - math.log(len(bettors))


def by_group(x: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """(G,) the mean of ``x`` (N,) of each group, in the order of their first: people of one scene are no independent evidence."""
    members: dict[str, list[float]] = {}
    for value, group in zip(x.tolist(), groups, strict=True):
        members.setdefault(group, []).append(value)
    return np.array([float(np.mean(values)) for values in members.values()])


@dataclass(frozen=True)
class Evidence:
    """What ``units`` say. ``log_e``: now, ``log_most``: at its highest, where a test that stops there would have stopped;
    ``mean``: of x, ``gain``: by how much the error is less, as x says it (2 x / (1 + x)).
    """

    units: int
    log_e: float
    log_most: float
    mean: float
    threshold: float = THRESHOLD

    @classmethod
    def of(cls, x: np.ndarray, threshold: float = THRESHOLD) -> Evidence:
        """Of units in the order of their coming."""
        if not len(x):
            return cls(0, 0.0, 0.0, 0.0, threshold)
        path = log_evidence(x)
        return cls(len(x), float(path[-1]), float(path.max()), float(x.mean()), threshold)

    @property
    def enough(self) -> bool:
        """The threshold was reached, now or earlier: the test may stop then, whatever comes after."""
        return self.log_most >= math.log(self.threshold)

    @property
    def gain(self) -> float:
        return 2 * self.mean / (1 + self.mean)

    @property
    def missing(self) -> int | None:
        """How many units more it takes at the present growth; None where there is none yet to go by."""
        if self.enough:
            return 0
        if self.units < 8 or self.log_e <= 0:
            return None
        return max(1, math.ceil((math.log(self.threshold) - self.log_e) * self.units / self.log_e))
