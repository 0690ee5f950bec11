"""People whom nobody labelled."""

from __future__ import annotations

import dataclasses

from posetune.data.checks.crowd import unlabelled_people
from posetune.data.dataset import load_dataset
from posetune.data.people import Person


def two_people(measured_set):
    dataset = load_dataset(measured_set, "val")
    return dataset.keep([dataset.images[1]])


def test_whom_no_label_tells_of_is_found_and_framed(measured_set, lite_landmarker):
    both = two_people(measured_set)
    assert unlabelled_people(both, lite_landmarker) == []
    right = both.where(lambda p: p.keypoints[p.labelled, 0].mean() > 220)
    done: list[int] = []
    (found,) = unlabelled_people(right, lite_landmarker, done.append)
    x, _, w, _ = found.box
    assert x < 110 < x + w < 220
    assert found.person is None
    assert found.confidence >= 0.5
    assert done == [1]


def test_somebody_to_be_ignored_counts_as_told(measured_set, lite_landmarker):
    def ignored(person: Person) -> Person:
        return dataclasses.replace(person, ignore=True)

    both = two_people(measured_set)
    assert unlabelled_people(dataclasses.replace(both, people=tuple(map(ignored, both.people))), lite_landmarker) == []
