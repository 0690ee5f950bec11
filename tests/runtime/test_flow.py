"""Threads that overlap work: order, bounds, errors, and nothing left running."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from posetune.runtime.flow import ahead, in_order


def running() -> int:
    return sum(thread.name.startswith("posetune") for thread in threading.enumerate())


def collect(items: Iterator[int], into: list[int]) -> None:
    for item in items:
        into.append(item)


def test_ahead_keeps_order_and_runs_no_further_than_told():
    made = []

    def numbers() -> Iterator[int]:
        for i in range(50):
            made.append(i)
            yield i

    taken = ahead(numbers(), 3)
    assert next(taken) == 0
    time.sleep(0.3)
    assert len(made) <= 6  # one taken, three waiting, one in hand
    assert list(taken) == list(range(1, 50))
    assert running() == 0


def test_an_error_comes_after_what_was_made_before_it():
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    got: list[int] = []
    with pytest.raises(ValueError, match="the third"):
        collect(ahead(broken()), got)
    assert got == [1, 2]
    assert running() == 0


def test_leaving_early_stops_the_threads_and_closes_what_they_read():
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    outer = ahead(ahead(endless()))
    assert next(outer) == 1
    outer.close()
    assert closed.wait(2)
    assert running() == 0


def test_in_order_gives_results_in_order_one_item_at_a_time_a_worker():
    busy = {"a": 0, "b": 0}
    under_way: list[int] = []

    def work(worker: str, item: int) -> int:
        busy[worker] += 1
        assert busy[worker] == 1
        time.sleep(0.002 * (item % 3))
        busy[worker] -= 1
        return item * item

    def items() -> Iterator[int]:
        for i in range(40):
            under_way.append(i)
            yield i

    taken = 0
    for result in in_order(work, items(), ["a", "b"], size=5):
        assert result == taken * taken
        taken += 1
        assert len(under_way) - taken <= 5
    assert taken == 40
    assert running() == 0


def test_in_order_raises_what_a_worker_raises_and_stops():
    def work(worker: int, item: int) -> int:
        if item == 3:
            raise OSError("disk")
        return item

    got: list[int] = []
    with pytest.raises(OSError, match="disk"):
        collect(in_order(work, range(1000), [0, 1]), got)
    assert got == [0, 1, 2]
    assert running() == 0
