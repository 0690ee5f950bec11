from __future__ import annotations

import math

import numpy as np
import pytest
from tests.helpers.stick_figures import figure, lifting, pressing_up, squatting

from posetune.coach.body import Body, Ruler
from posetune.coach.sample import Sample
from posetune.coach.world import WORLD_MEASURES


def body(joints, turned: float = 0.0) -> Body:
    """As seen from ``turned`` degrees around the vertical."""
    sample = figure(0, joints)
    spin = np.radians(turned)
    turn = np.array([[np.cos(spin), 0, np.sin(spin)], [0, 1, 0], [-np.sin(spin), 0, np.cos(spin)]])
    return Ruler().see(Sample(0, sample.points, sample.visibility, sample.world @ turn.T))


@pytest.mark.parametrize("turned", [45, 90, 135])
@pytest.mark.parametrize("joints", [squatting(0), squatting(0.8), lifting(1), pressing_up(0)])
def test_from_all_sides_the_same(joints, turned: float):
    for name in WORLD_MEASURES:
        assert body(joints, turned).measure(name) == pytest.approx(body(joints).measure(name), abs=1e-6), name


def test_what_they_say():
    squat, lift, plank = body(squatting(1)), body(lifting(1)), body(pressing_up(0))
    assert squat.measure("trunk_lean_3d") == pytest.approx(40, abs=1)
    assert squat.measure("hip_hinge_3d") == pytest.approx(-50, abs=2)
    assert lift.measure("hip_hinge_3d") > 10
    assert plank.measure("body_tilt_3d") < 30
    assert plank.measure("mean_hip_3d") == pytest.approx(180, abs=8)
    assert body(squatting(0)).measure("stride_3d") == pytest.approx(0, abs=0.02)
    assert body(squatting(0)).measure("straddle_3d") > 0.3


def test_a_step_ahead_and_legs_apart_are_told_apart():
    sample = figure(0, {**squatting(0), "left_ankle": (520.0, 690.0), "right_ankle": (300.0, 690.0)})
    seen = Ruler().see(sample)
    assert seen.measure("stride_3d") > 0.8


def test_hidden_is_unknown_and_one_side_is_enough():
    hidden = tuple(f"left_{p}" for p in ("shoulder", "hip", "knee", "ankle"))
    one = Ruler().see(figure(0, squatting(0.5), hidden=hidden))
    assert math.isfinite(one.measure("trunk_lean_3d"))
    assert math.isfinite(one.measure("stride_3d"))
    both = (*hidden, *(name.replace("left", "right") for name in hidden))
    assert math.isnan(Ruler().see(figure(0, squatting(0.5), hidden=both)).measure("stride_3d"))


def test_what_is_hidden_behind_the_trunk_is_not_bent():
    feet = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("knee", "ankle"))
    lying = Ruler().see(figure(0, pressing_up(0), hidden=feet))
    assert lying.measure("hips_bent_3d") == 0
    assert math.isnan(lying.measure("mean_hip_3d"))
    assert lying.measure("knees_bent_3d") == 0
    away = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "hip"))
    assert math.isnan(Ruler().see(figure(0, pressing_up(0), hidden=away)).measure("hips_bent_3d"))
    assert Ruler().see(figure(0, squatting(1))).measure("hips_bent_3d") > 90
