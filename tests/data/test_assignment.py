"""The least sum, each row its own column."""

import itertools

import numpy as np

from posetune.data.assignment import assign


def test_no_other_assignment_is_cheaper():
    rng = np.random.default_rng(0)
    for rows, columns in ((1, 1), (3, 3), (4, 6), (5, 5)):
        for _ in range(10):
            cost = rng.uniform(0, 1, (rows, columns))
            found = assign(cost)
            assert len(set(found.tolist())) == rows
            least = min(cost[range(rows), list(p)].sum() for p in itertools.permutations(range(columns), rows))
            assert np.isclose(cost[range(rows), found].sum(), least)


def test_a_permutation_is_found_in_its_matrix():
    order = np.random.default_rng(1).permutation(33)
    cost = np.ones((33, 33))
    cost[range(33), order] = 0
    assert assign(cost).tolist() == order.tolist()
