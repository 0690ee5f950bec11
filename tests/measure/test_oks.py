"""OKS and AP against numbers worked out by hand from COCO's definition."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.helpers.standing import PLACES, person

from posetune.landmarks import INDEX
from posetune.measure.oks import Detection, area_of, average_precision, oks


def moved(dx: float, **changes) -> np.ndarray:
    return person(**changes).keypoints[:, :3] + [dx, 0, 0]


def test_oks_of_one_point_uses_k_of_two_sigma():
    keypoints = np.zeros((33, 3))
    keypoints[INDEX["left_wrist"]] = 100, 100, 2
    one = dataclasses.replace(person(area=10_000.0), keypoints=keypoints)
    points = keypoints.copy()
    points[INDEX["left_wrist"], 0] += 12.4  # = area^½ · 2σ with σ = .062: the exponent is −1/2
    assert oks(points, one) == pytest.approx(np.exp(-0.5))


def test_oks_counts_labelled_points_of_the_17_only():
    figure = person(area=8_000.0)
    far = figure.keypoints.copy()
    far[INDEX["nose"]] = 1e5, 1e5, 0  # unlabelled
    far[INDEX["left_heel"]] = 1e5, 1e5, 0  # not one of the 17
    assert oks(far, figure) == pytest.approx(1)
    far[INDEX["left_hip"], 0] += 1e5
    assert oks(far, figure) == pytest.approx(7 / 8)


def test_where_the_area_is_from():
    assert area_of(person(area=500.0)) == (500, "area")
    assert area_of(person(bbox=np.array([0, 0, 10, 20.0]))) == (pytest.approx(106), "box")
    hull = {"bbox": np.array([0, 0, 10, 20.0]), "bbox_from": "keypoints"}
    assert area_of(person(area=200.0, **hull)) == (pytest.approx(200 * 0.53 / 0.66), "hull")
    assert area_of(person(area=90.0, **hull)) == (90, "area")  # of an outline, not of that box
    assert area_of(person())[1] == "points"


def test_perfect_answers_have_ap_1_and_nobody_to_find_has_none():
    figure = person(area=8_000.0)
    result = average_precision([([figure], [Detection(moved(0), 0.9)], [])])
    assert result == {"ap": 1.0, "ap_50": 1.0, "ap_75": 1.0}
    assert average_precision([([], [Detection(moved(0), 0.9)], [])])["ap"] is None


def test_a_missed_person_costs_recall():
    figure = person(area=8_000.0)
    result = average_precision([([figure], [Detection(moved(0), 0.9)], []), ([figure], [], [])])
    assert result["ap"] == pytest.approx(51 / 101)  # recall levels 0 … .50 of 101


def test_a_wrong_pose_ranked_first_costs_precision_one_ranked_last_does_not():
    figure = person(area=8_000.0)
    right, wrong = Detection(moved(0), 0.5), moved(300)
    assert average_precision([([figure], [right, Detection(wrong, 0.4)], [])])["ap"] == pytest.approx(1)
    assert average_precision([([figure], [right, Detection(wrong, 0.6)], [])])["ap"] == pytest.approx(0.5)


def test_a_second_pose_on_the_same_person_is_wrong():
    figure = person(area=8_000.0)
    twice = [Detection(moved(0), 0.9), Detection(moved(0), 0.8)]
    other = ([figure], [Detection(moved(0), 0.7)], [])
    # Ranked: right, wrong, right → precision 1 up to recall 1/2, then 2/3.
    expected = (51 * 1 + 50 * 2 / 3) / 101
    assert average_precision([([figure], twice, []), other])["ap"] == pytest.approx(expected)


def test_poses_on_ignored_people_do_not_count():
    figure = person(area=8_000.0)
    bystander = person({name: (x + 90, y) for name, (x, y) in PLACES.items()}, area=8_000.0, ignore=True)
    pose = np.where(bystander.labelled[:, None], bystander.keypoints, [300, 200, 0])  # a pose has all 33 points
    on_bystander = Detection(pose, 0.95)
    crowd = dataclasses.replace(
        bystander, keypoints=np.zeros((33, 3)), bbox=np.array([240.0, 80, 130, 240]), area=30_000.0
    )
    for ignored in ([bystander], [crowd]):
        result = average_precision([([figure], [Detection(moved(0), 0.9), on_bystander], ignored)])
        assert result["ap"] == pytest.approx(1)
    assert average_precision([([figure], [Detection(moved(0), 0.9), on_bystander], [])])["ap"] < 1


def test_at_most_20_detections_an_image_count():
    figure = person(area=8_000.0)
    noise = [Detection(moved(300 + i), 0.9) for i in range(20)]
    assert average_precision([([figure], [*noise, Detection(moved(0), 0.1)], [])])["ap"] == 0
