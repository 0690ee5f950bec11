"""Footage without labels: the images of a folder, and whom a network finds in them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune.data.unlabelled import find_people, found_in, images_in
from posetune.errors import PosetuneError
from posetune.runtime.batch import write_jpeg
from posetune.runtime.media import DRAWN


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b").mkdir()
    rgb = draw_person(room(320, 400), (150, 200), 1.0)
    cv2.imwrite(str(tmp_path / "b" / "somebody.png"), rgb[..., ::-1])
    cv2.imwrite(str(tmp_path / "empty.jpg"), np.full((50, 60, 3), 120, np.uint8))
    (tmp_path / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "notes.txt").write_text("no image")
    write_jpeg(tmp_path / "drawn.jpg", rgb, DRAWN)
    return tmp_path


def test_images_of_a_folder_and_who_is_in_them(folder):
    records = images_in(folder, "replay")
    assert [record.path.name for record in records] == ["somebody.png", "damaged.jpg", "empty.jpg"]
    landmarker = posetune.load("lite", threads=1)
    counts = [None if poses is None else len(poses) for _, poses in found_in(landmarker, records)]
    assert counts == [1, None, 0]
    steps: list[int] = []
    found, damaged = find_people(landmarker, records, 1, lambda: steps.append(1))
    assert ([record for record, _ in found], damaged, len(steps)) == ([records[0]], 1, 3)


def test_a_folder_that_is_none_or_empty_is_named(tmp_path):
    with pytest.raises(PosetuneError, match=r"The replay folder .*gone does not exist"):
        images_in(tmp_path / "gone", "replay")
    with pytest.raises(PosetuneError, match=r"calibration folder .* holds no images"):
        images_in(tmp_path, "calibration")
