"""How well a detector finds people, as one figure."""

import pytest

pytest.importorskip("torch")

from posetune.tune.detector.score import Score


def score(labelled: int, found: int, duplicates: int = 0, false: int = 0) -> Score:
    return Score(labelled, found, duplicates, false, float("nan"), 1.0, 2.0)


def test_misses_and_false_answers_cost_alike():
    assert score(10, 10).f1 == score(0, 0).f1 == 1
    assert score(10, 8).f1 == pytest.approx(2 * 0.8 / 1.8)
    assert score(10, 10, 1, 1).f1 == pytest.approx(2 * (10 / 12) / (1 + 10 / 12))
    assert score(5, 0, 0, 3).f1 == 0


def test_what_there_is_not_is_null():
    found = score(10, 8, 1).to_json()
    assert found["centre"] is None
    assert (found["found"], found["side"]) == (8, 1.0)
    assert str(score(10, 8, 1)).startswith("found 8 of 10, 1 twice, 0 where nobody is")
