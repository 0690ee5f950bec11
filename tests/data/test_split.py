"""Splits keep scenes and videos whole and depend on nothing but the seed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from posetune.data.dataset import Dataset, ImageRecord, Person, keep_for_validation, split_by_group
from posetune.errors import PosetuneError


def make(sizes: dict[str, int]) -> Dataset:
    """A set with ``sizes[group]`` people, one an image."""
    keypoints = np.zeros((33, 3))
    keypoints[[11, 12, 23, 24]] = [[60, 20, 2], [40, 20, 2], [58, 60, 2], [42, 60, 2]]
    images, people = [], []
    for group, count in sizes.items():
        for _ in range(count):
            image = ImageRecord(len(images), Path(f"{len(images)}.png"), 100, 100, group)
            images.append(image)
            people.append(Person(len(people), image, keypoints))
    return Dataset("set", tuple(images), tuple(people), (), (), Path("."))


def test_no_group_stands_on_both_sides_and_nobody_is_lost():
    dataset = make({f"g{i}": 1 + i % 5 for i in range(40)})
    rest, part = split_by_group(dataset, 0.2, seed=3)
    assert not set(rest.groups) & set(part.groups)
    assert len(rest.people) + len(part.people) == len(dataset.people)
    assert abs(len(part.people) / len(dataset.people) - 0.2) < 0.05


def test_the_seed_alone_decides():
    dataset = make({f"g{i}": 2 for i in range(30)})
    reverse = dataclasses.replace(dataset, images=dataset.images[::-1], people=dataset.people[::-1])
    first = split_by_group(dataset, 0.3, seed=1)[1].groups
    assert set(first) == set(split_by_group(reverse, 0.3, seed=1)[1].groups)
    assert set(first) != set(split_by_group(dataset, 0.3, seed=2)[1].groups)


def test_two_large_groups_still_split():
    rest, part = split_by_group(make({"long": 90, "short": 30}), 0.1)
    assert rest.groups == ("long",)
    assert part.groups == ("short",)


@pytest.mark.parametrize("sizes", [{"only": 5}, {}])
def test_one_group_cannot_be_split(sizes):
    with pytest.raises(PosetuneError, match="Cannot split"):
        split_by_group(make(sizes), 0.2)


def test_the_fraction_is_checked():
    with pytest.raises(PosetuneError, match="between 0 and 1"):
        split_by_group(make({"a": 1, "b": 1}), 1.5)


def test_validation_takes_whole_groups_where_enough_is_left():
    for sizes in ({f"g{i}": 5 for i in range(8)}, {"a": 150, "b": 150}):
        rest, part, how = keep_for_validation(make(sizes), 0.15)
        assert not set(rest.groups) & set(part.groups)
        assert how == "in groups of their own"


@pytest.mark.parametrize("sizes", [{"one video": 29}, {"a": 15, "b": 15}])
def test_a_small_set_of_one_or_two_videos_gives_its_last_images(sizes):
    dataset = make(sizes)
    rest, part, how = keep_for_validation(dataset, 0.15)
    assert part.people == dataset.people[-len(part.people) :]
    assert len(part.people) in (4, 5)
    assert len(rest.people) + len(part.people) == len(dataset.people)
    assert "flatter" in how


def test_one_image_is_not_enough_for_validation():
    with pytest.raises(PosetuneError, match="Cannot split"):
        keep_for_validation(make({"only": 1}), 0.2)


def test_the_share_for_validation_is_checked_for_one_group_too():
    with pytest.raises(PosetuneError, match="between 0 and 1"):
        keep_for_validation(make({"only": 5}), 0.0)
