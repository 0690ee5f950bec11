"""Balls, tubes and boxes."""

import numpy as np
import pytest

from posetune.synthetic.mesh import vertex_normals
from posetune.synthetic.shapes import ball, box, tube


def test_a_ball_has_outward_normals_and_windings():
    shape = ball(0.5, (1, 1, 1))
    assert (shape.own_normals() * shape.positions).sum(1).min() > 0.49
    assert (vertex_normals(shape.positions, shape.triangles) * shape.positions).sum(1)[20:-20].min() > 0


def test_a_tube_may_turn_any_way():
    path = np.array([[0, 0, 0], [0, 1, 0], [0, 1.5, -0.5], [0, 1.5, -2]], float)
    assert np.isfinite(tube(path, 0.1, 8, (1, 1, 1)).positions).all()


def test_a_box_stands_on_the_floor():
    shape = box([1, 2, 3], (1, 1, 1))
    assert shape.positions.min(0) == pytest.approx([-0.5, -1, 0])
    assert shape.positions.max(0) == pytest.approx([0.5, 1, 3])
