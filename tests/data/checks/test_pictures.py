"""Pictures that are missing, damaged, of another size."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
from tests.helpers.figures import room
from tests.helpers.labelled import dataset

from posetune.data.checks.pictures import look_of, read_pictures
from posetune.data.origin import ImageOrigin
from posetune.data.people import ImageRecord


def test_images_missing_damaged_or_of_another_size(tmp_path):
    paths = [tmp_path / n for n in ("good.png", "small.png", "broken.jpg", "gone.png")]
    cv2.imwrite(str(paths[0]), np.zeros((40, 30, 3), np.uint8))
    cv2.imwrite(str(paths[1]), np.zeros((20, 30, 3), np.uint8))
    paths[2].write_bytes(b"\xff\xd8\xff\xe0nothing")
    images = tuple(ImageRecord(i, p, 30, 40, "g") for i, p in enumerate(paths))
    done: list[int] = []
    found = read_pictures(dataset(images=images), done.append).findings
    assert [f.kind for f in found] == ["other_size", "unreadable", "missing"]
    assert "small.png is 30 × 20" in found[0].message
    assert done == [1, 2, 3, 4]


def test_a_picture_looks_like_itself_made_smaller_and_not_like_another():
    picture = room(320, 240)
    picture[60:180, 100:160] = 30
    other = room(320, 240)
    other[20:90, 200:300] = 250
    small = cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA)
    assert look_of(picture) @ look_of(small) > 0.99
    assert look_of(picture) @ look_of(other) < 0.9
    assert np.isnan(look_of(np.full((50, 50, 3), 90, np.uint8))).all()


def test_an_image_that_changed_after_it_was_labelled(tmp_path):
    first, second = tmp_path / "same.png", tmp_path / "other.png"
    for path in (first, second):
        cv2.imwrite(str(path), np.zeros((40, 30, 3), np.uint8))
    origin = ImageOrigin(sha256=hashlib.sha256(first.read_bytes()).hexdigest())
    cv2.imwrite(str(second), np.full((40, 30, 3), 9, np.uint8))
    images = tuple(ImageRecord(i, p, 30, 40, "g", origin) for i, p in enumerate((first, second)))
    found = read_pictures(dataset(images=images)).findings
    assert [(f.kind, f.image.path.name) for f in found] == [("changed", "other.png")]
