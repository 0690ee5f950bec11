from __future__ import annotations

import os
import time

import pytest

pytest.importorskip("pyarrow")

from tests.helpers.jobs import unplanned

from posetune.scale.commit import LEAST_BYTES, name_of, note_failure
from posetune.scale.folder import Folder
from posetune.scale.lease import let_go, take
from posetune.scale.plan import make_plan
from posetune.scale.status import status


@pytest.fixture
def store(tmp_path) -> Folder:
    (tmp_path / "list.txt").write_text("".join(f"{k}.jpg\n" for k in range(10)))
    store = Folder(tmp_path / "job")
    make_plan(store, unplanned(tmp_path / "list.txt", shard=1))
    return store


def done(store: Folder, number: int, at: float) -> None:
    name = name_of(f"{number:08}")
    store.put(name, b" " * LEAST_BYTES)
    os.utime(store.path / name, (at, at))


def test_before_anything(store):
    found = status(store)
    assert (found.units, found.items, found.done, found.at_work, found.listed, found.seconds_left) == (
        10,
        10,
        0,
        0,
        (),
        None,
    )


def test_the_time_left_is_that_of_the_units_done_last(store):
    now = time.time()
    for number in range(4):
        done(store, number, now - 40 + 10 * number)  # one every 10 s
    assert status(store, now).seconds_left is None  # nobody is at work
    take(store, "00000005", "ada")
    found = status(store, now)
    assert (found.done, found.at_work) == (4, 1)
    assert found.seconds_left == pytest.approx(60)
    let_go(store, "00000005", "ada")  # known to be dead
    assert status(store, now).at_work == 0


def test_what_failed_too_often_is_not_waited_for(store):
    for _ in range(3):
        note_failure(store, "00000000", "ada", "x")
    note_failure(store, "00000001", "ada", "x")
    for number in range(1, 10):
        done(store, number, time.time())
    found = status(store)
    assert found.listed == ("00000000",)
    assert found.seconds_left == 0
