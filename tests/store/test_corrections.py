from __future__ import annotations

import threading

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new, picture, points

from posetune.errors import PosetuneError
from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence


@pytest.fixture
def store(database) -> Corrections:
    return Corrections(database)


def accept(store: Corrections, **given):
    added, _ = store.add(new(**given))
    store.decide(added, "accepted")
    return store.get(added.id)


def test_what_was_given_is_what_is_kept(store):
    shown = points(31)
    given = new(shown="a" * 64, shown_points=shown, touched="muc" * 11, seconds=2.5)
    added, made = store.add(given)
    assert made
    assert added.status == "new"
    assert added.annotator == added.owner == "ada"
    assert np.array_equal(added.points, given.points)
    assert np.array_equal(added.shown_points, shown)
    assert (added.touched, added.shown, added.seconds) == ("muc" * 11, "a" * 64, 2.5)
    assert store.picture(added) == given.picture.content
    assert store.get(added.id).number == added.number


def test_the_same_one_again_is_the_earlier_one(store):
    first, _ = store.add(new())
    again, made = store.add(new())
    other, made_other = store.add(new(x=30.5))
    ben, made_ben = store.add(new("ben"))
    assert (made, made_other, made_ben) == (False, True, True)
    assert again.id == first.id
    assert len({first.id, other.id, ben.id}) == 3
    assert {c.subject for c in store.find()} == {0}  # all mean the same person


def test_a_clients_key_counts_whatever_the_content(store):
    first, _ = store.add(new(key="k"))
    again, made = store.add(new(key="k", x=32.0))
    assert not made
    assert again.id == first.id
    assert store.add(new("ben", key="k"))[1]


def test_many_at_once_are_each_kept_once_in_one_order(store):
    def add() -> None:
        for n in range(4):
            store.add(new(key=f"k{n}"))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = list(store.find())
    assert len(found) == 4
    assert [c.number for c in found] == sorted(c.number for c in found)


def test_nothing_is_kept_without_consent(store):
    with pytest.raises(PosetuneError, match="without consent"):
        store.add(new(picture=picture(consent=" ")))
    assert list(store.find()) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"points": np.full((33, 3), np.nan)}, "finite"),
        ({"touched": "x" * 33}, "letters"),
        ({"kind": "guess"}, "one of correction"),
        ({"seconds": -1.0}, "seconds"),
        ({"annotator": ""}, "named"),
        ({"kind": "audit", "touched": "u" + "c" * 32}, "every point"),
    ],
)
def test_what_is_no_correction_is_refused(store, wrong, said):
    with pytest.raises(PosetuneError, match=said):
        store.add(new(**wrong))
    assert store.newest() == 0


def test_training_sees_the_newest_accepted_points_of_each_person(store):
    accept(store)
    newer = accept(store, x=31.0)
    elsewhere = accept(store, x=300.0)
    store.add(new("ben", x=32.0))  # not looked over yet
    accept(store, x=600.0, kind="honeypot")
    assert [c.number for c in store.for_training()] == [newer.number, elsewhere.number]
    assert [c.number for c in store.for_training(up_to=newer.number)] == [newer.number]


def test_an_audit_judges_before_it_trains(store, database):
    before = accept(store, kind="audit")
    after = accept(store, kind="audit", x=300.0)
    assert [c.number for c in store.unjudged()] == [before.number, after.number]
    assert [c.number for c in store.unjudged(after=before.number)] == [after.number]
    assert store.for_training() == []
    assert len(store.for_training(unjudged_audits=True)) == 2
    assert Evidence(database).judge(after, "l", "c", 2.0, 1.0)
    assert [c.number for c in store.for_training()] == [after.number]
    assert [c.number for c in store.unjudged()] == [before.number]


def test_a_person_in_a_picture_judges_once_whoever_audits_them(store):
    first = accept(store, kind="audit")
    accept(store, annotator="ben", kind="audit", x=30.5)
    assert [c.number for c in store.unjudged()] == [first.number]


def test_who_was_corrected_before_a_challenger_was_frozen_does_not_judge_it(store):
    corrected = accept(store)
    audited = accept(store, annotator="ben", kind="audit", x=30.5)
    stranger = accept(store, annotator="ben", kind="audit", x=300.0)
    assert [c.number for c in store.unjudged(after=corrected.number)] == [stranger.number]
    assert store.left_out(corrected.number).people == 1
    assert [c.number for c in store.unjudged()] == [audited.number, stranger.number]  # a challenger that knows nobody


def test_somebody_else_reviews(store):
    added, _ = store.add(new())
    store.decide(added, "quarantined", "moved far")
    with pytest.raises(PosetuneError, match="somebody else"):
        store.review(added, "ada", "accept")
    store.review(added, "ben", "accept")
    assert store.get(added.id).status == "accepted"
    assert store.reviewed() == {added.number}
    store.review(added, "ben", "reject")
    assert store.get(added.id).status == "rejected"
    assert store.counts() == {("correction", "rejected"): 1}


def test_a_damaged_picture_is_said(store):
    added, _ = store.add(new())
    path = store.pictures.path(added.image, added.suffix)
    if path is None:
        pytest.skip("lies in the database")
    path.write_bytes(b"else")
    with pytest.raises(PosetuneError, match="is damaged"):
        store.picture(added)


def test_honeypots_and_trust_are_written_down(store):
    store.add(new())
    store.set_honeypots("ada", 3, 1)
    store.trust("ada")
    assert store.honeypots() == {"ada": (3, 1)}
    assert next(store.find()).trusted


def test_more_than_are_asked_for_at_once_are_found(store, monkeypatch):
    monkeypatch.setattr("posetune.store.corrections._AT_ONCE", 2)
    for n in range(5):
        store.add(new(key=str(n)))
    assert len(list(store.find())) == 5
    assert len(list(store.find(annotator="ben"))) == 0
