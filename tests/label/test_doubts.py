"""What can be told of labels without a network: unsure points, bones far too long, shoulders against hips."""

import numpy as np
import pytest
from tests.helpers.review_set import standing

from posetune.label.doubts import doubts_of, score_of, scores
from posetune.landmarks import COUNT, FLIP, INDEX

SURE = np.full(COUNT, 0.95)


def _spoilt(kind: str) -> tuple[np.ndarray, np.ndarray]:
    points, confidence = standing(200, 200), SURE.copy()
    if kind == "low":
        confidence[23:] = 0.1
    elif kind == "bone":
        points[INDEX["left_ankle"], :2] += 400
    elif kind == "sides":
        points[[11, 12]] = points[[12, 11]]
    return points, confidence


def test_a_good_label_is_not_doubted():
    points, confidence = _spoilt("")
    assert doubts_of(points, confidence) == []
    assert scores(points[None], confidence[None]).tolist() == [0]


@pytest.mark.parametrize("kind", ["low", "bone", "sides"])
def test_a_spoilt_label_is(kind):
    points, confidence = _spoilt(kind)
    found = doubts_of(points, confidence)
    assert kind in [doubt.kind for doubt in found]
    assert score_of(found) == pytest.approx(scores(points[None], confidence[None])[0])
    assert score_of(found) > 0.3


def test_whose_sides_are_exchanged_altogether_contradicts_nothing():
    points = standing(200, 200)[FLIP]
    assert doubts_of(points, SURE) == []


def test_without_confidence_or_points_nothing_is_doubted():
    unknown = np.full(COUNT, np.nan)
    assert doubts_of(standing(200, 200), unknown) == []
    assert doubts_of(np.zeros((COUNT, 3)), unknown) == []
    assert scores(np.zeros((0, COUNT, 3)), np.zeros((0, COUNT))).shape == (0,)
