"""What the labels alone tell: bones, people twice, boxes, points outside."""

from __future__ import annotations

import dataclasses

import numpy as np
from tests.helpers.labelled import IMAGE, dataset, true_keypoints

from posetune.data.checks.labels import check_labels
from posetune.landmarks import INDEX


def kinds(found) -> list[str]:
    return [f.kind for f in found]


def with_box(box, keypoints=None):
    made = dataset(true_keypoints() if keypoints is None else keypoints)
    return dataclasses.replace(made, people=(dataclasses.replace(made.people[0], bbox=np.array(box, float)),))


def test_impossible_bones_and_people_twice():
    long = true_keypoints()
    long[INDEX["left_wrist"], :2] += [0, 190]
    found = check_labels(dataset(long))
    assert kinds(found) == ["bones"]
    assert found[0].points == (INDEX["left_elbow"], INDEX["left_wrist"])
    longer = true_keypoints()
    longer[INDEX["left_wrist"], :2] += [100, 190]
    assert check_labels(dataset(longer))[0].confidence > found[0].confidence
    twice = check_labels(dataset(true_keypoints(), true_keypoints() + [1, 1, 0] * (true_keypoints()[:, 2:] > 0)))
    assert kinds(twice) == ["labelled_twice"]
    assert "persons 1 and 2" in twice[0].message
    assert check_labels(dataset(true_keypoints())) == []


def test_of_a_crowd_each_pair_that_is_the_same_is_found():
    people = [true_keypoints() + np.array([shift, 0, 0]) * (true_keypoints()[:, 2:] > 0) for shift in (0, 90, 1, 45)]
    assert ["persons 1 and 3" in f.message for f in check_labels(dataset(*people))] == [True]


def test_points_off_their_box():
    found = check_labels(with_box([130.0, 90, 140, 130]))
    assert kinds(found) == ["off_box"]
    assert "2 of 12" in found[0].message
    assert set(found[0].points) == {INDEX["left_ankle"], INDEX["right_ankle"]}


def test_visible_points_outside_the_picture_but_not_hidden_ones():
    outside = true_keypoints()
    outside[INDEX["left_ankle"], :2] = 230, IMAGE.height + 40
    found = check_labels(dataset(outside))
    assert kinds(found) == ["outside"]
    assert found[0].points == (INDEX["left_ankle"],)
    outside[INDEX["left_ankle"], 2] = 1
    assert check_labels(dataset(outside)) == []


def test_boxes_that_are_the_hull_of_the_points_are_told_once_for_the_set():
    keypoints = true_keypoints()
    points = keypoints[keypoints[:, 2] > 0, :2]
    hull = [*points.min(axis=0), *np.ptp(points, axis=0)]
    one = with_box(hull).people[0]
    right = np.array([60.0, 0, 0]) * (keypoints[:, 2:] > 0)
    apart = [
        dataclasses.replace(one, id=i, keypoints=keypoints + i * right, bbox=np.add(hull, [i * 60, 0, 0, 0]))
        for i in range(6)
    ]
    found = check_labels(dataclasses.replace(dataset(), people=tuple(apart)))
    assert [f.kind for f in found if f.kind == "hull_box"] == ["hull_box"]
    assert "6 of 6" in next(f.message for f in found if f.kind == "hull_box")
    roomy = [dataclasses.replace(p, bbox=p.bbox + [-10, -20, 20, 40]) for p in apart]
    assert "hull_box" not in kinds(check_labels(dataclasses.replace(dataset(), people=tuple(roomy))))
