from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import stored
from tests.helpers.labelled import answers, exchanged, true_keypoints

from posetune.data.checks.looks import Looks
from posetune.landmarks import INDEX
from posetune.store.quarantine import Opinion, doubtful, is_hostile, opinions, scale_of
from posetune.store.sets import people_of

ARMS = np.arange(11, 23)


def seen(count: int = 1) -> Looks:
    said = answers(count, noise=3.0, views=4)
    return Looks(said[..., :2], said[..., 3])


def opinion(correction, *others, looks: Looks | None = None) -> Opinion:
    dataset = people_of([correction], Path())
    return opinions([correction], dataset, looks or seen(), {correction.number: others})[0]


def shown(points: np.ndarray, **given):
    """Of what ``points`` were shown, nothing was changed."""
    return stored(points, shown="a" * 64, shown_points=points.copy(), touched="c" * 33, **given)


def test_a_good_correction_is_believed():
    found = opinion(stored(true_keypoints()))
    assert found.reasons == ()
    assert not found.held.any()


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (exchanged(ARMS), "arm look exchanged"),
        (true_keypoints() + [30, 10, 0] * (true_keypoints() > 0).any(axis=1, keepdims=True), "beside where it is seen"),
    ],
)
def test_what_networks_see_otherwise_waits(points, said):
    found = opinion(stored(points))
    assert said in "; ".join(found.reasons)
    assert opinion(stored(points, kind="audit")).reasons == ()  # else networks would choose their judges


def test_most_points_anywhere_waits():
    points = true_keypoints()
    told = points[:, 2] > 0
    points[told, 0] += np.tile([50, 50, -50, -50], 3)  # pairs of points, as they come: left and right
    assert "half of the points" in "; ".join(opinion(stored(points)).reasons)
    assert doubtful(people_of([stored(points)], Path()), seen()) == [0]


def test_a_body_that_cannot_be_waits_without_networks_too():
    points = true_keypoints()
    points[INDEX["left_wrist"], :2] = 3000, 100
    dataset = people_of([stored(points)], Path())
    assert "times too long" in opinions([stored(points)], dataset, None, {})[0].reasons[0]


def test_who_confirms_in_no_time_has_not_looked():
    assert "in 1.2 s" in opinion(shown(true_keypoints(), seconds=1.2)).reasons[0]
    assert opinion(shown(true_keypoints(), seconds=9.0)).reasons == ()
    assert "nobody wrote down" in opinion(shown(true_keypoints(), seconds=None)).reasons[0]
    assert opinion(shown(true_keypoints(), seconds=None, trusted=True)).reasons == ()
    moved = dataclasses.replace(shown(true_keypoints(), seconds=1.2), points=true_keypoints() + [6, 0, 0])
    assert opinion(moved).reasons == ()
    unknown = stored(true_keypoints(), shown="a" * 64, touched="c" * 33, seconds=0.5)  # what was shown is not known
    assert "in 0.5 s" in opinion(unknown).reasons[0]


def test_a_far_move_waits_by_itself_until_somebody_agrees():
    wrist = INDEX["left_wrist"]
    before = true_keypoints()
    before[wrist, :2] = 380, 320
    correction = stored(true_keypoints(), shown="a" * 64, shown_points=before)
    found = opinion(correction)
    assert found.reasons == ()
    assert np.flatnonzero(found.held).tolist() == [wrist]
    ben = stored(true_keypoints(), number=2, annotator="ben")
    assert not opinion(correction, ben).held.any()


def test_a_point_on_which_two_differ_waits():
    other = true_keypoints()
    other[INDEX["right_knee"], :2] += 80
    found = opinion(stored(true_keypoints()), stored(other, number=2, annotator="ben"))
    assert np.flatnonzero(found.held).tolist() == [INDEX["right_knee"]]


def test_two_who_agree_are_believed_against_the_networks():
    swapped = exchanged(ARMS)
    assert opinion(stored(swapped), stored(swapped, number=2, annotator="ben")).reasons == ()


def test_the_scale_of_somebody_without_a_torso():
    points = np.zeros((33, 3))
    points[[25, 27]] = [10, 10, 2], [10, 100, 2]
    assert scale_of(people_of([stored(points)], Path()).people[0]) == 30.0
    assert np.isnan(scale_of(people_of([stored(np.zeros((33, 3)))], Path()).people[0]))


def test_whom_to_believe():
    assert not is_hostile(0, 0)
    assert not is_hostile(3, 17)
    assert is_hostile(12, 8)
    assert not is_hostile(1, 0)
    assert not is_hostile(12, 8, right=6)
    assert is_hostile(0, 5, wrong=3)
