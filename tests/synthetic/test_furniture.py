"""Walls and what stands along them (each thing by itself: test_props)."""

import numpy as np

from posetune.synthetic import furniture

WALL = [(np.array([x, 3.0, 0.0]), np.array([0.0, -1.0, 0.0])) for x in (-2.0, 0.0, 2.0)]


def test_a_turn_about_the_vertical():
    np.testing.assert_allclose(furniture.yaw(90) @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_so_many_things_along_the_walls():
    rng = np.random.default_rng(3)
    made = []
    found = furniture.clutter(rng, WALL, 3, (lambda rng, at: made.append(at) or furniture.gym_ball(rng, at),))
    assert len(made) == 3
    assert len(found) == sum(len(furniture.gym_ball(rng, at)) for at in made)


def test_a_tree_is_about_as_high_as_asked():
    points = np.concatenate([mesh.positions for mesh in furniture.tree(np.random.default_rng(0), np.zeros(3), 5.0)])
    assert 3 < points[:, 2].max() < 7
