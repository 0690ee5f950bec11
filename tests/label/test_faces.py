"""Faces are made unrecognisable."""

import numpy as np
from tests.helpers.arms import moving

from posetune.label.faces import blurred
from posetune.landmarks import REGIONS


def test_a_face_is_blurred_and_nothing_else(lite_landmarker):
    rgb = moving(1)[0]
    points = lite_landmarker.predict(rgb, 1)[0].landmarks_px[:, :2]
    picture, count = blurred(rgb, [points], [])
    assert count == 1
    changed = np.argwhere((picture != rgb).any(axis=2))[:, ::-1]
    face = points[list(REGIONS["face"])].mean(axis=0)
    away = np.linalg.norm(changed - face, axis=1)
    assert 5 < away.max() < 40
    eyes = rgb[int(face[1]) - 4 : int(face[1]) + 4, int(face[0]) - 8 : int(face[0]) + 8][..., 1].astype(float)
    after = picture[int(face[1]) - 4 : int(face[1]) + 4, int(face[0]) - 8 : int(face[0]) + 8][..., 1].astype(float)
    assert after.std() < 0.5 * eyes.std()


def test_somebody_whom_only_the_detector_saw(lite_landmarker):
    rgb = moving(1)[0]
    heads = lite_landmarker.detect(rgb)
    picture, count = blurred(rgb, [], heads)
    face = lite_landmarker.predict(rgb, 1)[0].landmarks_px[list(REGIONS["face"]), :2].mean(axis=0).round().astype(int)
    assert count == 1
    assert (picture[face[1], face[0]] != rgb[face[1], face[0]]).any()
    assert blurred(rgb, [np.full((33, 2), np.nan)], [])[1] == 0
