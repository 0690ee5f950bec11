from __future__ import annotations

import os
import threading

import pytest

from posetune.errors import PosetuneError
from posetune.scale.folder import Folder
from posetune.scale.store import StoreRefused


@pytest.fixture
def store(tmp_path) -> Folder:
    return Folder(tmp_path / "job")


def test_what_was_put_is_there(store):
    store.put("a/b.json", b"1")
    store.put("a/b.json", b"2")
    assert store.get("a/b.json") == b"2"
    assert store.get("a/c.json") is None
    assert store.get("a/b.json/d") is None


def test_create_is_only_if_absent(store):
    assert store.create("done/1", b"mine")
    assert not store.create("done/1", b"theirs")
    assert store.get("done/1") == b"mine"


def test_of_many_at_the_same_time_one_creates(store):
    barrier, won = threading.Barrier(8), []

    def try_it(number: int) -> None:
        for unit in range(30):
            barrier.wait()
            if store.create(f"done/{unit}", b"%d" % number):
                won.append((unit, number))

    threads = [threading.Thread(target=try_it, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(unit for unit, _ in won) == list(range(30))
    assert all(store.get(f"done/{unit}") == b"%d" % number for unit, number in won)
    assert list(store.unfinished()) == []


def test_a_list_is_sorted_and_goes_below(store):
    for name in ("parts/b", "parts/a/c", "parts/a/b", "leases/z"):
        store.put(name, b"12")
    assert [(e.name, e.size) for e in store.list("parts")] == [("parts/a/b", 2), ("parts/a/c", 2), ("parts/b", 2)]
    assert len(list(store.list(""))) == 4
    assert list(store.list("nothing")) == []


def test_what_a_killed_writer_left_is_no_entry(store):
    store.put("parts/a", b"1")
    (store.path / "parts" / ".new-abc.tmp-posetune").write_bytes(b"half")
    assert [e.name for e in store.list("parts")] == ["parts/a"]
    assert [e.name for e in store.unfinished()] == ["parts/.new-abc.tmp-posetune"]


def test_delete_of_nothing_is_fine(store):
    store.put("a", b"1")
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None


def test_put_file_copies(store, tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    store.put_file("predictions.parquet", tmp_path / "big")
    assert len(store.get("predictions.parquet")) == 100_000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_refuses(store):
    store.path.mkdir()
    store.path.chmod(0o500)
    with pytest.raises(StoreRefused, match="Permission denied"):
        store.create("a", b"1")


def test_a_full_disk_refuses(store, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for write in (store.create, store.put):
        with pytest.raises(StoreRefused, match="the disk is full"):
            write("a", b"1")
    assert store.get("a") is None
    assert list(store.unfinished()) == []


def test_a_place_below_a_file_is_one_sentence(store, tmp_path):
    (tmp_path / "file").write_text("")
    for write in (Folder(tmp_path / "file").create, Folder(tmp_path / "file").put):
        with pytest.raises(PosetuneError, match="file"):
            write("a/b", b"1")
