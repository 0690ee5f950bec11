"""The plan of a sweep: its cells, and nested parts of the set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posetune.data.dataset import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.sweep.plan import cells, subset


def many(groups: int = 5, each: int = 8) -> Dataset:
    images, people = [], []
    for number in range(groups * each):
        image = ImageRecord(number, Path(f"{number}.png"), 100, 100, f"scene {number % groups}")
        keypoints = np.zeros((33, 3))
        for index, (x, y) in {11: (60, 20), 12: (40, 20), 23: (60, 60), 24: (40, 60)}.items():
            keypoints[index] = x, y, 2
        images.append(image)
        people.append(Person(number, image, keypoints))
    return Dataset("many", tuple(images), tuple(people), (), (), Path("."))


def test_the_plan_is_every_combination_the_quick_ones_first():
    plan = cells(("full", "corrector"), ("lite", "full"), ("30", "all", "300"), images=120)
    assert [c.name for c in plan] == [
        "corrector-lite-30", "corrector-lite-all", "corrector-full-30", "corrector-full-all",
        "full-lite-30", "full-lite-all", "full-full-30", "full-full-all",
    ]  # fmt: skip
    with pytest.raises(PosetuneError, match="'some'"):
        cells(("full",), ("full",), ("some",), 10)
    with pytest.raises(PosetuneError, match="nothing to sweep"):
        cells((), ("full",), ("all",), 10)


def test_subsets_are_nested_seeded_and_spread_over_the_scenes():
    dataset = many()
    ten, twenty = subset(dataset, 10, 3), subset(dataset, 20, 3)
    assert len(ten.images) == len(ten.people) == 10
    assert {i.id for i in ten.images} < {i.id for i in twenty.images}
    assert sorted(np.unique([i.group for i in ten.images], return_counts=True)[1]) == [2] * 5
    assert [i.id for i in subset(dataset, 10, 3).images] == [i.id for i in ten.images]
    assert {i.id for i in subset(dataset, 10, 4).images} != {i.id for i in ten.images}
    assert len(subset(dataset, None, 3).images) == 40
