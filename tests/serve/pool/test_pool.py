"""Who asks which worker next, with workers that are told what to do; and with real ones that are killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest

from posetune.serve.pool import pool as pool_module
from posetune.serve.pool.context import Network
from posetune.serve.pool.messages import Ask, Reply
from posetune.serve.pool.pool import Busy, Failed, Poisoned, Pool
from posetune.serve.pool.process import Died

FULL = Network("full", "full")


class FakeWorker:
    """Answers at once with the kind of work; "die" ends it, "wait" waits for ``go``, "hang" until it is killed."""

    go = threading.Event()
    done: list[str] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.pid, self._killed = id(self), threading.Event()
        self._asked: queue.SimpleQueue[Ask] = queue.SimpleQueue()

    def send(self, ask: Ask) -> None:
        self._asked.put(ask)

    def receive(self) -> Reply:
        return self.answer(self._asked.get())

    def answer(self, ask: Ask) -> Reply:
        if ask.kind == "die":
            raise Died
        if ask.kind == "hang":
            self._killed.wait(10)
        if ask.kind == "wait" or ask.payload.get("wait"):
            self.go.wait(10)
        if self._killed.is_set() or ask.payload.get("die"):
            raise Died
        if ask.kind == "no":
            return Reply(status=415, detail="No.")
        self.done.append(ask.payload.get("name", ask.kind))
        return Reply({"kind": ask.kind, "worker": self.pid})

    def wait(self) -> None:
        self._killed.wait()

    def kill(self) -> None:
        self._killed.set()

    bury = kill


@contextlib.asynccontextmanager
async def _open(count: int, queue: int = 10, start: Callable = FakeWorker) -> AsyncIterator[Pool]:
    FakeWorker.go.clear()
    pool = Pool(start, count, queue)
    try:
        await pool.open([FULL])
        while not pool.started:
            await asyncio.sleep(0.001)
        FakeWorker.done.clear()
        yield pool
    finally:
        FakeWorker.go.set()
        await pool.close()


def _run(test: Callable) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(limited())


def test_work_is_done():
    async def test():
        async with _open(2) as pool:
            assert (await pool.submit("x", {}))["kind"] == "x"
            assert (pool.ready, pool.size, len(pool.pids)) == (2, 2, 2)

    _run(test)


def test_a_worker_that_says_no_lives_on():
    async def test():
        async with _open(1) as pool:
            with pytest.raises(Failed) as caught:
                await pool.submit("no", {})
            assert (caught.value.status, caught.value.detail) == (415, "No.")
            await pool.submit("x", {})
            assert pool.deaths == 0

    _run(test)


def test_live_requests_go_before_jobs():
    async def test():
        async with _open(1) as pool:
            asks = [asyncio.create_task(pool.submit("wait", {"name": "first"}))]
            await asyncio.sleep(0)
            for lane, name in (("job", "j1"), ("job", "j2"), ("live", "l1"), ("live", "l2")):
                asks.append(asyncio.create_task(pool.submit("x", {"name": name}, lane=lane)))
                await asyncio.sleep(0)
            assert pool.waiting == {"live": 2, "job": 2}
            FakeWorker.go.set()
            await asyncio.gather(*asks)
            assert FakeWorker.done == ["first", "l1", "l2", "j1", "j2"]

    _run(test)


def test_a_full_queue_is_busy_and_says_when_to_come_back():
    async def test():
        async with _open(1, queue=2) as pool:
            asks = [asyncio.create_task(pool.submit("wait", {})) for _ in range(3)]
            await asyncio.sleep(0.01)
            with pytest.raises(Busy) as caught:
                await pool.submit("x", {})
            assert caught.value.retry_after >= 1
            with pytest.raises(Busy):
                pool.check_room()
            FakeWorker.go.set()
            await asyncio.gather(*asks)

    _run(test)


def test_a_poisoned_input_is_tried_once_more_and_then_refused():
    async def test():
        async with _open(1) as pool:
            with pytest.raises(Poisoned):
                await pool.submit("die", {})
            assert pool.deaths == 2
            assert (await pool.submit("x", {}))["kind"] == "x"

    _run(test)


def test_a_worker_that_dies_of_something_else_costs_nobody_his_answer():
    class DiesOnce(FakeWorker):
        left = [1]  # noqa: RUF012

        def answer(self, ask: Ask) -> Reply:
            if ask.kind == "x" and self.left:
                self.left.pop()
                raise Died
            return super().answer(ask)

    async def test():
        async with _open(1, start=DiesOnce) as pool:
            assert (await pool.submit("x", {}))["kind"] == "x"
            assert pool.deaths == 1

    _run(test)


def test_what_takes_too_long_is_ended():
    async def test():
        async with _open(1) as pool:
            with pytest.raises(Poisoned):
                await pool.submit("hang", {}, seconds=0.05)
            await pool.submit("x", {})

    _run(test)


def test_who_gives_up_waiting_is_not_worked_for():
    async def test():
        async with _open(1) as pool:
            first = asyncio.create_task(pool.submit("wait", {"name": "first"}))
            await asyncio.sleep(0.01)
            gone = asyncio.create_task(pool.submit("x", {"name": "gone"}))
            await asyncio.sleep(0.01)
            gone.cancel()
            await asyncio.sleep(0)
            FakeWorker.go.set()
            await first
            await pool.submit("x", {"name": "last"})
            assert FakeWorker.done == ["first", "last"]

    _run(test)


def test_a_busy_worker_has_the_next_picture_already_and_no_second():
    async def test():
        async with _open(1) as pool:
            asks = [asyncio.create_task(pool.submit("picture", {"name": f"{i}", "wait": True})) for i in range(4)]
            await asyncio.sleep(0.02)
            assert pool.waiting["live"] == 2
            FakeWorker.go.set()
            await asyncio.gather(*asks)
            assert FakeWorker.done == ["0", "1", "2", "3"]

    _run(test)


def test_nothing_is_handed_ahead_while_another_worker_is_free():
    async def test():
        async with _open(2) as pool:
            asks = [asyncio.create_task(pool.submit("picture", {"wait": True})) for _ in range(2)]
            await asyncio.sleep(0.02)
            assert pool.busy == 2
            FakeWorker.go.set()
            assert len({reply["worker"] for reply in await asyncio.gather(*asks)}) == 2

    _run(test)


def test_what_waits_behind_a_poisoned_picture_is_answered():
    async def test():
        async with _open(1) as pool:
            bad = asyncio.create_task(pool.submit("picture", {"wait": True, "die": True}))
            await asyncio.sleep(0.01)
            good = [asyncio.create_task(pool.submit("picture", {"name": f"{i}"})) for i in range(3)]
            await asyncio.sleep(0.01)
            FakeWorker.go.set()
            with pytest.raises(Poisoned):
                await bad
            await asyncio.gather(*good)
            assert sorted(name for name in FakeWorker.done if name != "load") == ["0", "1", "2"]
            assert pool.deaths == 2

    _run(test)


def test_requests_of_one_affinity_go_to_one_worker():
    async def test():
        async with _open(3) as pool:
            asks = [pool.submit("x", {}, lane="job", affinity=f"job{i % 2}") for i in range(12)]
            found = await asyncio.gather(*asks)
            for i in range(2):
                assert len({reply["worker"] for reply in found[i::2]}) == 1

    _run(test)


def test_a_worker_is_kept_free_where_live_requests_came_just_now():
    async def test():
        async with _open(2) as pool:
            await pool.submit("x", {})
            jobs = [asyncio.create_task(pool.submit("wait", {}, lane="job")) for _ in range(2)]
            await asyncio.sleep(0.02)
            assert pool.busy == 1
            await pool.submit("x", {})
            FakeWorker.go.set()
            await asyncio.gather(*jobs)

    _run(test)


def test_every_worker_is_asked():
    async def test():
        async with _open(3) as pool:
            found = await pool.everywhere("load", {"network": {}})
            assert len({reply["worker"] for reply in found}) == 3

    _run(test)


def test_a_network_that_cannot_be_loaded_is_told_at_once():
    class Refuses(FakeWorker):
        def answer(self, ask: Ask) -> Reply:
            return Reply(status=422, detail="There is no network nix.")

    async def test():
        pool = Pool(Refuses, 1, 10)
        try:
            with pytest.raises(Failed, match="no network nix"):
                await pool.open([FULL])
        finally:
            await pool.close()

    _run(test)


def test_a_worker_that_is_killed_while_it_starts_is_replaced(monkeypatch):
    monkeypatch.setattr(pool_module, "PAUSE", 0.01)
    started = []

    class DiesOnce(FakeWorker):
        def answer(self, ask: Ask) -> Reply:
            started.append(1)
            if len(started) == 1:
                raise Died
            return super().answer(ask)

    async def test():
        async with _open(1, start=DiesOnce) as pool:
            assert (await pool.submit("hello", {}))["kind"] == "hello"
            assert pool.deaths == 1

    _run(test)


def test_workers_that_die_before_they_answer_are_told_and_not_started_without_end(monkeypatch):
    monkeypatch.setattr(pool_module, "PAUSE", 0.2)
    started = []

    class Dies(FakeWorker):
        def answer(self, ask: Ask) -> Reply:
            started.append(1)
            raise Died

    async def test():
        pool = Pool(Dies, 1, 10)
        try:
            with pytest.raises(Poisoned):
                await pool.open([FULL])
            await asyncio.sleep(0.1)
            assert len(started) == pool_module.MOST_DEAD_STARTS
        finally:
            await pool.close()

    _run(test)


def test_closing_tells_who_waits():
    async def test():
        async with _open(1) as pool:
            asks = [asyncio.create_task(pool.submit("hang", {})) for _ in range(2)]
            await asyncio.sleep(0.02)
            await pool.close()
            for ask in asks:
                with pytest.raises((Busy, Poisoned)):
                    await ask

    _run(test)


def test_a_worker_that_dies_of_nothing_is_replaced_before_anybody_asks():
    """Of the system's want of memory, say: no request pays for it, though both workers went."""

    async def test():
        async with _open(2) as pool:
            for slot in pool._slots:
                slot.process.kill()
            while pool.deaths < 2 or pool.ready < 2:
                await asyncio.sleep(0.001)
            await asyncio.gather(*(pool.submit("x", {}) for _ in range(4)))

    _run(test)


def test_a_killed_worker_is_replaced_and_the_request_is_answered(web_server, photo):
    (pid,) = web_server.services.pool.pids
    os.kill(pid, signal.SIGKILL)
    assert web_server.predict(photo).status == 200
    assert web_server.services.pool.pids != [pid]


def test_a_stopped_worker_is_killed_and_replaced(web_server, photo, monkeypatch):
    """A decoder that hangs, as the pool sees it."""
    (pid,) = web_server.services.pool.pids
    os.kill(pid, signal.SIGSTOP)
    asks = []
    thread = threading.Thread(target=lambda: asks.append(web_server.predict(photo)))
    thread.start()
    time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    thread.join(10)
    assert asks[0].status == 200
