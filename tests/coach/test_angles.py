"""The ten joint angles."""

from __future__ import annotations

import numpy as np

from posetune.coach.angles import JOINT_ANGLES, JOINTS, angles_of, visible_joints
from posetune.landmarks import INDEX
from posetune.skeleton import infer


def _standing() -> np.ndarray:
    """(33, 3) px: legs straight down, feet forwards."""
    points = np.zeros((33, 3), np.float32)
    for side, x in (("left", 60.0), ("right", 40.0)):
        for part, at in {
            "shoulder": (x, 20), "elbow": (x, 40), "wrist": (x + 20, 40), "hip": (x, 60), "knee": (x, 80), "ankle": (x, 100),
            "foot_index": (x + 10, 100),
        }.items():  # fmt: skip
            points[INDEX[f"{side}_{part}"], :2] = at
    return points


def test_the_ten_joints_of_both_sides():
    assert len(JOINTS) == len(JOINT_ANGLES) == 10
    assert {j.partition("_")[2] for j in JOINTS} == {"shoulder", "elbow", "hip", "knee", "ankle"}


def test_angles_are_interior_degrees():
    found = angles_of(_standing())
    assert found["left_knee"] == found["left_hip"] == 180
    assert found["left_elbow"] == found["right_ankle"] == 90
    assert found["right_shoulder"] == 0


def test_an_angle_of_points_that_coincide_or_are_not_known_is_none():
    points = _standing()
    points[INDEX["left_knee"]] = points[INDEX["left_ankle"]]
    points[INDEX["right_wrist"]] = np.nan
    found = angles_of(points)
    assert found["left_knee"] is None
    assert found["left_ankle"] is None
    assert found["right_elbow"] is None
    assert found["right_knee"] == 180


def test_a_skeleton_of_its_own_gives_the_joints_it_has():
    skeleton = infer(["left_hip", "left_knee", "left_ankle", "bar"], flip_pairs=[])
    found = angles_of(np.array([[0, 0], [0, 10], [10, 10], [5, 5]], np.float32), skeleton)
    assert found["left_knee"] == 90
    assert {joint for joint, value in found.items() if value is not None} == {"left_knee"}


def test_a_joint_is_visible_if_its_three_points_are():
    visibility = np.ones(33)
    visibility[INDEX["left_ankle"]] = 0.49
    assert set(JOINTS) - visible_joints(visibility) == {"left_knee", "left_ankle"}
