"""Meshes and tiles."""

import numpy as np
import pytest

from posetune.synthetic.mesh import Mesh
from posetune.synthetic.shapes import plane


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
