"""Ours as CVAT's XML: its own reader takes it, and nothing moves on the way there and back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.helpers.coco_labels import annotation, content, read
from tests.helpers.cvat_reader import accept

from posetune.data.formats import cvat_images
from posetune.data.formats.cvat_writer import placed, write_cvat
from posetune.data.formats.reading import NONE, Reading
from posetune.data.formats.writing import Part, unique_names
from posetune.data.origin import Origin
from posetune.data.people import Dataset

RNG = np.random.default_rng(4)


def several(folder) -> Dataset:
    """30 people with any v, some points marked as outside, any places within 0.001 px."""
    one = read(folder, content())
    people = []
    for number in range(1, 31):
        keypoints = np.zeros((33, 3))
        v = RNG.integers(0, 3, 33)
        v[0] = 2
        keypoints[v > 0] = np.column_stack([np.round(RNG.uniform(-5, 105, (int((v > 0).sum()), 2)), 3), v[v > 0]])
        outside = np.full((33, 3), np.nan)
        some = (v == 0) & (RNG.random(33) < 0.5)
        outside[some] = np.column_stack(
            [np.round(RNG.uniform(0, 100, (int(some.sum()), 2)), 3), RNG.integers(0, 2, some.sum())]
        )
        origin = Origin(status="corrected", other={"attributes": {"team": "red & <blue>"}}) if number % 2 else Origin()
        box = np.array([1.0, 2.0, 90.25, 80.5]) if number % 3 else None
        person = dataclasses.replace(one.people[0], id=number * 7, keypoints=keypoints, outside=outside, bbox=box)
        people.append(dataclasses.replace(person, origin=origin, ignore=number == 3))
    return dataclasses.replace(one, people=tuple(people))


@pytest.fixture
def written(folder):
    dataset = several(folder)
    (names,) = unique_names([dataset], with_suffix=False)
    losses = write_cvat([Part("train", dataset, names)], folder / "out")
    return dataset, folder / "out" / "annotations" / "train.xml", losses


def test_cvats_own_reader_takes_it(written):
    dataset, path, _ = written
    shapes = accept(path, ["a.png", "b.png"])
    assert len(shapes) == len(dataset.people)
    assert shapes[0]["attributes"]["posetune_id"] == "7"
    assert shapes[0]["attributes"]["team"] == "red & <blue>"
    assert len(shapes[0]["elements"]) == 33


def test_there_and_back_keeps_every_pair_and_moves_no_point(written, folder):
    dataset, path, losses = written
    back = cvat_images.read(path, Reading(require=NONE, images=folder / "images"))
    assert [p.id for p in back.people] == [p.id for p in dataset.people]
    for before, after in zip(dataset.people, back.people, strict=True):
        old, new = placed(before), placed(after)
        assert (old[:, 2:] == new[:, 2:]).all()  # occluded, outside
        assert np.abs(old[:, :2] - new[:, :2]).max() <= 0.005 + 1e-9
        known = np.isfinite(before.outside[:, 0])
        assert (np.isfinite(after.outside[:, 0]) == known).all() if known.any() else after.outside is None
        assert after.origin.status == before.origin.status
        assert after.origin.other == before.origin.other
        assert after.ignore == before.ignore
        assert (after.bbox is None) == (before.bbox is None)
        if after.bbox is not None:
            assert after.bbox.tolist() == before.bbox.tolist()
    assert losses == ()


def test_what_cvat_has_no_place_for_is_counted(folder):
    dataset = read(
        folder, content(annotations=[annotation(area=5.0, keypoints_3d=[0.1] * 18), annotation(id=9, keypoints=[])])
    )
    (names,) = unique_names([dataset])
    losses = write_cvat([Part("train", dataset, names)], folder / "out")
    told = " ".join(map(str, losses))
    assert "1 people: have an area" in told
    assert "1 people: have points in space" in told
    assert "1 people: have no point" in told


def test_images_of_one_stem_get_names_of_their_own(folder):
    one = read(folder, content()).images[0]
    twins = tuple(
        dataclasses.replace(one, id=i, path=one.path.with_name(n)) for i, n in enumerate(("a.jpg", "a.png", "A.PNG"))
    )
    dataset = Dataset("t", twins, (), (), (), folder)
    assert list(unique_names([dataset], with_suffix=False)[0].values()) == ["a.jpg", "a-2.png", "A-3.PNG"]
    assert list(unique_names([dataset])[0].values()) == ["a.jpg", "a.png", "A-2.PNG"]
