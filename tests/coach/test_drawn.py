"""What pages draw."""

from __future__ import annotations

from posetune.coach.drawn import drawn_skeleton
from posetune.landmarks import EDGES, INDEX, NAMES


def test_every_line_has_the_region_of_its_limb():
    skeleton = drawn_skeleton()
    region = {(line["a"], line["b"]): line["region"] for line in skeleton["connections"]}
    assert (skeleton["names"], list(region)) == (list(NAMES), list(EDGES))
    by_name = lambda a, b: region[INDEX[a], INDEX[b]]  # noqa: E731
    assert by_name("left_shoulder", "right_shoulder") == by_name("left_shoulder", "left_hip") == "trunk"
    assert by_name("left_shoulder", "left_elbow") == by_name("right_wrist", "right_thumb") == "upper_limbs"
    assert by_name("left_hip", "left_knee") == by_name("right_ankle", "right_heel") == "lower_limbs"
    assert by_name("nose", "left_eye_inner") == "face"


def test_an_angle_stands_at_the_joint_that_it_is_named_after():
    angles = {angle["joint"]: angle for angle in drawn_skeleton()["angles"]}
    assert len(angles) == 10
    assert all(NAMES[angle["b"]] == joint for joint, angle in angles.items())
