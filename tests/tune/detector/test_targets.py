import numpy as np

from posetune.tune.detector.samples import Sample
from posetune.tune.detector.scenes import Circles
from posetune.tune.detector.targets import CENTRES, LIVE, found_by, targets


def sample_of(*people, others="base", ignored=()):
    """People as (hip x, hip y, radius), upright."""
    rows = np.array(people, float).reshape(-1, 3)
    hip = rows[:, :2]
    up = np.stack([np.zeros(len(rows)), -rows[:, 2]], axis=1)
    circles = Circles(hip, hip + up / 2, hip + up)
    return Sample(np.zeros((224, 224, 3), np.uint8), circles, np.array(ignored, float).reshape(-1, 4), others, "")


def nobody():
    return np.zeros((980, 12), np.float32), np.full(980, -20, np.float32)


def said(target):
    """What a network answers that has learnt ``target``: raw (980, 12) and logits (980,)."""
    points = target.points.reshape(980, 10)
    raw = np.concatenate([points[:, :2], np.full((980, 2), 44.75), points[:, 2:]], axis=1)
    return raw, np.where(target.score > 0.5, 5.0, -20.0)


def test_the_live_anchors_lie_in_the_middle_of_their_cells():
    assert len(LIVE) == 980
    np.testing.assert_allclose(CENTRES[[0, 784]], [[4, 4], [8, 8]], atol=1e-5)


def test_who_answers_as_taught_says_everybody_once():
    people = [(60, 60, 15), (60, 130, 30), (150, 110, 90)]
    found, scores = found_by(*said(targets(sample_of(*people), *nobody())))
    assert len(found) == 3
    assert (scores > 0.9).all()
    for x, y, r in people:
        nearest = found[np.linalg.norm(found[:, 1] - (x, y), axis=1).argmin()]
        np.testing.assert_allclose(nearest[1], (x, y), atol=1e-3)
        np.testing.assert_allclose(nearest[2], (x, y - r), atol=1e-3)


def test_where_nobody_is_labelled_the_base_is_believed_or_not():
    raw, logits = nobody()
    somewhere = int(np.linalg.norm(CENTRES - (180, 40), axis=1).argmin())
    logits[somewhere] = 3
    base = targets(sample_of((60, 130, 30)), raw, logits)
    assert base.score[somewhere] > 0.9
    assert base.score_weight[somewhere] == base.points_weight[somewhere] == 1
    exact = targets(sample_of((60, 130, 30), others="nobody"), raw, logits)
    assert exact.score[somewhere] == 0
    assert exact.points_weight[somewhere] == 0


def test_with_ignore_what_the_base_is_not_sure_of_teaches_nothing():
    raw, logits = nobody()
    unsure, sure = (int(np.linalg.norm(CENTRES - at, axis=1).argmin()) for at in ((180, 40), (180, 180)))
    logits[unsure] = -3
    made = targets(sample_of((60, 130, 30), others="ignore"), raw, logits)
    assert made.score_weight[unsure] == 0
    assert made.score_weight[sure] == 1


def test_an_ignored_region_teaches_nothing_but_a_labelled_person_in_it_does():
    raw, logits = nobody()
    made = targets(sample_of((60, 130, 30), ignored=[(0, 0, 224, 224)]), raw, logits)
    weighed = np.linalg.norm(CENTRES[made.score_weight > 0] - (60, 113), axis=1)
    assert weighed.max() < 30
    assert (made.score > 0.5).sum() >= 3
    somewhere = int(np.linalg.norm(CENTRES - (180, 40), axis=1).argmin())
    logits[somewhere] = 3  # whom the base finds there stays found
    kept = targets(sample_of((60, 130, 30), ignored=[(0, 0, 224, 224)]), raw, logits)
    assert kept.score[somewhere] > 0.9
    assert kept.score_weight[somewhere] == 1


def test_whom_the_base_finds_keeps_the_bases_box():
    raw, logits = nobody()
    at = int(np.linalg.norm(CENTRES - (60, 113), axis=1).argmin())
    logits[at] = 4
    raw[at] = [*(np.array([63, 118]) - CENTRES[at]), 44.75, 44.75, *(np.tile([60, 130], 4) - np.tile(CENTRES[at], 4))]
    made = targets(sample_of((60, 130, 30)), raw, logits)
    np.testing.assert_allclose(made.points[at, 0] + CENTRES[at], (63, 118), atol=1e-3)


def test_a_crowd_of_two_hundred_and_people_at_the_border():
    rng = np.random.default_rng(0)
    people = [(x, y, 9) for x, y in rng.uniform(0, 224, (200, 2))]
    made = targets(sample_of(*people), *nobody())
    assert all(np.isfinite(values).all() for values in vars(made).values())
    found, _ = found_by(*said(made))
    assert 20 < len(found) <= 200  # those whose chests are close are one to the boxes
    border = targets(sample_of((2, 222, 40)), *nobody())
    assert (border.score > 0.5).any()
