"""Labelled people in memory."""

from __future__ import annotations

import dataclasses

import pytest
from tests.helpers.coco_labels import content, read

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.geometry import Crop


def test_a_damaged_image_is_told_when_it_is_read(folder):
    person = read(folder, content()).people[0]
    person.image.path.write_bytes(b"\xff\xd8\xff\xe0 no more")
    with pytest.raises(PosetuneError, match=r"a\.png"):
        person.image.read()


def test_a_part_of_a_set_has_its_images_and_the_people_in_them(drawn_set):
    whole = load_dataset(drawn_set, "train")
    part = whole.keep(whole.images[:2], "part")
    assert (part.name, len(part.images), len(part.people)) == ("part", 2, 2)
    assert part.groups == tuple(image.group for image in whole.images[:2])
    alone = whole.where(lambda person: person.id == whole.people[0].id)
    assert (len(alone.images), len(alone.people)) == (4, 1)
    renewed = whole.with_images({id(whole.images[0]): dataclasses.replace(whole.images[0], group="other")}, ("said",))
    assert renewed.people[0].group == renewed.images[0].group == "other"
    assert renewed.warnings == ("said",)


def test_who_is_usable_and_what_is_labelled(drawn_set):
    whole = load_dataset(drawn_set, "train")
    ignored = dataclasses.replace(whole, people=(dataclasses.replace(whole.people[0], ignore=True), *whole.people[1:]))
    assert len(whole.usable) == 4
    assert ignored.usable == whole.people[1:]
    assert whole.labelled_landmarks.sum() == whole.people[0].labelled.sum() == 8
    assert whole.people[0].torso_from == "diagonals"
    seen = Crop(9, 9, 9)
    assert whole.people[0].crop not in (None, seen)
    assert dataclasses.replace(whole.people[0], seen_crop=seen).crop == seen
