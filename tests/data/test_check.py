"""Checks of labels, images and splits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from tests.helpers.labelled import dataset, true_keypoints

from posetune.data.check import check_images, check_labels, check_splits
from posetune.data.dataset import ImageRecord
from posetune.landmarks import INDEX


def test_impossible_bones_and_people_twice():
    long = true_keypoints()
    long[INDEX["left_wrist"], :2] += [0, 190]
    kinds = [p.kind for p in check_labels(dataset(long))]
    assert kinds == ["impossible skeletons"]
    twice = check_labels(dataset(true_keypoints(), true_keypoints() + [1, 1, 0] * (true_keypoints()[:, 2:] > 0)))
    assert [p.kind for p in twice] == ["people labelled twice"]
    assert "persons 1 and 2" in twice[0].text
    assert check_labels(dataset(true_keypoints())) == []


def test_points_off_their_box():
    boxed = dataset(true_keypoints())
    person = dataclasses.replace(boxed.people[0], bbox=np.array([130.0, 90, 140, 130]))
    problems = check_labels(dataclasses.replace(boxed, people=(person,)))
    assert [p.kind for p in problems] == ["points outside their box"]
    assert "2 of 12" in problems[0].text  # the ankles


def test_images_missing_damaged_or_of_another_size(tmp_path):
    import cv2

    paths = [tmp_path / n for n in ("good.png", "small.png", "broken.jpg", "gone.png")]
    cv2.imwrite(str(paths[0]), np.zeros((40, 30, 3), np.uint8))
    cv2.imwrite(str(paths[1]), np.zeros((20, 30, 3), np.uint8))
    paths[2].write_bytes(b"\xff\xd8\xff\xe0nothing")
    images = tuple(ImageRecord(i, p, 30, 40, "g") for i, p in enumerate(paths))
    problems = check_images(dataset(images=images))
    assert [p.kind for p in problems] == [
        "images of another size than labelled",
        "images that cannot be read",
        "images that cannot be read",
    ]
    assert "small.png is 30 × 20" in problems[0].text


def test_groups_and_images_in_two_splits():
    other = ImageRecord(2, Path("b.png"), 400, 400, "scene")
    problems = check_splits([dataset(name="train"), dataset(images=(other,), name="val")])
    assert [p.kind for p in problems] == ["groups in more than one split"]
    problems = check_splits([dataset(name="train"), dataset(name="val")])
    assert {p.kind for p in problems} == {"images in more than one split", "groups in more than one split"}


def test_one_name_in_two_folders_is_no_leak_but_one_content_under_two_names_is(tmp_path):
    for name, content in (("a/0.jpg", b"one"), ("b/0.jpg", b"two"), ("b/1.jpg", b"one")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    train, val, copy = (ImageRecord(1, tmp_path / n, 9, 9, n) for n in ("a/0.jpg", "b/0.jpg", "b/1.jpg"))
    assert check_splits([dataset(images=(train,), name="train"), dataset(images=(val,), name="val")]) == []
    problems = check_splits([dataset(images=(train,), name="train"), dataset(images=(val, copy), name="val")])
    assert [p.kind for p in problems] == ["images in more than one split"]
