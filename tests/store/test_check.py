from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new, picture
from tests.helpers.labelled import answers, exchanged, true_keypoints

from posetune.data.checks.looks import Looks
from posetune.progress import Reporter
from posetune.store import check as module
from posetune.store.check import BY_PERSON, Networks, check
from posetune.store.corrections import Corrections

JPEG = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
SWAPPED = exchanged(np.arange(11, 23))


@pytest.fixture
def store(database, monkeypatch) -> Corrections:
    """Networks see everybody where they are."""

    def look_at(network, people, which=None, progress=None) -> Looks:
        said = answers(len(people), noise=3.0, views=4)
        if which is not None:
            said[:, [i for i in range(len(people)) if i not in which]] = np.nan
        return Looks(said[..., :2], said[..., 3])

    monkeypatch.setattr(module, "look_at", look_at)
    return Corrections(database)


def add(store: Corrections, annotator: str = "ada", points: np.ndarray | None = None, shot: int = 0, **given):
    points = true_keypoints() if points is None else points
    content = picture(JPEG + bytes([shot]))
    return store.add(new(annotator, points=points, picture=content, key=str(shot), **given))[0]


def looked(database, **given) -> dict[str, int]:
    check(database, Networks(None, None), Reporter(), **given)  # type: ignore[arg-type]
    counts: dict[str, int] = {}
    for c in Corrections(database).find():
        counts[c.status] = counts.get(c.status, 0) + 1
    return counts


def test_good_ones_are_accepted_and_suspected_ones_wait(store, database):
    add(store, shot=1)
    bad = add(store, points=SWAPPED, shot=2)
    rows = check(database, Networks(None, None), Reporter())  # type: ignore[arg-type]
    assert [c.status for c in rows] == ["accepted", "quarantined"]
    assert "exchanged" in store.get(bad.id).reason
    assert check(database, None, Reporter()) == []  # nothing new


def test_without_a_crop_nothing_can_be_learned(store, database):
    points = true_keypoints()
    points[23:] = 0
    assert looked(database) == {}
    bad = add(store, points=points)
    looked(database)
    assert "a hip and a shoulder" in store.get(bad.id).reason


def test_a_picture_that_is_gone_stops_nobody_else(store, database):
    add(store, shot=1)
    if store.pictures.folder is None:
        gone, _ = store.add(new(points=true_keypoints(), picture=picture(b"\xff\xd8no picture")))
    else:
        gone = add(store, shot=2)
        store.pictures.path(gone.image, gone.suffix).unlink()
    assert looked(database) == {"accepted": 1, "quarantined": 1}
    assert "its picture is gone" in store.get(gone.id).reason


def test_a_second_person_settles_it(store, database):
    first = add(store, points=SWAPPED)
    assert looked(database) == {"quarantined": 1}
    add(store, "ben", points=SWAPPED)
    assert looked(database) == {"accepted": 2}
    assert store.get(first.id).reason == ""


def test_what_somebody_reviewed_stays(store, database):
    bad = add(store, points=SWAPPED)
    store.review(bad, "ben", "accept")
    assert looked(database, again=True) == {"accepted": 1}


def test_of_somebody_hostile_nothing_is_taken_until_it_is_reviewed(store, database):
    for shot in range(12):
        add(store, "mallory", points=SWAPPED if shot % 3 else None, shot=shot)
        add(store, shot=100 + shot)
    assert looked(database) == {"accepted": 12, "quarantined": 12}
    waiting = [c for c in store.find(annotator="mallory") if c.reason == BY_PERSON]
    assert len(waiting) == 4
    for c in store.find(annotator="mallory"):
        if c.reason != BY_PERSON:
            store.review(c, "ben", "accept")
    assert looked(database) == {"accepted": 24}


def test_who_is_trusted_is_not_judged_by_shares(store, database):
    for shot in range(12):
        add(store, points=SWAPPED if shot % 3 else None, shot=shot)
    store.trust("ada")
    assert looked(database) == {"accepted": 4, "quarantined": 8}
