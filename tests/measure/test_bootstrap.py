"""Intervals by resampling groups."""

from __future__ import annotations

import numpy as np

from posetune.measure.bootstrap import Resampling


def test_intervals_resample_groups_not_people():
    groups = np.array(["a"] * 50 + ["b"] * 50, dtype=object)
    values = np.array([0.0] * 50 + [10.0] * 50)[:, None]
    interval = Resampling.of(groups).interval(values)
    assert interval == (0.0, 10.0)  # two scenes: a quarter of all draws is one scene twice
    single = Resampling.of(np.arange(100)).interval(values)
    assert 3.5 < single[0] < 5 < single[1] < 6.5
    assert Resampling.of(np.array(["only"] * 9, dtype=object)).interval(values[:9]) is None


def test_paired_differences_are_narrower_than_the_intervals_of_both():
    rng = np.random.default_rng(1)
    reference = rng.normal(10, 5, (60, 1))
    better = reference - 1 + rng.normal(0, 0.1, (60, 1))
    draws = Resampling.of(np.arange(60))
    low, high = draws.interval_of_difference(better, reference)
    assert -1.1 < low < -1 < high < -0.9
    wide = draws.interval(reference)
    assert wide[1] - wide[0] > 1
    low, high = draws.interval_of_ratio(better, reference)
    assert -0.2 < low < -0.1 < high + 0.02


def test_intervals_pass_over_unlabelled_values():
    values = np.array([[1.0, np.nan], [3.0, 5.0]])
    draws = Resampling.of(np.array(["a", "b"], dtype=object))
    np.testing.assert_allclose(np.unique(draws.means(values)), [1, 3, 4])


def test_one_group_with_values_among_several_gives_no_interval():
    found = np.array([[5.0], [np.nan], [np.nan]])  # one of three people was found
    draws = Resampling.of(np.arange(3))
    assert draws.interval(found) is None
    assert draws.interval_of_ratio(found, found + 1) is None
    assert draws.interval_of_difference(found + 1, np.ones((3, 1))) is None
    assert draws.interval(np.array([[5.0], [6.0], [np.nan]])) is not None
