"""What a set holds, counted."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
from tests.helpers.labelled import IMAGE, dataset, true_keypoints

from posetune.data.people import ImageRecord
from posetune.data.statistics import BODY, pose_map, quantiles, statistics_of
from posetune.landmarks import ANGLES, FLIP, INDEX


def turned(degrees: float) -> np.ndarray:
    """The figure turned clockwise about the middle of its hips."""
    keypoints = true_keypoints()
    labelled = keypoints[:, 2] > 0
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    keypoints[labelled, :2] = (keypoints[labelled, :2] - (200, 180)) @ np.array([[c, s], [-s, c]]) + (200, 180)
    return keypoints


def test_people_points_and_sizes():
    hidden = true_keypoints()
    hidden[INDEX["left_wrist"], 2] = 1
    hidden[INDEX["right_wrist"]] = 0
    empty = ImageRecord(2, Path("b.png"), 400, 400, "other")
    made = dataset(true_keypoints(), hidden, true_keypoints(), images=(IMAGE, empty))
    made = dataclasses.replace(made, people=(*made.people[:2], dataclasses.replace(made.people[2], ignore=True)))
    counted = statistics_of(made)
    assert (counted.images, counted.groups, counted.people, counted.ignored) == (2, 2, 2, 1)
    assert counted.visible[INDEX["left_wrist"]] == 1
    assert counted.hidden[INDEX["left_wrist"]] == 1
    assert counted.visible[INDEX["right_wrist"]] == 1
    assert counted.in_image == {0: 1, 2: 1}
    assert np.allclose(counted.heights, 0.5)
    content = json.loads(json.dumps(counted.to_json()))
    assert content["points"]["left_wrist"] == {"visible": 1, "hidden": 1}
    assert content["torso_px"]["50"] == round(made.people[0].torso, 3)


def test_how_they_stand_and_where_they_look():
    made = dataset(true_keypoints(), turned(50), turned(90), turned(175), true_keypoints()[FLIP])
    counted = statistics_of(made)
    assert counted.leans == {"upright": 2, "leaning": 1, "lying": 1, "upside down": 1}
    assert counted.faces == {"the camera": 4, "away": 1, "sideways": 0}


def test_angles_are_counted_in_steps_and_covered_from_three_people_on():
    knee = [a.name for a in ANGLES].index("left_knee")
    bent = true_keypoints()
    bent[INDEX["left_ankle"], :2] = bent[INDEX["left_knee"], :2] + (60, 0)
    counted = statistics_of(dataset(*[true_keypoints()] * 3, bent))
    assert counted.angles[knee].sum() == 4
    assert counted.angles[knee, -1] == 3
    assert counted.covered[knee] == 1 / 12


def test_poses_that_are_alike_lie_together_on_the_map():
    standing, lying = [true_keypoints() for _ in range(4)], [turned(90) for _ in range(4)]
    for k, keypoints in enumerate([*standing, *lying]):
        keypoints[INDEX["left_wrist"], 0] += 3 * k
    splits = [statistics_of(dataset(*standing, name="a")), statistics_of(dataset(*lying, name="b"))]
    laid = pose_map(splits)
    assert [len(p) for p in laid.places] == [4, 4]
    assert np.ptp(laid.places[0], axis=0).max() < 0.2 * np.linalg.norm(laid.places[0].mean(0) - laid.places[1].mean(0))
    assert laid.explained[0] > 0.9
    assert laid.examples
    assert all(pose.shape == (len(BODY), 2) for _, pose in laid.examples)


def test_nothing_gives_nothing():
    counted = statistics_of(dataset())
    assert pose_map([counted]) is None
    assert quantiles(counted.torsos) is None
    assert counted.to_json()["torso_px"] is None
