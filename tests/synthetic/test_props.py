"""Things that people hold, sit on and stand behind."""

import numpy as np
import pytest

from posetune.synthetic import furniture, props

DOWN_TO = -0.01  # m: nothing reaches through the floor


def points(meshes):
    return np.concatenate([mesh.positions for mesh in meshes])


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: props.bench(rng, 0.45),
        lambda rng: props.crate(rng, (0.4, 0.5, 0.3)),
        lambda rng: props.seat(rng, 0.45),
        lambda rng: props.plant(rng, (0, 0, 0), 1.2),
        *(lambda rng, one=one: one(rng, np.zeros(3)) for one in (
            furniture.shelf, furniture.sofa, furniture.boxes, furniture.gym_ball, furniture.rack, furniture.weights,
            furniture.gym_bench, furniture.pot_plant, furniture.table)),
    ],
)  # fmt: skip
def test_what_stands_on_the_floor_does_and_one_seed_gives_one_thing(make):
    for seed in range(3):
        first, again = (points(make(np.random.default_rng(seed))) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        assert np.isfinite(first).all()
        assert DOWN_TO < first[:, 2].min() < 0.3
        assert first[:, 2].max() < 3


def test_a_barbell_lies_along_its_direction_and_is_the_same_for_a_seed():
    one, other = (points(props.barbell_like(7, (0, 0, 1), (1, 0, 0))) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert np.ptp(one[:, 0]) > 1.5
    assert np.ptp(one[:, 1]) < 0.6
    assert one.mean(0) == pytest.approx([0, 0, 1], abs=0.05)
