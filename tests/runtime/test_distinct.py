"""The same person seen twice is one; neighbours are two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune.landmarks import FLIP
from posetune.runtime.distinct import distinct
from posetune.runtime.pose import Pose


@pytest.fixture(scope="module")
def pose() -> Pose:
    (found,) = posetune.load("lite", threads=1).predict(draw_person(room(460, 580), (230, 290), 1.4))
    return found


def moved(pose: Pose, by: float) -> Pose:
    """The pose, ``by`` sides of its crop to the right."""
    shift = np.array([by * pose.crop.side, 0, 0], np.float32)
    return replace(pose, landmarks_px=pose.landmarks_px + shift, auxiliary_px=pose.auxiliary_px + shift)


def test_the_first_of_the_same_stays(pose):
    poses = [pose, moved(pose, 0.03), moved(pose, 0.2), moved(pose, 0.22), moved(pose, -0.15)]
    assert [poses.index(p) for p in distinct(poses)] == [0, 2, 4]


def test_left_and_right_changed_over_are_the_same_person(pose):
    mirrored = replace(pose, landmarks_px=pose.landmarks_px[FLIP])
    assert len(list(distinct([pose, mirrored]))) == 1
