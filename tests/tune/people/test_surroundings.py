"""Crops of the run's own pictures that teach nothing."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.landmarks import COUNT
from posetune.tune.people.samples import Subject
from posetune.tune.people.surroundings import surroundings


def subject(name, width=640, height=480):
    image = ImageRecord(name, Path(name), width, height, name)
    keypoints = np.full((COUNT, 2), 200.0)
    return Subject(image, Crop(200, 200, 300, 0.5), keypoints, np.ones(COUNT, np.float32), np.ones(COUNT, np.float32))


def test_they_are_of_all_pictures_and_of_nobody_as_labelled():
    people = [subject("a"), subject("b"), subject("b")]
    found = surroundings(people, 60, 0)
    assert [sum(s.image.path.name == n for s in found) for n in "ab"] == [30, 30]
    for one in found:
        apart = np.hypot(one.crop.cx - 200, one.crop.cy - 200) / 300
        assert apart >= 0.3 or not 1 / 1.6 < one.crop.side / 300 < 1.6
        assert not one.weight.any()
        assert np.isnan(one.visible).all()
    sides = np.array([s.crop.side for s in found]) / 300
    assert (sides < 0.6).any()
    assert (sides > 1.7).any()


def test_the_same_for_the_same_seed():
    def places(seed):
        return [s.crop for s in surroundings([subject("a"), subject("b")], 10, seed)]

    assert places(1) == places(1) != places(2)


def test_of_pictures_of_unknown_size_only_what_lies_about_people():
    found = surroundings([subject("a", 0, 0)], 20, 0)
    assert len(found) == 20
    assert {s.crop.angle == 0.5 for s in found} == {False}


def test_nobody_has_no_surroundings():
    assert surroundings([], 10, 0) == []
