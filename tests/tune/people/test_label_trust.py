"""How far each label is trusted."""

import numpy as np
from tests.helpers.labelled import answers, dataset, exchanged, true_keypoints

from posetune.landmarks import FLIP
from posetune.tune.people.label_trust import DISTRUSTED, trust_from

ARMS = list(range(11, 23))


def test_a_suspect_is_neither_taught_nor_held_and_that_is_said():
    people = dataset(true_keypoints(), exchanged(ARMS))
    said = []
    trust = trust_from(people, answers(2), said.append)
    assert trust.shape == (2, 33)
    assert (trust[0] == 1).all()
    suspected = np.flatnonzero(trust[1] == np.float32(DISTRUSTED))
    assert set(suspected) <= set(ARMS) | set(FLIP[ARMS])
    assert {13, 14, 15, 16} <= set(suspected)
    assert "1 people with left and right exchanged" in said[0]


def test_of_good_labels_nothing_is_said():
    said = []
    assert (trust_from(dataset(true_keypoints()), answers(1), said.append) == 1).all()
    assert said == []
