"""Left and right taken for each other."""

import numpy as np
from tests.helpers.standing import TORSO, person

from posetune.data.sides import flipped_points
from posetune.landmarks import INDEX

KNEES = [INDEX["left_knee"], INDEX["right_knee"]]


def legs():
    who = person({"right_knee": (170, 240), "right_ankle": (170, 300)})
    return who.keypoints[None, :, :2], who.labelled[None]


def test_a_pair_that_would_be_right_exchanged_is_flipped_and_a_plain_miss_is_not():
    labels, known = legs()
    found = labels.copy()
    found[0, KNEES] = found[0, KNEES[::-1]]
    found[0, INDEX["left_ankle"], 1] += 50
    assert np.flatnonzero(flipped_points(found, labels, known, np.array([TORSO]))[0]).tolist() == sorted(KNEES)


def test_without_the_partners_label_or_a_torso_nothing_can_be_told():
    labels, known = legs()
    found = labels.copy()
    found[0, KNEES] = found[0, KNEES[::-1]]
    assert not flipped_points(found, labels, known, np.array([np.nan])).any()
    known[0, KNEES[1]] = False
    assert not flipped_points(found, labels, known, np.array([TORSO])).any()
