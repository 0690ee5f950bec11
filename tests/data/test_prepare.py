"""What is done with every set once it is read."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.coco_labels import POINTS, annotation, content, read

from posetune.landmarks import INDEX


def test_far_outside_counts_as_unlabelled_with_a_warning_near_outside_does_not(folder):
    points = [-20, 10, 2, 60, 500, 2, *POINTS[6:]]
    dataset = read(folder, content(annotations=[annotation(keypoints=points)]))
    labelled = dataset.people[0].labelled
    assert labelled[INDEX["nose"]]
    assert not labelled[INDEX["left_shoulder"]]
    assert any("left_shoulder of annotation 7" in w for w in dataset.warnings)


def test_who_is_labelled_on_one_side_has_a_torso_where_the_set_is_so(folder):
    side = [50, 10, 2, 60, 30, 2, 0, 0, 0, 58, 70, 2, 0, 0, 0, 0, 0, 0]
    person = read(folder, content(annotations=[annotation(keypoints=side)])).people[0]
    assert person.torso == pytest.approx(np.hypot(2, 40))
    assert person.torso_from == "side"
    both = [annotation(id=i) for i in range(1, 8)]
    dataset = read(folder, content(annotations=[*both, annotation(id=9, keypoints=side)]))
    assert np.isnan(dataset.people[-1].torso)  # a hidden side among many with both: figures stay what they were
    assert dataset.people[-1].torso_from == "none"
    assert dataset.people[-1].side_torso == pytest.approx(np.hypot(2, 40))
    assert dataset.people[0].torso_from == "diagonals"
