from __future__ import annotations

import pytest

from posetune.coach.ergonomics.posture import Posture
from posetune.coach.ergonomics.scores import (
    METHODS,
    Task,
    level,
    owas,
    reba,
    reba_lower_arm,
    reba_neck,
    reba_trunk,
    reba_upper_arm,
    reba_wrist,
    rula,
    rula_neck,
    rula_wrist,
    score,
)  # fmt: skip
from posetune.errors import PosetuneError

UPRIGHT = Posture(0, 10, 0, 80, 0, 0, False, 0)
BENT = Posture(70, 30, 100, 20, 30, 70, True, 0)
UNSEEN = Posture(*[None] * 8)


@pytest.mark.parametrize(
    ("flexion", "points"), [(-30, 3), (-10, 2), (0, 1), (5, 1), (6, 2), (20, 2), (21, 3), (60, 3), (61, 4)]
)
def test_trunk(flexion: float, points: int):
    assert reba_trunk(flexion) == points


@pytest.mark.parametrize(
    ("flexion", "points"), [(-25, 2), (-20, 1), (20, 1), (21, 2), (45, 2), (46, 3), (90, 3), (91, 4)]
)
def test_upper_arm(flexion: float, points: int):
    assert reba_upper_arm(flexion) == points


def test_the_other_parts():
    assert [reba_neck(f) for f in (-10, 0, 20, 21)] == [2, 1, 1, 2]
    assert [rula_neck(f) for f in (-10, 0, 10, 11, 20, 21)] == [4, 1, 1, 2, 2, 3]
    assert [reba_lower_arm(f) for f in (59, 60, 100, 101)] == [2, 1, 1, 2]
    assert [reba_wrist(f) for f in (15, 16)] == [1, 2]
    assert [rula_wrist(f) for f in (0, 10, 16)] == [1, 2, 3]


def test_upright_is_the_least():
    assert reba(UPRIGHT, Task()) == (1, 1)
    assert rula(UPRIGHT, Task()) == (1, 1)
    assert owas(UPRIGHT, Task()) == (1, 1)


def test_bent_by_hand():
    # trunk 4, neck 2, legs 2 + 2: A 8; upper arm 4, lower arm 2, wrist 2: B 6; C 10
    assert reba(BENT, Task()) == (10, 10)
    # load 2 and coupling 1: A 10, B 7, C 11, activity 1
    assert reba(BENT, Task(load_kg=12, coupling=1, repeated=True)) == (12, 12)
    # arm 4, 2, wrist 3, twist 1: A 4; neck 3, trunk 4, legs 2: B 6
    assert rula(BENT, Task()) == (6, 6)
    # back 2, arms 1, standing on one bent leg 5, load under 10 kg
    assert owas(BENT, Task()) == (3, 3)


def test_what_is_not_seen_is_an_interval_that_holds_what_it_may_be():
    for method in METHODS:
        low, high = score(method, UNSEEN, Task())
        assert low < high
        for posture in (UPRIGHT, BENT):
            inside = score(method, posture, Task())
            assert low <= inside[0] <= inside[1] <= high


def test_what_is_typed_in_never_makes_it_better():
    worse = (
        {"load_kg": 20},
        {"shock": True},
        {"coupling": 3},
        {"static": True},
        {"twisted": True},
        {"neck_twisted": True},
    )
    for more in (Task(**w) for w in worse):
        for method in METHODS:
            assert score(method, BENT, more) >= score(method, BENT, Task())
    assert reba(BENT, Task(supported=True)) <= reba(BENT, Task())


def test_levels():
    assert [level("reba", v) for v in (1, 2, 3, 4, 7, 8, 10, 11, 15)] == [
        "negligible", "low", "low", "medium", "medium", "high", "high", "very high", "very high",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"load_kg": -1}, {"load_kg": float("nan")}, {"coupling": 4}])
def test_what_cannot_be_typed_in(wrong: dict):
    with pytest.raises(PosetuneError, match=r"must be between|is 0"):
        Task(**wrong)
