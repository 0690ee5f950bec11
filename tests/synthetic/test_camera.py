"""The camera: its projection and its axes."""

import numpy as np
import pytest
from tests.helpers.cameras import FRONT

from posetune.synthetic.camera import Camera


def test_projection_agrees_with_the_clip_matrix():
    camera = Camera.looking([2, -3, 1.5], [0.2, 0.1, 0.8], 60, 320, 240, roll=7)
    points = np.random.default_rng(1).normal(0, 0.6, (20, 3)) + [0, 0, 0.8]
    px = camera.project(points)
    clip = np.column_stack([points, np.ones(20)]) @ camera.matrix().T
    ndc = clip[:, :2] / clip[:, 3:]
    assert px[:, 0] == pytest.approx((ndc[:, 0] + 1) * 160, abs=1e-6)
    assert px[:, 1] == pytest.approx((1 - ndc[:, 1]) * 120, abs=1e-6)
    assert px[:, 2] == pytest.approx(clip[:, 3])


def test_view_axes_are_right_down_away():
    assert FRONT.view([[1, -4, 1.0]])[0] == pytest.approx([1, 0, 0])
    assert FRONT.view([[0, -4, 2.0]])[0] == pytest.approx([0, -1, 0])
    assert FRONT.view([[0, 0, 1.0]])[0] == pytest.approx([0, 0, 4])
