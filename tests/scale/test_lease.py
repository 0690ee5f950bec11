from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from tests.helpers.clock import Clock

from posetune.scale.folder import Folder
from posetune.scale.lease import Lease, give_back, kept, let_go, name_of, read_lease, take, with_others
from posetune.scale.store import StoreError


@pytest.fixture
def store(tmp_path) -> Folder:
    return Folder(tmp_path)


def test_one_has_it_until_it_is_given_back(store):
    assert take(store, "u", "ada").worker == "ada"
    assert take(store, "u", "ben") is None
    give_back(store, "u", "ben")
    assert read_lease(store, "u").worker == "ada"
    give_back(store, "u", "ada")
    assert take(store, "u", "ben").worker == "ben"


def test_who_has_it_takes_it_again(store):
    """A task that Ray does again goes on with its own lease."""
    take(store, "u", "ray-1")
    assert take(store, "u", "ray-1").deaths == 1


def test_that_of_a_worker_known_to_be_dead_is_free_and_its_death_counted(store):
    take(store, "u", "ada")
    let_go(store, "u", "ben")
    assert take(store, "u", "ben") is None
    let_go(store, "u", "ada")
    assert take(store, "u", "ben").deaths == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_that_of_a_process_of_this_machine_that_has_ended_is_free(store):
    script = "import sys; from posetune.scale import lease, folder; lease.take(folder.Folder(sys.argv[1]), 'u', 'ada')"
    subprocess.run([sys.executable, "-c", script, str(store.path)], check=True)
    held = read_lease(store, "u")
    assert held.until > time.time() + 50
    elsewhere = replace(held, process="x" + held.process)
    store.put(name_of("u"), elsewhere.to_json())
    assert take(store, "u", "ben") is None
    store.put(name_of("u"), held.to_json())
    assert take(store, "u", "ben").deaths == 1


def test_who_is_waited_for_is_told(store):
    until = time.time() + 50
    assert with_others(store, {"u"}) == ""
    for unit, worker in (("a", "cleo"), ("b", "ada"), ("c", "ben")):
        store.put(name_of(unit), Lease(worker, until).to_json())
    store.put(name_of("d"), Lease("dora", 0.0).to_json())
    clock = time.strftime("%H:%M:%S", time.localtime(until))
    assert with_others(store, {"a", "d", "e"}) == f"1 unit is leased by cleo until {clock}"
    assert with_others(store, {"a", "b"}) == f"2 units are leased by ada, cleo until {clock}"
    assert with_others(store, {"a", "b"}, ours={"ada"}) == ""


def test_one_that_ran_out_is_taken_and_its_death_counted(store):
    clock = Clock()
    take(store, "u", "ada", 60, clock)
    clock.now += 59
    assert take(store, "u", "ben", 60, clock) is None
    clock.now += 2
    assert take(store, "u", "ben", 60, clock).deaths == 1
    clock.now += 61
    assert take(store, "u", "cleo", 60, clock).deaths == 2


def test_of_two_who_find_it_run_out_the_last_has_it(store, monkeypatch):
    clock = Clock()
    take(store, "u", "ada", 60, clock)
    clock.now += 61
    put = store.put

    def late(name: str, content: bytes, lasting: bool = True) -> None:
        put(name, content)
        put(name, json.dumps({"worker": "ben", "until": clock.now + 60}).encode())

    monkeypatch.setattr(store, "put", late)
    assert take(store, "u", "cleo", 60, clock) is None


def test_a_lease_that_nobody_can_read_is_nobodys(store):
    for content in (b"?", b"[]", b"{}", b'{"worker": "x", "until": "later", "deaths": 0}'):
        store.put(name_of("u"), content)
        assert take(store, "u", "ada").deaths == 1


def test_it_is_renewed_and_given_back(store):
    held = take(store, "u", "ada", 0.3)
    with kept(store, "u", held, 0.3):
        first = read_lease(store, "u").until
        deadline = time.monotonic() + 5
        while read_lease(store, "u").until == first and time.monotonic() < deadline:
            time.sleep(0.02)
        assert read_lease(store, "u").until > first
    assert read_lease(store, "u") is None


def test_who_slept_leaves_the_others_lease_alone(store):
    held = take(store, "u", "ada", 0.3)
    store.put(name_of("u"), Lease("ben", time.time() + 60).to_json())
    with kept(store, "u", held, 0.03):
        time.sleep(0.1)
    assert read_lease(store, "u").worker == "ben"


def test_a_store_that_does_not_answer_ends_nobodys_work(store, monkeypatch):
    held = take(store, "u", "ada", 60)

    def fails(*_: object) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(store, "get", fails)
    with kept(store, "u", held, 0.03):
        time.sleep(0.1)
