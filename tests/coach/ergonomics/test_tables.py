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


#: Every cell a second time, rows and columns the other way round than in the module, as public copies of the worksheets have them
#: (docs/lab/results/coach.md says which agree); a, b, c are 10, 11, 12.
TRANSCRIPTS = {
    # a row a neck and a leg; columns: trunk
    "REBA_A": "12234 23456 34567 45678 13456 24567 35678 46789 34567 35678 56789 67899",
    # a row a lower arm and a wrist; columns: upper arm
    "REBA_B": "113467 224578 235588 124578 235689 345789",
    # a row a score B; columns: score A
    "REBA_C": "112346789abc 123446789abc 123446789abc 23345789abbc 3445689aabcc 3456789aabcc 4567899abbcc "
    "567889aabccc 66789aaabccc 77899abbcccc 77899abbcccc 78899abbcccc",
    # a row a lower arm, a wrist and a twist; columns: upper arm
    "RULA_A": "123457 233457 234457 234457 234457 344568 345568 345579 233458 234468 234468 234468 334468 344579 "
    "345579 345579 234469 344469 344469 344579 344579 345579 455679 455689",
    # a row a trunk and legs; columns: neck
    "RULA_B": "123578 333578 223578 334678 344678 455788 555788 556789 666789 677789 777889 777889",
    # a row a score of neck, trunk and legs; columns: of arm and wrist
    "RULA_C": "12334455 22334455 33334566 34445667 44456677 55567777 55667777",
    # a row legs and a load; columns: back and arms
    "OWAS": "111223122234 111223122334 111334133344 111222111222 111222111233 111333111344 111223112233 "
    "111233113233 111333223344 222333344444 222344344444 223344344444 222334444444 222344444444 "
    "223344444444 111234134444 111234134444 111244134444 111222111222 111333111333 112344111444",
}
#: Axes of the module's tables, in the order of rows and then columns above; how many make a row.
ORDER = {
    "REBA_A": (1, 2, 0), "REBA_B": (1, 2, 0), "REBA_C": (1, 0), "RULA_A": (1, 2, 3, 0), "RULA_B": (1, 2, 0), "RULA_C": (1, 0),
    "OWAS": (2, 3, 0, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_each_cell_against_a_second_transcript(name: str):
    rows = np.array([[int(cell, 13) for cell in row] for row in TRANSCRIPTS[name].split()])
    assert (rows == {**TABLES, "OWAS": OWAS}[name].transpose(ORDER[name]).reshape(rows.shape)).all()
