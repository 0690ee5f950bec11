"""Posing: limbs go where they are told, scenes stay within joint limits and on the floor."""

import numpy as np
import pytest

from posetune.synthetic import limits, scenes, surface
from posetune.synthetic import people as folk
from posetune.synthetic.body import load
from posetune.synthetic.pose import AHEAD, UP, Poser, _twist, about, angles, unit
from posetune.synthetic.take import draw_motion


@pytest.fixture
def poser():
    body = load()
    return Poser(body, body.shape(body.people_scores[7]))


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


def test_limits_see_a_knee_that_cannot_be(poser):
    assert not limits.violations(poser)
    poser.leg("L", [0, -1, 0.8], [0, 1, -0.55])
    assert "left_knee_flexion" in limits.violations(poser)


# Which parts of the body carry it, by scene; codes of people.PARTS.
_CARRIERS = {
    "pushup": ("hand", "foot|shin|thigh"), "downdog": ("hand", "foot"), "cat-cow": ("hand", "shin"), "handstand": ("hand",),
    "squat": ("foot",), "lunge": ("foot",), "deadlift": ("foot",), "warrior": ("foot",), "walk": ("foot",), "worker": ("foot",),
    "stand": ("foot",), "sit": ("foot",), "ceiling": ("foot",), "station": ("foot",), "mat": ("hand", "foot"),
}  # fmt: skip


@pytest.mark.parametrize("name", scenes.names())
def test_scene_keeps_to_the_floor_and_to_what_joints_can_do(name):
    body, scene = load(), scenes.get(name)
    part = surface.fields().part[body.groups["body"]]
    for seed in (1, 2, 3):
        rng = np.random.default_rng([seed, 5])
        person = folk.draw_person(rng, scene.style[0])
        motion = draw_motion(rng, scene, person)
        for t in (0.0, 0.6, 1.0):
            poser = Poser(body, person.shape)
            motion.move(poser, t)
            assert max(limits.violations(poser).values(), default=0) < 3
            if motion.floor is not None:
                poser.stand_on(motion.floor)
            z = poser.posed().vertices[body.groups["body"], 2]
            assert z.min() > -0.02
            for kinds in _CARRIERS[name]:
                ends = tuple(kinds.split("|"))
                chosen = [k for k, p in enumerate(surface.PARTS) if p.endswith(ends)]
                assert z[np.isin(part, chosen)].min() < 0.06, f"{name}: no {kinds} on the floor"


def test_every_promised_scene_is_there():
    wanted = set(
        [
            "squat",
            "lunge",
            "deadlift",
            "pushup",
            "downdog",
            "cat-cow",
            "warrior",
            "handstand",
            "walk",
            "worker",
            "stand",
            "sit",
        ]
    )
    assert wanted <= set(scenes.names())
