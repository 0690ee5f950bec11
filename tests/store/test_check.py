from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa
from tests.helpers.corrections import new, picture
from tests.helpers.labelled import answers, exchanged, true_keypoints

from posetune.data.checks.looks import Looks
from posetune.progress import Reporter
from posetune.store import check as module
from posetune.store.check import Networks, check
from posetune.store.correction import BY_PERSON, packed
from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence
from posetune.store.tables import audits, images

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


def test_who_gets_people_wrong_whose_points_are_known_is_not_believed(store, database):
    for shot in range(4):
        known = add(store, "ada", shot=shot)
        store.review(known, "ben", "accept")
        add(store, "carol", shot=shot)
        add(store, "mallory", points=true_keypoints() + [0.0, 60.0, 0.0], shot=shot)
        somewhat = true_keypoints()
        somewhat[np.flatnonzero(somewhat[:, 2])[::3], 1] += 60.0  # two may see a third of the points differently
        add(store, "dora", points=somewhat, shot=shot)
    for shot in range(10, 14):
        add(store, "mallory", shot=shot)
    check(database, None, Reporter())
    honeypots = store.honeypots()
    assert honeypots["carol"] == (4, 0)
    assert honeypots["mallory"] == (0, 4)
    assert honeypots["dora"] == (0, 0)
    assert honeypots["ada"] == (0, 0)  # nobody is compared with themself
    assert {c.reason for c in store.find(annotator="mallory", status="quarantined")} >= {BY_PERSON}
    assert all(c.status == "accepted" for c in store.find(annotator="carol"))


def test_an_auditor_who_fails_honeypots_judges_nothing(store, database):
    unit, _ = store.add(new("mallory", kind="audit", points=true_keypoints(), picture=picture(b"\xff\xd8 1")))
    other, _ = store.add(new("eve", kind="audit", points=true_keypoints(), picture=picture(b"\xff\xd8 2")))
    for one in (unit, other):
        store.decide(one, "accepted")
        Evidence(database).judge(one, "live", "challenger", 3.0, 2.0)
    assert len(Evidence(database).of("challenger")) == 2
    known, _ = store.add(new("ada", points=true_keypoints()))
    store.review(known, "ben", "accept")
    for number in range(4):
        with database.write() as connection:
            image = connection.scalar(sa.select(images.c.number).where(images.c.sha256 == known.image))
            row = {"id": f"a{number}", "image": image, "subject": 0, "shown": "", "points": packed(known.points)}
            connection.execute(sa.insert(audits).values(**row, honeypot=known.number, drawn_at=0.0))
        store.add(new("mallory", kind="audit", audit=f"a{number}", points=SWAPPED, picture=picture()))
    check(database, None, Reporter())
    assert store.honeypots()["mallory"] == (0, 4)
    assert store.get(unit.id).reason == BY_PERSON
    assert store.get(other.id).status == "accepted"
    assert len(Evidence(database).of("challenger")) == 1
