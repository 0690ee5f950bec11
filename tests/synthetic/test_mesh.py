"""Meshes and tiles."""

import numpy as np
import pytest

from posetune.synthetic import textures
from posetune.synthetic.mesh import Mesh, vertex_normals
from posetune.synthetic.shapes import ball, box, plane, tube


def area(mesh):
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def test_trimming_cuts_exactly_at_the_edge():
    sheet = plane((2, 2), (1, 0, 0), cells=7)
    colors = sheet.colors.copy()
    colors[:, 3] = 0.35 - sheet.positions[:, 0]  # keeps x < 0.35
    trimmed = Mesh(**{**sheet.__dict__, "colors": colors, "parts": np.arange(len(colors))}).trimmed()
    assert trimmed.positions[np.unique(trimmed.triangles), 0].max() == pytest.approx(0.35, abs=1e-5)
    assert area(trimmed) == pytest.approx(1.35 * 2, rel=1e-4)
    assert (trimmed.colors[:, 3] > 0).all()
    assert len(trimmed.parts) == len(trimmed.positions)


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


@pytest.mark.parametrize("name", textures.NAMES)
def test_tiles_repeat_without_a_seam(name):
    tile = textures.tile(name).astype(float)
    assert tile.shape == (256, 256, 4)
    for axis in (0, 1):
        steps = np.abs(np.diff(np.concatenate([tile, tile.take([0], axis)], axis), axis=axis)).mean(axis=(1 - axis, 2))
        assert steps[-1] <= 1.3 * steps[:-1].max() + 2
