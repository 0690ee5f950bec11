from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.drawn_set import write_drawn_set

from posetune.data.dataset import load_dataset
from posetune.data.origin import Origin
from posetune.errors import PosetuneError
from posetune.store.corrections import Corrections
from posetune.store.sets import Terms, given_by, passed_over, touched_of, write_set

TERMS = Terms("ada", "correction", "yes")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return write_drawn_set(tmp_path_factory.mktemp("set"), "train", [150, [(120, 220), (330, 220)]])


def with_origins(drawn, *origins: Origin):
    people = tuple(dataclasses.replace(p, origin=o) for p, o in zip(drawn.people, origins, strict=True))
    return dataclasses.replace(drawn, people=people)


def test_there_and_back(drawn, database, tmp_path):
    store = Corrections(database)
    points = tuple("moved" if told else "untouched" for told in drawn.people[0].labelled)
    origin = Origin(network="a" * 64, status="corrected", points=points, other={"seconds": 3.5})
    for given in given_by(with_origins(drawn, origin, Origin(), Origin()), TERMS):
        store.add(given)
    found = list(store.find())
    assert (found[0].shown, found[0].seconds, found[0].scene) == ("a" * 64, 3.5, "train scene 0")
    assert [c.subject for c in found] == [0, 0, 1]
    write_set(store, found, tmp_path / "out")
    back = load_dataset(tmp_path / "out", "train")
    assert [len(back.images), len(back.people)] == [2, 3]
    assert np.array_equal(back.people[2].keypoints, drawn.people[2].keypoints)
    assert back.people[0].origin.network == "a" * 64
    assert back.people[0].origin.reviewer == "ada"
    again = [store.add(given)[1] for given in given_by(back, TERMS)]
    assert again == [False, False, False]  # what was exported is known


def test_the_time_that_an_image_took_is_taken_where_the_label_does_not_say(drawn):
    dataset = with_origins(drawn, Origin(other={"seconds": 3.5}), Origin(), Origin())
    timed = dataclasses.replace(TERMS, seconds={"train0.png": 9.0, "train1.png": 4.0})
    assert [given.seconds for given in given_by(dataset, timed)] == [3.5, 4.0, 4.0]


def test_who_is_no_correction_is_counted(drawn):
    rejected, lonely = Origin(network="a" * 64, status="rejected"), Origin(other={"consent": False})
    dataset = with_origins(drawn, Origin(network="a" * 64, status="prelabel"), rejected, lonely)
    assert list(given_by(dataset, TERMS)) == []
    assert passed_over(dataset, "correction") == Counter(
        {"were looked at by nobody": 1, "are rejected": 1, "have no consent": 1}
    )
    half = Origin(network="a" * 64, status="corrected", points=("moved",) * 20 + ("untouched",) * 13)
    dataset = with_origins(drawn, half, half, half)
    assert passed_over(dataset, "audit") == Counter({"have points that nobody confirmed": 3})
    assert len(list(given_by(dataset, TERMS))) == 3


def test_points_of_which_nothing_is_said(drawn):
    person = drawn.people[0]
    verified = dataclasses.replace(person, origin=Origin(network="a" * 64, status="verified"))
    told = "".join("m" if labelled else "u" for labelled in person.labelled)
    assert touched_of(person) == told
    assert touched_of(verified) == told.replace("m", "c")


def test_a_missing_picture_is_said(drawn):
    image = dataclasses.replace(drawn.images[0], path=drawn.images[0].path.with_name("gone.png"))
    dataset = dataclasses.replace(drawn, people=(dataclasses.replace(drawn.people[0], image=image),))
    with pytest.raises(PosetuneError, match=r"gone\.png"):
        list(given_by(dataset, TERMS))
