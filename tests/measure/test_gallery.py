"""Who is shown as improved and worsened."""

from __future__ import annotations

import numpy as np
from tests.helpers.standing import PLACES, person

from posetune.data.answers import Answers
from posetune.landmarks import INDEX
from posetune.measure.gallery import choose, evenly
from posetune.measure.metrics import Labels
from posetune.measure.summary import Scored, common_errors


def scored(shifts: list[float], without: tuple[str, ...] = (), **moved: float) -> Scored:
    """People whose points are all ``shifts`` px off, those in ``moved`` farther; the network lacks the points ``without``."""
    people = [person() for _ in shifts]
    empty = Answers.empty(len(people))
    points = np.stack([p.keypoints.copy() for p in people])
    points[:, :, 0] += np.array(shifts)[:, None]
    for name, far in moved.items():
        points[:, INDEX[name], 0] += far
    for name in without:
        points[:, INDEX[name]] = np.nan
    return Scored(Answers(points, empty.world, empty.visibility + 1, np.ones(len(people))), Labels.of(people))


def test_the_most_improved_come_first_and_the_others_are_worsened():
    chosen = choose(scored([4, 20, 4, 9]), scored([4, 5, 8, 2]), 9)
    assert [c.index for c in chosen["improved"]] == [1, 3]
    assert [c.index for c in chosen["worsened"]] == [2]
    assert [c.index for c in evenly(scored([4, 20, 4, 9]), scored([4, 5, 8, 2]), 4)] == [1, 3, 0, 2]


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
