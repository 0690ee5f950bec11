from __future__ import annotations

import os

import pytest

pytest.importorskip("pyarrow")

from tests.helpers.jobs import unplanned

from posetune.scale.commit import commit, note_failure, read_done
from posetune.scale.folder import Folder
from posetune.scale.lease import let_go, take
from posetune.scale.plan import make_plan
from posetune.scale.sweep import Swept, sweep


@pytest.fixture
def store(tmp_path) -> Folder:
    """Two units of which the first is done, with what killed workers left."""
    (tmp_path / "list.txt").write_text("a.jpg\nb.jpg\n")
    store = Folder(tmp_path / "job")
    make_plan(store, unplanned(tmp_path / "list.txt", shard=1))
    commit(store, "00000000", b"rows", rows=1, pictures=1, errors=0, worker="a", seconds=1)
    store.put("parts/00000000-beef.parquet", b"late")
    store.put("parts/00000001-beef.parquet", b"before a commit")
    store.put("plan/other/000000.parquet", b"x")
    (store.path / "parts" / ".new-1.tmp-posetune").write_bytes(b"half")
    return store


def names(store: Folder) -> list[str]:
    return [e.name for folder in ("parts", "leases") for e in store.list(folder)]


def test_orphans_go_and_what_may_be_needed_stays(store):
    assert sweep(store) == Swept(parts=1, leases=0, plans=1, unfinished=1)
    assert names(store) == [read_done(store, "00000000").part, "parts/00000001-beef.parquet"]
    assert sweep(store) == Swept(0, 0, 0, 0)


def test_while_somebody_works_what_is_young_stays(store):
    take(store, "00000001", "ada")
    assert sweep(store) == Swept(parts=1, leases=0, plans=0, unfinished=0)
    assert (store.path / "parts" / ".new-1.tmp-posetune").exists()


def test_leases_of_units_that_are_done_and_of_the_dead_go(store):
    for unit in ("00000000", "00000001"):
        take(store, unit, "ada")
    os.utime(store.path / "leases/00000001.json", (1, 1))  # however long ago that was: a lease may be of hours
    assert sweep(store).leases == 1
    let_go(store, "00000001", "ada")
    os.utime(store.path / "leases/00000001.json", (1, 1))
    assert sweep(store).leases == 1


def test_when_all_has_ended_nothing_but_results_is_left(store):
    for _ in range(3):
        note_failure(store, "00000001", "ada", "x")
    sweep(store)
    assert names(store) == [read_done(store, "00000000").part]
