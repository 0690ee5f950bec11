from __future__ import annotations

import pytest
from tests.helpers.stick_figures import figure, lifting

from posetune.coach.body import Ruler
from posetune.coach.ergonomics.posture import EAR_FORWARD_DEG, Posture, posture_of


def posture(depth: float, turned: float = 90.0, **more) -> Posture:
    joints = lifting(depth)
    shoulder, hip = joints["shoulder"], joints["hip"]
    along = ((shoulder[0] - hip[0]) / 130, (shoulder[1] - hip[1]) / 130)
    joints["ear"] = (shoulder[0] + along[0] * 40, shoulder[1] + along[1] * 40)
    joints["nose"] = (joints["ear"][0] + 20, joints["ear"][1] + 5)
    joints["index"] = (joints["wrist"][0], joints["wrist"][1] + 15)
    joints["heel"] = (joints["ankle"][0] - 10, joints["ankle"][1] + 10)
    return posture_of(Ruler().see(figure(0, joints, turned, **more)))


def test_standing_is_zero():
    p = posture(0)
    assert p.trunk == pytest.approx(0, abs=0.5)
    assert p.neck == pytest.approx(-EAR_FORWARD_DEG, abs=0.5)
    assert p.upper_arm == pytest.approx(0, abs=0.5)
    assert p.knee == pytest.approx(0, abs=0.5)
    assert p.one_leg is False
    assert p.arms_raised == 0


def test_bending_to_the_floor_is_forward_and_arms_hang_before_the_trunk():
    p = posture(1)
    assert p.trunk == pytest.approx(70, abs=1)
    assert p.upper_arm == pytest.approx(70, abs=1)


def test_from_in_front_flexions_are_not_told():
    p = posture(1, turned=0)
    assert p.trunk is None
    assert p.neck is None
    assert p.upper_arm is None
    assert p.knee is not None


def test_hidden_legs_are_not_told():
    p = posture(1, hidden=("left_knee", "right_knee"))
    assert p.knee is None
    assert p.trunk is not None
