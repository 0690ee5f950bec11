"""Intervals by resampling groups: people of one scene or video are near-copies of each other, groups are
not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.measure.results import Interval

REPEATS = 2000
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Resampling:
    """``REPEATS`` draws of the groups with replacement, the same for every measure and network, so pairs
    stay paired.

    ``weights``: (REPEATS, G) how often each group was drawn; ``member``: (N,) the group of each person.
    """

    weights: np.ndarray
    member: np.ndarray

    @classmethod
    def of(cls, groups: np.ndarray, seed: int = 0, repeats: int = REPEATS) -> Resampling:
        """Draw from the groups of N people, (N,) of any hashable kind."""
        names, member = np.unique(groups.astype(str), return_inverse=True)
        draws = np.random.default_rng(seed).integers(0, len(names), (repeats, len(names)))
        weights = np.zeros((repeats, len(names)))
        np.add.at(weights, (np.arange(repeats)[:, None], draws), 1)
        return cls(weights, member)

    @property
    def groups(self) -> int:
        return self.weights.shape[1]

    def means(self, values: np.ndarray) -> np.ndarray:
        """(REPEATS,) the mean over all that is not NaN in ``values`` (N, …), for every draw; NaN if nothing
        was drawn.
        """
        flat = values.reshape(len(values), -1)
        known = np.isfinite(flat)
        sums = np.bincount(self.member, np.where(known, flat, 0).sum(axis=1), self.groups)
        counts = np.bincount(self.member, known.sum(axis=1), self.groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            return (self.weights @ sums) / (self.weights @ counts)

    def interval(self, values: np.ndarray) -> Interval:
        """The 95 % interval of the mean of ``values`` (N, …); None with fewer than two groups of which any is known."""
        return self._percentiles(self.means(values), values)

    def interval_of_difference(self, values: np.ndarray, reference: np.ndarray) -> Interval:
        """The 95 % interval of the mean of ``values`` minus that of ``reference``, both (N, …), group by
        group.
        """
        return self._percentiles(self.means(values) - self.means(reference), values, reference)

    def interval_of_ratio(self, values: np.ndarray, reference: np.ndarray) -> Interval:
        """The 95 % interval of mean(``values``) / mean(``reference``) − 1."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self._percentiles(self.means(values) / self.means(reference) - 1, values, reference)

    def _percentiles(self, means: np.ndarray, *of: np.ndarray) -> Interval:
        means = means[np.isfinite(means)]
        if not means.size or min(map(self._known_groups, of)) < 2:
            return (
                None  # of one group, every draw has the same mean: an interval without width would look like certainty
            )
        low, high = np.percentile(means, _PERCENTILES)
        return float(low), float(high)

    def _known_groups(self, values: np.ndarray) -> int:
        known = np.isfinite(values.reshape(len(values), -1)).any(axis=1)
        return len(np.unique(self.member[known]))
