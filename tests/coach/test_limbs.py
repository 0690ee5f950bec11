from __future__ import annotations

import math

import numpy as np
import pytest

from posetune.coach.limbs import OF_BOTH, between, both, ratio


def test_angles():
    assert between(np.array([1.0, 0]), np.array([0, 2.0])) == pytest.approx(90)
    assert between(np.array([1.0, 0, 0]), np.array([-3.0, 0, 0])) == pytest.approx(180)
    assert math.isnan(between(np.zeros(2), np.ones(2)))
    assert math.isnan(between(np.full(2, np.nan), np.ones(2)))


def test_of_both_sides_what_is_known():
    values = {"left": 1.0, "right": 3.0}
    assert [both(values.__getitem__, OF_BOTH[which]) for which in ("smaller", "larger", "mean")] == [1, 3, 2]
    assert both({"left": math.nan, "right": 3.0}.__getitem__, min) == 3
    assert math.isnan(both({"left": math.nan, "right": math.nan}.__getitem__, min))


def test_parts_of_a_limb_of_unknown_length_are_unknown():
    assert ratio(1, 2) == 0.5
    assert math.isnan(ratio(1, math.nan))
    assert math.isnan(ratio(1, 0))
