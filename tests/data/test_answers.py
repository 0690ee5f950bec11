"""The crop protocol's answers: sides keep their names in the mirror, images are read once, in any order of people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.helpers.drawn_set import write_drawn_set

from posetune import load
from posetune.data.answers import by_image, crop_answers
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError

HIPS = ([(160, 220)], [(230, 210)])


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> list[Person]:
    """Two images with a person each; the first image's person is in the list twice, not side by side."""
    result = write_drawn_set(tmp_path_factory.mktemp("images"), "train", HIPS).people
    return [*result, result[0]]


def test_the_mirror_image_is_answered_with_the_same_sides(people):
    networks = {"full": load("full", threads=1)}
    plain = crop_answers(networks, people)["full"]
    mirrored = crop_answers(networks, people, mirrored=True)["full"]
    for person, a, b in zip(people, plain.points_px, mirrored.points_px, strict=True):
        labelled = person.labelled
        assert np.linalg.norm(a[labelled, :2] - person.keypoints[labelled, :2], axis=1).mean() < 0.15 * person.torso
        assert np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean() < 0.15 * person.torso
    assert np.isfinite(plain.world).all()
    assert plain.found.all()


def test_people_keep_their_order_and_each_image_is_read_once(people, monkeypatch):
    reads: list[Path] = []
    read = ImageRecord.read
    monkeypatch.setattr(ImageRecord, "read", lambda self: reads.append(self.path) or read(self))
    done: list[int] = []
    answers = crop_answers({"full": load("full", threads=1)}, people, progress=done.append)["full"]
    assert len(reads) == 2
    assert done == [2, 3]
    np.testing.assert_array_equal(answers.points_px[0], answers.points_px[2])
    assert answers.points_px[1, 23, 0] - answers.points_px[0, 23, 0] == pytest.approx(70, abs=12)
    assert [i for _, members in by_image(people) for i in members] == [0, 2, 1]


def test_a_person_without_crop_is_an_error(people):
    headless = Person(7, people[0].image, np.zeros((33, 3)))
    with pytest.raises(PosetuneError, match="person 7 imply no crop"):
        crop_answers({"full": load("full", threads=1)}, [headless])
