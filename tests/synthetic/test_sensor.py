"""What a camera makes of a picture."""

import cv2
import numpy as np
from tests.helpers.figures import draw_person, room

from posetune.synthetic.sensor import expose, jpeg

PICTURE = draw_person(room(120, 160), (60, 85), 0.42)
DEPTH = np.full((160, 120), 3.0)


def exposed(camera: int, grain: int = 0) -> np.ndarray:
    return expose(np.random.default_rng(camera), np.random.default_rng(grain), PICTURE, DEPTH, 3.0)


def test_the_same_camera_and_grain_give_the_same_picture_and_others_another():
    np.testing.assert_array_equal(exposed(1), exposed(1))
    assert not np.array_equal(exposed(1), exposed(2))
    assert not np.array_equal(exposed(1), exposed(1, grain=5))


def test_the_scene_can_still_be_seen():
    for camera in range(6):
        found = exposed(camera)
        assert (found.shape, found.dtype) == (PICTURE.shape, np.uint8)
        assert np.corrcoef(found.mean(2).ravel(), PICTURE.mean(2).ravel())[0, 1] > 0.8


def test_a_jpeg_of_some_quality():
    content = jpeg(np.random.default_rng(0), PICTURE, 60, 90)
    back = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(back.astype(int) - PICTURE).mean() < 6
