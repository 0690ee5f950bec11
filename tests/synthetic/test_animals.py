"""Animals stand on the floor, as tall as asked."""

import numpy as np

from posetune.synthetic.animals import quadruped
from posetune.synthetic.mesh import THING


def test_an_animal_stands_where_it_is_put_and_is_nobody():
    meshes = quadruped(np.random.default_rng(2), (3.0, 4.0, 0.0), 0.6)
    points = np.concatenate([m.positions for m in meshes])
    assert abs(points[:, 2].min()) < 0.05
    assert 0.4 < points[:, 2].max() < 1.2
    assert np.abs(points[:, :2].mean(axis=0) - [3, 4]).max() < 0.6
    assert all(m.owner == THING for m in meshes)
