"""Suspects: exchanged sides and misplaced points are found, good labels and unsure networks accuse nobody."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from posetune.data.check import check_images, check_labels, check_splits, find_suspects
from posetune.data.dataset import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.landmarks import COUNT, FLIP, INDEX

IMAGE = ImageRecord(1, Path("a.png"), 400, 400, "scene")
PLACES = {
    "left_shoulder": (230, 100), "right_shoulder": (170, 100),
    "left_elbow": (250, 150), "right_elbow": (150, 150),
    "left_wrist": (260, 200), "right_wrist": (140, 200),
    "left_hip": (225, 180), "right_hip": (175, 180),
    "left_knee": (230, 240), "right_knee": (170, 240),
    "left_ankle": (230, 300), "right_ankle": (170, 300),
}  # fmt: skip
ARMS = [i for i in range(11, 23)]


def true_keypoints() -> np.ndarray:
    keypoints = np.zeros((COUNT, 3))
    for name, (x, y) in PLACES.items():
        keypoints[INDEX[name]] = x, y, 2
    return keypoints


def dataset(*keypoints: np.ndarray, images: tuple[ImageRecord, ...] = (IMAGE,), name: str = "set") -> Dataset:
    people = tuple(Person(i + 1, IMAGE, k) for i, k in enumerate(keypoints))
    return Dataset(name, images, people, (), (), Path("."))


def answers(count: int, noise: float = 4.0, views: int = 2, visibility: float = 0.9) -> np.ndarray:
    """(views, count, 33, 4): the truth with a little noise."""
    points = np.zeros((views, count, COUNT, 4))
    points[..., :2] = true_keypoints()[:, :2] + np.random.default_rng(0).normal(0, noise, (views, count, COUNT, 2))
    points[..., 3] = visibility
    return points


def exchanged(region) -> np.ndarray:
    keypoints = true_keypoints()
    keypoints[region] = true_keypoints()[FLIP[region]]
    return keypoints


def test_good_labels_are_not_accused():
    assert find_suspects(dataset(true_keypoints()), answers(1)) == []


@pytest.mark.parametrize(
    ("kind", "region"), [("swap_all", range(11, 33)), ("swap_arms", range(11, 23)), ("swap_legs", range(23, 33))]
)
def test_exchanged_sides_are_found_and_nothing_else_is_said_of_them(kind, region):
    labels = exchanged(np.array(region))
    suspects = find_suspects(dataset(true_keypoints(), labels), answers(2))
    assert [(s.person_id, s.kind) for s in suspects] == [(2, kind)]
    assert set(suspects[0].landmarks) == {i for i in region if labels[i, 2]}
    assert suspects[0].score > 0.8
    assert "exchanged" in suspects[0].text


def test_a_misplaced_point_is_found():
    labels = true_keypoints()
    labels[INDEX["left_wrist"], :2] += [60, 70]
    suspects = find_suspects(dataset(labels), answers(1))
    assert [(s.kind, s.landmarks) for s in suspects] == [("point", (INDEX["left_wrist"],))]
    assert "left_wrist" in suspects[0].text


def test_a_network_that_is_not_sure_accuses_nobody():
    labels = true_keypoints()
    labels[INDEX["left_wrist"], :2] += [60, 70]
    torn = answers(1)
    torn[1, :, INDEX["left_wrist"], :2] += 40  # the mirrored crop says something else
    assert find_suspects(dataset(labels), torn) == []
    assert find_suspects(dataset(labels), answers(1, visibility=0.2)) == []
    lost = answers(1)
    lost[..., :2] += 60  # it does not see this person at all
    assert find_suspects(dataset(labels), lost) == []


def test_side_views_and_missing_partners_are_not_swaps():
    narrow = true_keypoints()
    narrow[:, 0] = np.where(narrow[:, 2] > 0, 200 + (narrow[:, 0] - 200) * 0.05, 0)
    assert find_suspects(dataset(narrow), narrow[None, FLIP]) == []
    one_sided = exchanged(np.arange(11, 33))
    one_sided[[INDEX[n] for n in PLACES if n.startswith("left") and n not in ("left_hip",)]] = 0
    found = find_suspects(dataset(one_sided), answers(1))
    assert all(s.kind != "swap_arms" for s in found)


def test_answers_must_fit_the_people():
    with pytest.raises(PosetuneError, match="2, 33"):
        find_suspects(dataset(true_keypoints(), true_keypoints()), answers(1))


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
