"""Scores of validation."""

import pytest

torch = pytest.importorskip("torch")
from posetune.tune.training.validate import Score


def test_one_person_whose_sides_flip_is_no_setback():
    before = Score(2.0, 1.0, (2.0, 1.9, 2.1, 2.0, 2.0, 1.8, 2.2, 2.0))
    flipped = Score(7.0, 0.9, (42.0, 1.9, 2.1, 2.0, 2.0, 1.8, 2.2, 2.0))
    assert flipped.worse_than(before) == 0
    all_of_them = Score(2.2, 1.0, tuple(x + d for x, d in zip(before.people_px, (0.1, 0.2, 0.3, 0.2) * 2, strict=True)))
    assert all_of_them.worse_than(before) == pytest.approx(0.1)
    assert before.worse_than(all_of_them) == 0
    assert Score(9.0, 0.5).worse_than(Score(8.0, 0.5)) == 0  # nobody worked it out
