"""Posing: limbs go where they are told, scenes stay within joint limits and on the floor."""

import numpy as np
import pytest

from posetune.synthetic.body import load
from posetune.synthetic.pose import AHEAD, UP, _twist, about, angles, unit


def test_rotations_follow_the_right_hand_rule():
    assert about(UP, 90) @ [1, 0, 0] == pytest.approx([0, 1, 0], abs=1e-12)
    assert angles(bend=90) @ UP == pytest.approx(AHEAD, abs=1e-12)  # bending forward
    assert (angles(side=30) @ UP)[0] > 0  # to the person's left
    assert (angles(twist=30) @ AHEAD)[0] > 0
    assert _twist(about([1, 2, 3], 40), unit([1, 2, 3])) == pytest.approx(40)


@pytest.mark.parametrize("side", ["L", "R"])
def test_hand_and_foot_reach_their_targets(poser, side):
    sign = 1 if side == "L" else -1
    shoulder = poser.where(f"upperarm01.{side}")
    target = shoulder + [sign * 0.1, -0.3, 0.1]
    poser.reach(side, target)
    assert poser.where(f"wrist.{side}") == pytest.approx(target, abs=1e-3)
    hip = poser.where(f"upperleg01.{side}")
    ankle = hip + [sign * 0.05, -0.3, -0.55]
    poser.step(side, ankle, toes=[0, -1, 0])
    assert poser.where(f"foot.{side}") == pytest.approx(ankle, abs=1e-3)
    assert poser.where(f"lowerleg01.{side}")[1] < min(hip[1], ankle[1])  # the knee goes forward


def test_a_target_out_of_reach_stretches_the_limb_and_no_more(poser):
    poser.reach("L", poser.where("upperarm01.L") + [3.0, 0, 0])
    reached = poser.where("wrist.L") - poser.where("upperarm01.L")
    assert np.linalg.norm(reached) == pytest.approx(poser.arm_length, rel=0.01)


@pytest.mark.parametrize("side", ["L", "R"])
def test_the_palm_faces_where_it_is_told(poser, side):
    sign = 1 if side == "L" else -1
    poser.arm(side, [sign, 0, 0], [sign, 0, 0])
    poser.hand(side, [sign, 0, 0], [0, 0, -1])
    flat = poser.where(f"finger3-3.{side}")
    poser.curl(side, 0.7)
    assert poser.where(f"finger3-3.{side}")[2] < flat[2] - 0.02  # closing, fingers go to the palm's side
    assert poser.where(f"finger1-2.{side}")[1] < poser.where(f"finger5-1.{side}")[1]  # thumb ahead


def test_stand_on_puts_the_lowest_point_on_the_floor(poser):
    poser.pelvis(angles(bend=60), [0, 0, 1.4])
    poser.stand_on(0.25)
    assert poser.posed().vertices[load().groups["body"], 2].min() == pytest.approx(0.25, abs=1e-4)
