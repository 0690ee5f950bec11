"""Figures as people read them."""

from __future__ import annotations

from posetune.measure.compare_table import seconds
from posetune.measure.results import Difference, DifferenceIntervals
from posetune.measure.texts import change


def test_words_for_numbers():
    assert [seconds(s) for s in (None, 4.2, 1025.0)] == ["", "4 s", "17:05"]
    bounds = DifferenceIntervals(None, (-0.2, 0.05), None, None)
    difference = Difference("full", 3, -1.0, -0.1, None, None, bounds)
    assert change(difference, of=True) == "−10.0 % (−20 … +5) of full"
    assert change(None) == ""
