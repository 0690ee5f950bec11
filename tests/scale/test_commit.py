from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from posetune.errors import PosetuneError
from posetune.scale import commit as commits
from posetune.scale.commit import commit, done_units, failures, last_failure, note_failure, read_done, read_part
from posetune.scale.folder import Folder
from posetune.scale.store import StoreRefused


@pytest.fixture
def store(tmp_path) -> Folder:
    return Folder(tmp_path)


def write(store, content: bytes = b"rows", worker: str = "ada", seconds: float = 1.0) -> bool:
    return commit(store, "u", content, rows=4, pictures=3, errors=1, worker=worker, seconds=seconds)


def test_a_unit_is_done_once(store):
    assert write(store)
    assert not write(store, b"others", "ben")
    done = read_done(store, "u")
    assert (done.worker, done.rows, done.pictures, done.errors) == ("ada", 4, 3, 1)
    assert read_part(store, done) == b"rows"
    assert done_units(store) == {"u"}


def test_at_a_barrier_one_of_many_wins(store):
    barrier, won = threading.Barrier(6), []

    def one(number: int) -> None:
        barrier.wait()
        won.append(write(store, b"rows %d" % number, f"w{number}"))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 5 + [True]
    assert read_part(store, read_done(store, "u")) == b"rows " + read_done(store, "u").worker[1:].encode()


def test_the_same_rows_twice_are_one_part(store):
    write(store)
    write(store, worker="ben")
    assert len(list(commits.parts(store))) == 1


def test_a_store_that_said_no_after_yes(store, monkeypatch):
    """It timed out after it had accepted; the second try of the same call finds what the first wrote."""
    create = store.create
    monkeypatch.setattr(store, "create", lambda name, content: create(name, content) and create(name, content))
    assert write(store)


def test_a_part_that_cannot_be_written_is_not_done(store, monkeypatch):
    def full(*_: object) -> None:
        raise StoreRefused("full")

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(StoreRefused):
        write(store)
    assert done_units(store) == set()


def test_damage_is_found(store):
    write(store)
    done = read_done(store, "u")
    store.put(done.part, b"other")
    with pytest.raises(PosetuneError, match="its sum is another"):
        read_part(store, done)
    store.delete(done.part)
    with pytest.raises(PosetuneError, match="missing"):
        read_part(store, done)
    store.put("done/u.json", replace(done, unit="another").to_json())
    with pytest.raises(PosetuneError, match="damaged"):
        read_done(store, "u")
    store.put("done/u.json", b"{}")
    with pytest.raises(PosetuneError, match="damaged: delete it"):
        read_done(store, "u")


def test_failures_are_counted(store):
    assert [note_failure(store, "u", "ada", f"reason {n}") for n in (1, 2)] == [1, 2]
    assert failures(store) == {"u": 2}
    assert last_failure(store, "u", 2) == "reason 2"
    assert last_failure(store, "u", 3) == "unknown"
