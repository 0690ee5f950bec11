"""People as labels to be corrected."""

import numpy as np
import pytest
from tests.helpers.arms import moving

from posetune.label.prelabel import found_in, proposal, proposals
from posetune.landmarks import INDEX


def test_points_outside_are_no_labels_and_stay_known():
    points = np.tile([50.0, 50.0], (33, 1)) + np.arange(33)[:, None]
    points[INDEX["left_wrist"]] = -4, 10
    points[INDEX["left_ankle"]] = np.nan
    seen = np.ones(33, bool)
    seen[INDEX["nose"]] = False
    one = proposal(points, seen, np.full(33, 0.5), 0.9, (120, 100))
    v = one.keypoints[:, 2]
    assert v[INDEX["nose"]] == 1
    assert v[INDEX["left_shoulder"]] == 2
    assert v[INDEX["left_wrist"]] == v[INDEX["left_ankle"]] == 0
    assert one.outside[INDEX["left_wrist"]].tolist() == [-4, 10, 0]
    assert np.isnan(one.confidence[INDEX["left_ankle"]])
    assert np.isfinite(one.points_px).all(axis=1).sum() == 32
    x, y, w, h = one.box(120, 100)
    assert x >= 0
    assert x + w <= 120
    assert y + h <= 100
    assert proposal(points + 1000, seen, np.zeros(33), 1, (120, 100)) is None


def test_somebody_is_found_once_with_how_sure_each_point_is(lite_landmarker):
    rgb = moving(1)[0]
    poses = found_in(lite_landmarker, rgb, 5, None)
    found = proposals(lite_landmarker, rgb, poses)
    assert len(found) == 1
    height = rgb.shape[0]
    assert np.linalg.norm(found[0].points_px - poses[0].landmarks_px[:, :2], axis=1).max() < 0.1 * height
    assert 0 <= found[0].confidence.min() <= found[0].confidence.max() <= 1
    assert found[0].confidence[INDEX["left_shoulder"]] > 0.5
    assert found[0].score == pytest.approx(1, abs=0.2)
