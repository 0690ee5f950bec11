"""People: who they are follows from the seed, their meshes from the pose."""

import numpy as np
import pytest

from posetune.synthetic import people
from posetune.synthetic.body import load
from posetune.synthetic.pose import Poser


def drawn(seed, style="casual", population=(0.0, 1.0)):
    return people.draw_person(np.random.default_rng(seed), style=style, population=population)


def test_srgb_made_linear():
    np.testing.assert_allclose(people.linear([0.0, 0.5, 1.0]), [0, 0.5**2.2, 1])


def test_one_seed_one_person_and_parts_of_the_population_share_nobody():
    np.testing.assert_array_equal(drawn(3).shape.vertices, drawn(3).shape.vertices)
    low = {tuple(drawn(seed, population=(0, 0.3)).skin) for seed in range(8)}
    high = {tuple(drawn(seed, population=(0.7, 1)).skin) for seed in range(8)}
    assert not low & high


@pytest.mark.parametrize("style", ["casual", "sport", "yoga", "work"])
def test_everything_of_a_person_is_near_the_body(style):
    for seed in range(3):
        person = drawn(seed, style)
        posed = Poser(load(), person.shape).posed()
        for mesh in people.person_meshes(person, posed, 0):
            assert np.isfinite(mesh.positions).all()
            assert np.abs(mesh.positions).max() < 2.5
            assert mesh.triangles.max() < len(mesh.positions)
