"""The pipeline protocol: which pose is whose."""

from __future__ import annotations

import numpy as np
from tests.helpers.standing import PLACES, person

from posetune.geometry import Crop
from posetune.measure.pipeline import match
from posetune.runtime.pose import Pose


def _pose(x: float, y: float) -> Pose:
    points = np.zeros((33, 3), np.float32)
    points[[23, 24], :2] = x, y
    nothing = np.zeros(33, np.float32)
    return Pose(points, nothing, nothing, points, 0.9, points[:2], Crop(0, 0, 1))


def test_a_pose_serves_one_person_and_far_ones_none():
    first = person()  # mid-hip (200, 180) or so, torso 100
    hip = np.array([first.crop.cx, first.crop.cy])
    second = person({n: (x + 100, y) for n, (x, y) in PLACES.items()})
    near_second = _pose(*(hip + [90, 0]))
    assert match([first, second], [near_second]) == [None, near_second]
    both = [_pose(*(hip + [60, 0])), near_second]
    assert match([first, second], both) == both
    assert match([first], [_pose(*(hip + [0, 149]))]) != [None]
    assert match([first], [_pose(*(hip + [0, 151]))]) == [None]
    assert match([], both) == []
