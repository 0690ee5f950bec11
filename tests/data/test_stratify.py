"""Sets divided by whole groups, with all kinds of poses in each part."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.stratify import divide, merged, pose_kinds
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

PLACES = {"left_shoulder": (60, 30), "right_shoulder": (40, 30), "left_hip": (58, 70), "right_hip": (42, 70),
          "left_knee": (58, 100), "left_ankle": (58, 130), "left_elbow": (70, 50), "left_wrist": (75, 70)}  # fmt: skip


def person(number: int, image: ImageRecord, turned: bool) -> Person:
    keypoints = np.zeros((33, 3))
    for name, (x, y) in PLACES.items():
        keypoints[INDEX[name]] = (x, 200 - y, 2) if turned else (x, y, 2)
    return Person(number, image, keypoints)


def make(groups: int, size: int = 4, start: int = 0) -> Dataset:
    """Groups of ``size`` images; in every second group people stand on their heads."""
    images, people = [], []
    for g in range(groups):
        for i in range(size):
            number = g * size + i + 1
            images.append(ImageRecord(number, Path(f"{start}-{number}.png"), 200, 200, f"g{start + g}"))
            people.append(person(number, images[-1], turned=g % 2 == 1))
    return Dataset("d", tuple(images), tuple(people), (), (), Path("."))


def test_no_group_is_divided_and_each_part_has_all_kinds_of_poses():
    dataset = make(20)
    parts = divide(dataset, {"train": 0.6, "val": 0.2, "test": 0.2}, seed=1)
    for a in parts.values():
        assert sum(set(a.groups) <= set(b.groups) for b in parts.values()) == 1
    assert sum(len(p.people) for p in parts.values()) == 80
    for name, share in (("train", 0.6), ("val", 0.2), ("test", 0.2)):
        heads = sum(p.keypoints[INDEX["left_hip"], 1] > 100 for p in parts[name].people)
        assert len(parts[name].people) == 80 * share
        assert heads == 40 * share


def test_the_order_of_images_changes_nothing_and_the_seed_does():
    dataset = make(12)
    reverse = dataclasses.replace(dataset, images=dataset.images[::-1], people=dataset.people[::-1])
    shares = {"train": 0.75, "val": 0.25}
    assert set(divide(dataset, shares, 3)["val"].groups) == set(divide(reverse, shares, 3)["val"].groups)
    assert len({tuple(divide(dataset, shares, seed)["val"].groups) for seed in range(5)}) > 1


def test_every_part_has_a_group_and_too_few_are_refused():
    parts = divide(make(3), {"train": 0.9, "val": 0.05, "test": 0.05})
    assert [len(p.groups) for p in parts.values()] == [1, 1, 1]
    with pytest.raises(PosetuneError, match=r"has 1 group .*never divided.*--group-by"):
        divide(make(1), {"train": 0.8, "val": 0.2})
    with pytest.raises(PosetuneError, match="do not make up a whole"):
        divide(make(3), {"train": 0.8, "val": 0.3})


def test_splits_with_the_same_ids_are_merged():
    whole = merged([make(2), make(2, start=10)])
    assert [i.id for i in whole.images] == list(range(1, 17))
    assert len({p.id for p in whole.people}) == 16
    assert all(any(p.image is i for i in whole.images) for p in whole.people)


def test_kinds_of_poses():
    kinds = pose_kinds(make(10).people)
    assert len(set(kinds[:4])) == 1
    assert kinds[0] != kinds[4]
    assert pose_kinds(make(1).people) == [0] * 4
