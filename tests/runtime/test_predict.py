"""posetune.predict: one picture in, its people out."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune.errors import PosetuneError
from posetune.runtime.draw import draw_poses
from posetune.runtime.images import read_image
from posetune.runtime.load import load
from posetune.runtime.predict import predict
from posetune.runtime.video_writer import writing_video


def test_a_file_and_an_array_have_the_same_people(tmp_path):
    import cv2

    rgb = draw_person(room(300, 380), (150, 190), 0.95)
    cv2.imwrite(str(tmp_path / "a.png"), rgb[:, :, ::-1])
    (pose,) = predict(tmp_path / "a.png", model="lite", threads=1)
    (same,) = predict(rgb, "lite", max_people=1, threads=1)
    (third,) = load("lite", threads=1).predict(read_image(tmp_path / "a.png"))
    assert np.array_equal(pose.landmarks_px, same.landmarks_px)
    assert np.array_equal(pose.landmarks_px, third.landmarks_px)
    assert (draw_poses(rgb, [pose]) != rgb).any()


def test_what_is_no_picture_is_told_where_to_go(tmp_path):
    with writing_video(tmp_path / "a.mp4", 10, 64, 48) as video:
        video.write(np.zeros((48, 64, 3), np.uint8))
    cases = ((tmp_path / "a.mp4", "track"), (tmp_path, "folder"), (tmp_path / "b.jpg", "No such file"), (None, "array"))
    for given, words in cases:
        with pytest.raises(PosetuneError, match=words) as caught:
            predict(given, "lite")
        assert "\n" not in str(caught.value)
