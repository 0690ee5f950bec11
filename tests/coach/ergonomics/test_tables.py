"""The tables against what is known of them apart from their cells: shapes, ends, growth, and worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from posetune.coach.ergonomics.tables import OWAS, REBA_A, REBA_B, REBA_C, RULA_A, RULA_B, RULA_C

TABLES = {"REBA_A": REBA_A, "REBA_B": REBA_B, "REBA_C": REBA_C, "RULA_A": RULA_A, "RULA_B": RULA_B, "RULA_C": RULA_C}


@pytest.mark.parametrize("name", TABLES)
def test_a_worse_part_never_scores_better(name: str):
    for axis in range(TABLES[name].ndim):
        falls = np.argwhere(np.diff(TABLES[name].astype(int), axis=axis) < 0)
        assert not len(falls), (axis, falls[:3].tolist())


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("REBA_A", 1, 9), ("REBA_B", 1, 9), ("REBA_C", 1, 12), ("RULA_A", 1, 9), ("RULA_B", 1, 9), ("RULA_C", 1, 7)],
)
def test_ends(name: str, low: int, high: int):
    assert (TABLES[name].min(), TABLES[name].max()) == (low, high)


def test_worked_examples():
    assert REBA_A[4 - 1, 2 - 1, 2 - 1] == 6  # trunk 4, neck 2, legs 2
    assert REBA_B[3 - 1, 1 - 1, 2 - 1] == 4  # upper arm 3, lower arm 1, wrist 2
    assert REBA_C[7 - 1, 4 - 1] == 8
    assert RULA_A[3 - 1, 2 - 1, 3 - 1, 1 - 1] == 4
    assert RULA_B[3 - 1, 3 - 1, 1 - 1] == 4
    assert RULA_C[5 - 1, 6 - 1] == 7


def test_owas_of_heavier_loads_is_never_better_and_each_category_is_there():
    assert (np.diff(OWAS.astype(int), axis=3) >= 0).all()
    assert set(np.unique(OWAS)) == {1, 2, 3, 4}
    assert OWAS[0, 0, 1, 0] == 1  # straight back, arms down, standing, light
    assert OWAS[3, 2, 3, 2] == 4  # bent and twisted, arms up, knees bent, heavy
