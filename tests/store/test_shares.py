from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import points, stored

from posetune.store.shares import SHARE, bounded, weights


def given(**counts: int):
    return [stored(points(), annotator=name) for name, count in counts.items() for _ in range(count)]


@pytest.mark.parametrize("counts", [{"a": 100, "b": 10, "c": 10, "d": 10}, {"a": 40, "b": 30}, {"a": 7}])
def test_nobody_has_more_than_their_share(counts):
    found = given(**counts)
    weight = weights(found, beside=50.0)
    total = 50 + weight.sum()
    for name in counts:
        theirs = weight[[c.annotator == name for c in found]].sum()
        assert theirs <= SHARE * total + 1e-9
        assert theirs == counts[name] or theirs >= SHARE * total - 1e-9  # and no less than they may have


def test_with_enough_people_nothing_else_is_needed():
    assert (weights(given(a=9, b=9, c=9, d=9, e=9)) == 1).all()
    assert (weights(given(a=40, b=10)) == 1).all()  # two people are too few to bound anybody
    assert weights(given(a=40, b=10, c=10))[:40].sum() == pytest.approx(20)
    assert len(bounded(given(a=9))[0]) == 9


def test_a_trainer_that_knows_no_weights_gets_fewer(monkeypatch):
    found = [dataclasses.replace(c, number=n, id=f"c{n}") for n, c in enumerate(given(a=60, b=10))]
    kept, left_out = bounded(found, beside=50.0)
    counts = Counter(c.annotator for c in kept)
    assert counts["b"] == 10
    assert counts["a"] == 15
    assert left_out == {"a": 45}
    assert counts["a"] <= SHARE * (50 + len(kept))
    assert [c.number for c in kept] == sorted(c.number for c in kept)
    assert [c.number for c in kept] != list(range(15)) + list(range(60, 70))  # not the oldest
    assert bounded(found[60:], beside=50.0) == (found[60:], Counter())


def test_whom_an_operator_trusts_is_not_limited():
    found = [stored(points(), annotator="own", trusted=True) for _ in range(40)] + given(a=40)
    weight = weights(found)
    assert (weight[:40] == 1).all()
    assert weight[40:].sum() == pytest.approx(10)
    audits = [stored(points(), annotator="eve", kind="audit") for _ in range(40)]
    assert (weights(audits + given(a=10)) == 1).all()
    assert weights([]).shape == (0,)
    assert np.isfinite(weight).all()
