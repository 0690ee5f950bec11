from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new, picture
from tests.helpers.labelled import exchanged, true_keypoints

from posetune.landmarks import REGIONS
from posetune.store import honeypots
from posetune.store.audits import draw_honeypots
from posetune.store.corrections import Corrections

LEGS = [*REGIONS["legs"], *REGIONS["feet"]]


@pytest.fixture
def store(database) -> Corrections:
    return Corrections(database)


def known(store: Corrections, number: int, points: np.ndarray | None = None):
    points = true_keypoints() if points is None else points
    one, _ = store.add(new(points=points, picture=picture(b"\xff\xd8" + bytes([number]), width=400, height=400)))
    store.review(one, "ben", "accept")
    return one


def test_a_bait_is_wrong_where_it_is_left_as_it_is(store, database):
    good = known(store, 1)
    no_legs = true_keypoints()
    no_legs[LEGS] = 0
    known(store, 2, no_legs)
    store.add(new("carol", points=true_keypoints()))  # nobody has reviewed it
    assert [bait.number for bait in honeypots.baits(database)] == [good.number]
    assert len(honeypots.known_right(database)) == 2
    assert honeypots.agreement(true_keypoints() + 1, good) == 1.0
    assert honeypots.agreement(exchanged(LEGS), good) < honeypots.RIGHT
    assert honeypots.agreement(np.zeros((33, 3)), good) is None


def test_what_was_mixed_into_a_set_is_known_by_its_picture(store, database):
    one = known(store, 1)
    known(store, 2)
    (drawn,) = draw_honeypots(database, 9, np.random.default_rng(0), without={one.image})
    assert drawn.shown == ""
    assert len(draw_honeypots(database, 9, np.random.default_rng(0))) == 2
    shot = picture(b"\xff\xd8" + bytes([2]))
    own, _ = store.add(new("owner", points=true_keypoints(), picture=shot, source="web", key="1"))
    assert own.kind == "correction"
    added, _ = store.add(new("carol", points=exchanged(LEGS), picture=shot))
    assert added.kind == "honeypot"
    ((answer, right),) = honeypots.answers(database)
    assert (answer.number, right.image) == (added.number, drawn.image)
    again, made = store.add(new("carol", points=exchanged(LEGS), picture=shot))
    assert (again.number, made) == (added.number, False)
