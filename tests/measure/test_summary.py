"""Figures of a network from the answers to its people."""

from __future__ import annotations

import numpy as np
from tests.helpers.standing import PLACES, scored

from posetune.measure.gallery import choose
from posetune.measure.summary import common_errors


def test_people_are_compared_by_the_points_that_both_networks_have():
    """The other network is as good on what it has; a point that it lacks, 80 px off here, does not make it the better one."""
    stock, other = scored([4, 6], left_wrist=80.0), scored([4, 6], without=("left_wrist",))
    assert stock.person_errors[0] > 2 * other.person_errors[0]
    before, after = common_errors(stock, other)
    np.testing.assert_allclose(before, after)
    assert not choose(stock, other, 9)["improved"]
    nothing = scored([4, 6], without=tuple(PLACES))
    assert np.isnan(common_errors(stock, nothing)).all()
    assert choose(stock, nothing, 9)["worst"] == []
