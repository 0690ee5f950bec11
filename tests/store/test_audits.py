from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa
from tests.helpers.corrections import new, picture
from tests.helpers.labelled import true_keypoints

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.progress import Reporter
from posetune.runtime.pose import Pose
from posetune.store import audits as module
from posetune.store.audits import draw, waiting, write_audit_set
from posetune.store.check import check
from posetune.store.corrections import Corrections
from posetune.store.forget import forget
from posetune.store.kept import Answered
from posetune.store.sets import Terms, given_by
from posetune.store.tables import audits
from posetune.store.traffic import offer

LIVE, OTHER = "a" * 64, "b" * 64


class Everywhere:
    """A network that sees one person in every picture, at the same place."""

    def predict(self, rgb: np.ndarray) -> list[Pose]:
        points = true_keypoints() + 1.0
        points[points[:, 2] == 1] = points[23]  # a network knows all points
        world, sure = np.zeros((33, 3)), np.ones(33)
        return [Pose(points, sure, sure, world, 1.0, None, Crop(0, 0, 1))]


NETWORKS = {LIVE: Everywhere(), OTHER: Everywhere()}


def jpeg(shade: int) -> bytes:
    return cv2.imencode(".png", np.full((400, 400, 3), shade, np.uint8))[1].tobytes()


@pytest.fixture
def store(database) -> Corrections:
    for shade in range(30):
        assert offer(database, picture(jpeg(shade), width=400, height=400, scene=f"s{shade % 9}"), "web1").new
    return Corrections(database)


def drawn_by(database, count: int, seed: int = 0):
    return draw(database, count, NETWORKS, np.random.default_rng(seed))


def test_each_picture_is_drawn_once_by_any_coin(store, database):
    assert not offer(database, picture(jpeg(0)), "web1").new
    first, rest = drawn_by(database, 20), drawn_by(database, 99)
    assert [len(first), len(rest), waiting(database)] == [20, 10, 0]
    assert len({a.image for a in [*first, *rest]}) == 30
    assert {a.shown for a in [*first, *rest]} == {LIVE, OTHER, ""}
    with pytest.raises(PosetuneError, match="No picture is left"):
        drawn_by(database, 1)


def test_only_what_came_with_consent_is_drawn(database):
    Corrections(database).add(new())  # corrected, not drawn: no fair sample
    with pytest.raises(PosetuneError, match="without consent"):
        offer(database, picture(consent=""), "web1")
    with pytest.raises(PosetuneError, match="No picture is left"):
        drawn_by(database, 1)


def test_the_set_names_no_network_and_its_answers_come_back_once(store, database, tmp_path):
    write_audit_set(database, drawn_by(database, 12), tmp_path)
    text = (tmp_path / "annotations" / "audit.json").read_text()
    assert LIVE not in text
    assert OTHER not in text
    dataset = load_dataset(tmp_path, "audit")
    blind = [not p.labelled.any() for p in dataset.people]
    assert any(blind)
    assert not all(blind)
    assert list(given_by(dataset, Terms("eve", "audit", "yes"))) == []  # nobody has looked at them yet
    for keep_id in (False, True):  # a tool that drops what it does not know loses nothing
        for given in given_by(labelled(dataset, keep_id), Terms("eve", "audit", "yes")):
            added, made = store.add(given)
            assert made != keep_id
            assert added.kind == "audit"
            assert added.owner == "web1"
    with database.read() as connection:
        shown = dict(connection.execute(sa.select(audits.c.number, audits.c.shown)).all())
    found = list(store.find(kind="audit"))
    assert len(found) == 12
    changed = labelled(dataset, True)
    changed = dataclasses.replace(
        changed, people=(dataclasses.replace(changed.people[0], keypoints=true_keypoints() + 1),)
    )
    with pytest.raises(Answered):
        store.add(next(given_by(changed, Terms("eve", "audit", "yes"))))
    assert [c.shown for c in found] == [shown[c.audit] for c in found]
    assert all((c.shown_points is None) == (c.shown == "") for c in found)
    forget(database, "web1")
    assert list(store.find()) == []


def labelled(dataset, keep_id: bool):
    """All points confirmed by hand."""
    origins = [
        dataclasses.replace(
            p.origin, status="corrected", points=("moved",) * 33, other=p.origin.other if keep_id else {}
        )
        for p in dataset.people
    ]
    people = [
        dataclasses.replace(p, keypoints=true_keypoints(), origin=o, ignore=False)
        for p, o in zip(dataset.people, origins, strict=True)
    ]
    return dataclasses.replace(dataset, people=tuple(people))


def test_honeypots_tell_whom_to_trust(store, database, tmp_path, monkeypatch):
    known, _ = store.add(new("ada", points=true_keypoints(), picture=picture(jpeg(99), width=400, height=400)))
    store.review(known, "ben", "accept")
    monkeypatch.setattr(module, "HONEYPOTS", 1.0)
    write_audit_set(database, drawn_by(database, 6), tmp_path)
    dataset = load_dataset(tmp_path, "audit")
    baits = [p for p in dataset.people if p.image.path.stem == known.image]
    assert baits
    assert not np.array_equal(baits[0].keypoints, true_keypoints())  # what is shown is wrong
    for given in given_by(labelled(dataset, True), Terms("eve", "audit", "yes")):
        store.add(given)
    for _shown in baits:  # mallory leaves it as it is
        break
    check(database, None, Reporter())
    right, wrong = store.honeypots()["eve"]
    assert (right, wrong) == (len(baits), 0)
    assert len(list(store.find(kind="honeypot"))) == len(baits)
    assert all(c.kind != "honeypot" for c in store.for_training(unjudged_audits=True))
