"""The measures against examples worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.standing import IMAGE, PLACES, TORSO, answer, person

from posetune.data.people import Person
from posetune.landmarks import ANGLES, INDEX
from posetune.measure import metrics
from posetune.measure.metrics import Labels


def test_torso_and_crop_of_the_figure():
    figure = person()
    assert figure.torso == pytest.approx(TORSO)
    radius = np.hypot(30, 120)  # mid-hip (200, 180) to the left ankle
    assert figure.crop.side == pytest.approx(2 * 1.25 * 1.1 * radius)


def test_mean_error_in_the_three_units():
    labels = Labels.of([person()])
    errors = metrics.point_errors(answer({"left_wrist": (30, 40)}), labels)
    assert errors[0, INDEX["left_wrist"]] == pytest.approx(50)
    assert np.isnan(errors[0, INDEX["nose"]])
    assert metrics.mean_or_none(errors) == pytest.approx(50 / 8)
    crop = metrics.in_crop_px(errors, labels)
    assert metrics.mean_or_none(crop) == pytest.approx(50 / 8 * 256 / person().crop.side)


def test_the_mean_is_over_points_not_over_people():
    sparse = person()
    keep = [INDEX["left_shoulder"], INDEX["right_shoulder"], INDEX["left_hip"], INDEX["right_hip"]]
    keypoints = np.zeros((33, 3))
    keypoints[keep] = sparse.keypoints[keep]
    labels = Labels.of([person(), Person(2, IMAGE, keypoints)])
    predicted = np.concatenate([answer({}), answer({"left_hip": (12, 0)})])
    assert metrics.mean_or_none(metrics.point_errors(predicted, labels)) == pytest.approx(12 / 12)


@pytest.mark.parametrize(("move", "hit_1", "hit_2"), [(9.9, 1, 1), (10.1, 0, 1), (20.1, 0, 0)])
def test_pck_is_in_torsos(move, hit_1, hit_2):
    labels = Labels.of([person()])
    errors = metrics.point_errors(answer({"left_knee": (move, 0)}), labels)
    knee = INDEX["left_knee"]
    assert metrics.pck_hits(errors, labels, 0.1)[0, knee] == hit_1
    assert metrics.pck_hits(errors, labels, 0.2)[0, knee] == hit_2
    assert np.isnan(metrics.pck_hits(errors, labels, 0.2)[0, 0])


def test_a_missed_person_counts_as_wrong_for_pck_and_angles_but_has_no_error():
    labels = Labels.of([person()])
    nothing = np.full((1, 33, 3), np.nan)
    errors = metrics.point_errors(nothing, labels)
    assert metrics.mean_or_none(errors) is None
    assert np.nanmean(metrics.pck_hits(errors, labels, 0.2)) == 0
    angles, known = metrics.angle_errors(nothing, labels)
    assert np.nanmean(metrics.angle_hits(angles, known)) == 0


def test_joint_angles():
    names = [a.name for a in ANGLES]
    angles = metrics.joint_angles(person().keypoints)
    assert angles[names.index("left_elbow")] == pytest.approx(90)
    assert angles[names.index("left_knee")] == pytest.approx(180)
    assert angles[names.index("left_shoulder")] == pytest.approx(0)


def test_angle_errors_only_where_all_three_points_are_labelled():
    labels = Labels.of([person()])
    # The wrist moves from straight out (90°) to 45° below that.
    errors, known = metrics.angle_errors(answer({"left_wrist": (0, 50)}), labels)
    names = [a.name for a in ANGLES]
    assert errors[0, names.index("left_elbow")] == pytest.approx(45)
    assert errors[0, names.index("left_knee")] == pytest.approx(0)
    assert known[0].tolist() == [n in ("left_elbow", "left_shoulder", "left_hip", "left_knee") for n in names]
    assert np.isnan(errors[0, names.index("right_elbow")])
    hits = metrics.angle_hits(errors, known)
    assert np.nanmean(hits) == pytest.approx(3 / 4)


def test_depth_measures():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(33, 3))
    truth -= truth[[23, 24]].mean(axis=0)
    labels = Labels.of([person(keypoints_3d=truth)])
    nearer = truth[None] + [0, 0, 0.05] * (np.arange(33) == 15)[:, None]
    assert metrics.depth_errors_cm(nearer, labels)[0, 15] == pytest.approx(5)
    assert metrics.mean_or_none(metrics.mpjpe_cm(nearer, labels)) == pytest.approx(5 / 33)
    # A constant shift is no error: both are centred on the hips.
    assert metrics.mean_or_none(metrics.mpjpe_cm(truth[None] + 0.3, labels)) == pytest.approx(0, abs=1e-9)
    # A turned, scaled, shifted copy is perfect after alignment, a mirrored one is not.
    c, s = np.cos(0.7), np.sin(0.7)
    turned = 1.7 * truth @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + 2
    assert metrics.mean_or_none(metrics.pa_mpjpe_cm(turned[None], labels)) == pytest.approx(0, abs=1e-9)
    assert metrics.mean_or_none(metrics.mpjpe_cm(turned[None], labels)) > 10
    assert metrics.mean_or_none(metrics.pa_mpjpe_cm(truth[None] * [-1, 1, 1], labels)) > 10


def test_depth_is_unknown_without_true_3d():
    labels = Labels.of([person()])
    assert metrics.mean_or_none(metrics.depth_errors_cm(np.zeros((1, 33, 3)), labels)) is None


def test_who_is_scored():
    small = {name: (x / 11, y / 11) for name, (x, y) in PLACES.items()}
    assert metrics.scorable(person())
    assert not metrics.scorable(person(small))
    assert not metrics.scorable(person(ignore=True))
