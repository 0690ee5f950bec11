"""Where vertices lie along the body."""

import numpy as np

from posetune.synthetic.body import load
from posetune.synthetic.surface import fields, rest_normals, scalp


def test_fields_run_from_the_trunk_to_the_ends():
    field, rest = fields(), load().shape(np.zeros(load().people_scores.shape[1])).vertices
    assert field.arm.shape == field.leg.shape == field.neck.shape == field.part.shape == (len(rest),)
    assert -1 < field.arm.min() < 0
    assert 2.5 < field.arm.max() <= 3.5
    height = rest[:, np.argmax(np.ptp(rest, axis=0))]
    legs = field.leg > 0
    assert np.corrcoef(field.leg[legs], height[legs])[0, 1] < -0.9  # down the leg


def test_normals_are_of_unit_length():
    lengths = np.linalg.norm(rest_normals(), axis=1)
    assert np.isclose(lengths, 1, atol=1e-5).mean() > 0.99
    assert (lengths < 1 + 1e-5).all()  # 0 where no face touches a vertex


def test_a_hairline_set_back_leaves_less_hair():
    assert (scalp(0.03) > 0).sum() < (scalp(0.0) > 0).sum()
