from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import points

from posetune.landmarks import FLIP
from posetune.store.subjects import same_subject


def test_exchanged_sides_and_a_point_far_away_are_the_same_person():
    moved = points()
    moved[3, :2] += 9
    assert same_subject(points()[FLIP], [(0, points(300.0)), (4, points())]) == 4
    assert same_subject(moved, [(4, points())]) == 4


def test_somebody_elsewhere_gets_a_number_of_their_own():
    assert same_subject(points(), []) == 0
    assert same_subject(points(), [(2, points(90.0))]) == 3
    assert same_subject(np.zeros((33, 3)), [(0, points())]) == 1
