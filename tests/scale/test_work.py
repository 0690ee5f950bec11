from __future__ import annotations

import time

import pytest

pytest.importorskip("pyarrow")

from tests.helpers.jobs import planned

from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.scale import commit, lease
from posetune.scale import work as workers
from posetune.scale.commit import done_units, read_done, read_part
from posetune.scale.folder import Folder
from posetune.scale.job import MOST_ATTEMPTS
from posetune.scale.lease import Lease
from posetune.scale.look import Looker
from posetune.scale.merge import merge
from posetune.scale.rows import Picture
from posetune.scale.store import StoreRefused
from posetune.scale.verify import verify
from posetune.scale.work import Settings, forget_failures, work

QUICK = Settings(name="ada", wait=0.01)


@pytest.fixture
def store(tmp_path, unlabelled) -> Folder:
    store = Folder(tmp_path / "job")
    planned(store, unlabelled, shard=2)
    return store


@pytest.fixture
def blind(monkeypatch):
    """Looking costs nothing: every item is a row without people."""
    from posetune.scale.rows import Picture

    monkeypatch.setattr(Looker, "__call__", lambda self, items, step: ([Picture(i.file) for i in items], {"joins": []}))


def test_a_worker_does_all(store):
    summary = work(store, QUICK)
    assert (summary.units, summary.pictures, summary.twice, summary.failed, summary.listed) == (2, 4, 0, 0, ())
    assert verify(store).faults == ()
    assert list(store.list("leases")) == []
    assert work(store, QUICK).units == 0


def test_bits_do_not_depend_on_who_did_what(store, tmp_path, unlabelled):
    work(store, QUICK)
    other = Folder(tmp_path / "other")
    planned(other, unlabelled, shard=2)
    work(other, Settings(name="ben", threads=3, wait=0.01))
    assert merge(store) == merge(other)
    for name in ("predictions.json", "predictions.parquet"):
        assert store.get(name) == other.get(name)


def test_units_of_others_are_left_to_them_until_they_are_not_heard_of(store, blind):
    store.put(lease.name_of("00000000"), Lease("ben", time.time() + 0.3).to_json())
    shown: list[str] = []
    work(store, QUICK, Reporter(progress=lambda what, *_: shown.append(what)))
    assert read_done(store, "00000000").worker == "ada"
    assert any("1 unit is leased by ben until" in text for text in shown)


def test_a_unit_done_by_another_meanwhile(store, blind, monkeypatch):
    """A worker sleeps for longer than its lease; another does its unit; it wakes, says so and goes on."""
    real, said = workers.to_parquet, []

    def slow(rows, about, schema):
        monkeypatch.setattr(workers, "to_parquet", real)
        store.delete(lease.name_of(about["unit"]))  # it ran out
        assert work(store, Settings(name="ben", wait=0.01)).units == 2
        return real(rows, about, schema)

    monkeypatch.setattr(workers, "to_parquet", slow)
    summary = work(store, QUICK, Reporter(said.append))
    assert (summary.units, summary.twice) == (0, 1)
    assert "was done by another worker meanwhile" in said[0]
    assert {read_done(store, unit).worker for unit in done_units(store)} == {"ben"}
    assert verify(store).faults == ()


def test_what_others_did_meanwhile_is_not_asked_for(store, blind, monkeypatch):
    """With a new list after each unit, nobody takes the lease of a unit that is done."""
    monkeypatch.setattr(workers, "_FRESH", 0.0)
    monkeypatch.setattr(workers, "_FRESH_SHARE", float("inf"))
    take, taken = lease.take, []

    def taking(store, unit, worker, seconds):
        taken.append(unit)
        if len(taken) == 1:
            assert work(store, Settings(name="ben", wait=0.01)).units == 2
        return take(store, unit, worker, seconds)

    monkeypatch.setattr(lease, "take", taking)
    assert work(store, QUICK).units == 0
    assert len(taken) == 3  # ada's first, and ben's two


def test_a_unit_that_fails_is_listed_after_three_attempts(store, blind, monkeypatch):
    look = Looker.__call__

    def fails(self, items, step):
        if items[0].file == "room.png" or items[1].file == "room.png":
            raise ValueError("a fault of ours")
        return look(self, items, step)

    monkeypatch.setattr(Looker, "__call__", fails)
    said: list[str] = []
    summary = work(store, QUICK, Reporter(said.append))
    assert summary.units == 1
    assert summary.failed == MOST_ATTEMPTS
    assert len(summary.listed) == 1
    assert "a fault of ours" in said[-1]
    assert "ValueError: a fault of ours" in commit.last_failure(store, summary.listed[0], 3)
    assert work(store, QUICK).failed == 0  # it is not tried for ever
    monkeypatch.setattr(Looker, "__call__", look)
    forget_failures(store)
    assert work(store, QUICK).units == 1
    assert verify(store).faults == ()


def test_an_interruption_that_breaks_a_lock_is_no_failed_attempt(store, blind, monkeypatch):
    def interrupted(self, items, step):
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("release unlocked lock")

    monkeypatch.setattr(Looker, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        work(store, QUICK)
    assert list(store.list("failed")) == []


def test_a_store_that_refuses_ends_the_worker_and_loses_nothing(store, blind, monkeypatch):
    def full(name: str, content: bytes, lasting: bool = True) -> None:
        if name.startswith("parts"):
            raise StoreRefused("the disk is full")
        put(name, content)

    put = store.put
    monkeypatch.setattr(store, "put", full)
    with pytest.raises(StoreRefused, match="full"):
        work(store, QUICK)
    assert commit.failures(store) == {}
    assert list(store.list("leases")) == []
    monkeypatch.setattr(store, "put", put)
    assert work(store, QUICK).units == 2


def test_a_unit_that_killed_its_workers_is_looked_at_item_by_item(store, monkeypatch):
    for unit in ("00000000", "00000001"):
        store.put(lease.name_of(unit), Lease("dead", 0.0, 4).to_json())
    looked: list[int] = []

    def alone(networks, job, items, step):
        looked.append(len(items))
        return [Picture(item.file, error="died") for item in items], {"joins": []}

    monkeypatch.setattr(workers, "look_alone", alone)
    said: list[str] = []
    assert work(store, QUICK, Reporter(said.append)).units == 2
    assert looked == [2, 2]
    assert "5 workers died with unit" in said[0]


def test_without_a_job_there_is_nothing_to_do(tmp_path):
    with pytest.raises(PosetuneError, match="There is no job"):
        work(Folder(tmp_path))


def test_workers_have_names_of_their_own():
    assert len({workers.worker_name() for _ in range(50)}) == 50


def test_parts_are_committed_with_their_sum(store, blind):
    work(store, QUICK)
    for unit in done_units(store):
        assert read_part(store, read_done(store, unit))
