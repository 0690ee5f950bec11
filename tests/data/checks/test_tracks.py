"""Labels that stand still, and such that a tool put between two others."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from tests.helpers.labelled import dataset, true_keypoints

from posetune.data.checks.tracks import check_tracks
from posetune.data.origin import INTERPOLATED, Origin
from posetune.data.people import Dataset, ImageRecord, Person


def clip(*moves: tuple[float, float], group: str = "video", numbers=None) -> Dataset:
    """One person in frames of a video, moved by so many px from frame to frame."""
    labelled = true_keypoints()[:, 2:] > 0
    images, people = [], []
    for i, (x, y) in enumerate(moves):
        number = i if numbers is None else numbers[i]
        images.append(ImageRecord(i, Path(f"frame_{number:04}.jpg"), 400, 400, group))
        people.append(Person(i + 1, images[-1], true_keypoints() + np.array([x, y, 0]) * labelled))
    return dataclasses.replace(dataset(images=tuple(images)), people=tuple(people))


def found(made: Dataset) -> list[tuple[str, int]]:
    return [(f.kind, f.person.id) for f in check_tracks(made)]


def test_a_label_that_stands_still_is_told_and_one_that_moves_is_not():
    assert found(clip((0, 0), (0, 0), (3, 1))) == [("frozen", 2)]
    assert found(clip((0, 0), (0.3, 0), (3, 1))) == []


def test_a_label_halfway_between_its_neighbours_is_told_also_where_frames_are_left_out():
    assert found(clip((0, 0), (5, 2), (10, 4))) == [("interpolated", 2)]
    assert found(clip((0, 0), (2.5, 1), (10, 4), numbers=(0, 5, 20))) == [("interpolated", 2)]
    assert found(clip((0, 0), (5.6, 2), (10, 4))) == []


def test_images_of_different_groups_are_no_clip():
    made = clip((0, 0), (0, 0))
    images = tuple(dataclasses.replace(i, group=str(i.id)) for i in made.images)
    people = tuple(dataclasses.replace(p, image=i) for p, i in zip(made.people, images, strict=True))
    assert found(dataclasses.replace(made, images=images, people=people)) == []


def test_what_the_label_file_says_itself_counts():
    made = clip((0, 0), (7, 1))
    told = dataclasses.replace(made.people[1], origin=Origin(source=INTERPOLATED))
    assert found(dataclasses.replace(made, people=(made.people[0], told))) == [("interpolated", 2)]
