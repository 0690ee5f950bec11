"""Poses and pictures as numbers."""

import numpy as np
from tests.helpers.labelled import true_keypoints

from posetune.label.features import JOINTS, likeness, pose_distances, pose_feature
from posetune.landmarks import INDEX


def test_a_pose_is_the_same_wherever_and_however_large():
    points = true_keypoints()
    known = points[:, 2] > 0
    first = pose_feature(points, known)
    moved = pose_feature(points[:, :2] * 3 + (50, -20), known)
    np.testing.assert_allclose(first, moved, atol=1e-5)
    turned = pose_feature(points[:, :2] @ np.array([[0, 1], [-1, 0]]), known)
    assert pose_distances(first, turned[None])[0] > 0.3  # lying is another pose than standing


def test_unknown_joints_do_not_count():
    points = true_keypoints()
    known = points[:, 2] > 0
    whole = pose_feature(points, known)
    known[INDEX["left_wrist"]] = False
    part = pose_feature(points, known)
    assert np.isnan(part[JOINTS.index(INDEX["left_wrist"])]).all()
    assert pose_distances(whole, part[None])[0] == 0
    assert pose_distances(np.full_like(whole, np.nan), part[None])[0] == np.inf
    known[[INDEX["left_hip"], INDEX["right_hip"]]] = False
    assert pose_feature(points, known) is None


def test_plain_pictures_are_alike():
    plain, other = np.full(4, np.nan), np.array([0.5, -0.5, 0.5, -0.5])
    assert likeness(plain, np.stack([plain, other])).tolist() == [1, -1]
    assert likeness(other, np.stack([other, -other])).tolist() == [1, -1]
