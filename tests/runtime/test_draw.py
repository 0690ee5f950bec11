"""Skeletons drawn: on the right places, in the right colours, at any size, whatever the points."""

from __future__ import annotations

import numpy as np
import pytest

from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.runtime.draw import SIDE_COLOURS, draw_poses, draw_skeleton
from posetune.runtime.pose import Pose

GRAY = 90


def points_in(side: float) -> np.ndarray:
    """(33, 3): the landmarks spread over a square of ``side`` px, well apart from each other."""
    rng = np.random.default_rng(3)
    grid = np.stack(np.meshgrid(np.arange(6), np.arange(6)), axis=-1).reshape(-1, 2)[rng.permutation(36)[:33]]
    return np.column_stack([(grid + 0.5) * side / 6, np.zeros(33)])


def colour_at(canvas: np.ndarray, point: np.ndarray) -> tuple[int, ...]:
    return tuple(canvas[int(point[1]), int(point[0])].tolist())


@pytest.mark.parametrize("side", [120, 700, 3000])
def test_points_have_the_colour_of_their_side_at_any_size(side):
    canvas = np.full((side, side, 3), GRAY, np.uint8)
    points = points_in(side)
    draw_skeleton(canvas, points)
    for name, where in (("left_wrist", "left"), ("right_ankle", "right"), ("nose", "middle")):
        assert colour_at(canvas, points[INDEX[name]]) == SIDE_COLOURS[where]
    changed = (canvas != GRAY).any(axis=2).mean()
    assert 0.02 < changed < 0.65


def test_hidden_points_are_rings_and_unshown_ones_are_not_drawn():
    points = points_in(900)
    wrist = INDEX["left_wrist"]
    hidden = np.ones(33, bool)
    hidden[wrist] = False
    canvas = np.full((900, 900, 3), GRAY, np.uint8)
    draw_skeleton(canvas, points, visible=hidden)
    assert colour_at(canvas, points[wrist]) == (0, 0, 0)
    only = np.zeros(33, bool)
    only[wrist] = True
    canvas[:] = GRAY
    draw_skeleton(canvas, points, shown=only)
    rows, cols = np.nonzero((canvas != GRAY).any(axis=2))
    assert np.hypot(cols - points[wrist, 0], rows - points[wrist, 1]).max() < 15


def test_points_far_outside_and_nan_do_no_harm():
    canvas = np.full((200, 300, 3), GRAY, np.uint8)
    points = points_in(200)
    points[5] = np.nan
    points[20, :2] = 1e9
    points[14, :2] = -400
    draw_skeleton(canvas, points)
    assert (canvas != GRAY).any()
    canvas[:] = GRAY
    draw_skeleton(canvas, np.full((33, 3), np.nan))
    assert (canvas == GRAY).all()


def test_draw_poses_leaves_the_image_alone():
    image = np.full((300, 300, 3), GRAY, np.uint8)
    image.flags.writeable = False
    half = np.full(33, 0.7, np.float32)
    pose = Pose(points_in(300), half, half, np.zeros((33, 3)), 0.9, np.zeros((2, 3)), Crop(150, 150, 300))
    assert (draw_poses(image, [pose, pose]) != image).any()
    assert (image == GRAY).all()
    assert np.array_equal(draw_poses(image, []), image)
