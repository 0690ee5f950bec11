from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new

from posetune.store.corrections import Corrections
from posetune.store.forget import forget
from posetune.store.runs import Leases, Runs


def test_a_run_knows_what_it_learned_from(database):
    store, runs = Corrections(database), Runs(database)
    numbers = [store.add(new(key=str(n)))[0].number for n in range(3)]
    run = runs.begin(numbers[:2], store.newest())
    assert (run.frozen_at, run.network, run.forgotten) == (numbers[-1], "", 0)
    assert runs.learned_from(run) == numbers[:2]
    runs.finish(run, "n" * 64)
    assert runs.of("n" * 64).id == run.id
    assert runs.get(run.id) == runs.of("n" * 64)
    assert runs.of("m" * 64) is None
    assert runs.marked() == {}


def test_who_is_forgotten_between_reading_and_beginning_is_marked(database):
    store, runs = Corrections(database), Runs(database)
    number = store.add(new())[0].number
    forget(database, "ada")
    assert runs.begin([number], number).forgotten == 1


def test_one_holds_a_lease(database):
    leases = Leases(database)
    first = leases.take("learn", "one")
    assert leases.take("learn", "two", sleep=lambda _: leases.beat(first)) is None
    assert leases.holder("learn") == "one"
    leases.release(first)
    assert leases.holder("learn") is None
    second = leases.take("learn", "two")
    assert second.attempt == 2
    assert not leases.beat(first)
    assert leases.beat(second)


def test_a_dead_holders_lease_is_taken_over(database):
    leases, slept = Leases(database), []
    dead = leases.take("learn", "dead")
    heir = leases.take("learn", "heir", patience=3.0, sleep=slept.append)
    assert heir is not None
    assert sum(slept) == 3.0
    leases.release(dead)  # it wakes up: nothing happens
    assert leases.holder("learn") == "heir"


def test_a_lease_that_comes_free_while_waiting_is_taken(database):
    leases = Leases(database)
    first = leases.take("learn", "one")
    assert leases.take("learn", "two", sleep=lambda _: leases.release(first)).holder == "two"
