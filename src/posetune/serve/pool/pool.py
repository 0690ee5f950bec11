"""Who asks which worker next: live requests before jobs, one request at a time each, and a new worker for one that died."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from posetune.serve.pool.context import Network
from posetune.serve.pool.messages import Ask, Reply
from posetune.serve.pool.process import Died, Process

Lane = Literal["live", "job"]
T = TypeVar("T")
log = logging.getLogger("posetune.serve")

#: Workers that die before their first answer are not replaced at once, but after so many seconds.
PAUSE = 1.0
#: Workers that may die in one place before one has answered; after that it is not chance.
MOST_DEAD_STARTS = 3
#: Deaths that one input may cause.
MOST_DEATHS = 2
#: Seconds after a live request during which one worker is kept free of jobs.
KEPT_FREE = 2.0


class Busy(Exception):
    """The queue is full, or nothing has come of the request in time. ``retry_after``: seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("busy")
        self.retry_after = retry_after


class Poisoned(Exception):
    """The input ended two workers, or took two of them longer than it may."""


class Failed(Exception):
    """The worker says no. ``status``: an HTTP status; ``detail``: one sentence; ``trace``: of an error that nobody foresaw."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.detail)
        self.status, self.detail, self.trace, self.line = reply.status, reply.detail, reply.trace, reply.line


@dataclass(eq=False)
class _Task:
    ask: Ask
    seconds: float
    affinity: str | None
    future: asyncio.Future[Any]
    since: float
    lane: Lane | None  # None: for one worker alone
    deaths: int = 0


@dataclass(eq=False)
class _Slot:
    """A place for a worker. ``own``: what only this one is to do; ``hand``: set while it waits for work."""

    number: int
    process: Process | None = None
    own: deque[_Task] = field(default_factory=deque)
    hand: asyncio.Future[_Task] | None = None
    ready: bool = False
    busy: bool = False

    @property
    def free(self) -> bool:
        return self.hand is not None and not self.hand.done()


class Pool:
    """Make it anywhere, :meth:`open` it in the event loop that it is used in."""

    def __init__(self, start: Callable[[], Process], count: int, queue: int, started: Sequence[Process] = ()) -> None:
        """``start``: starts a worker; ``started``: some that are on their way already. ``queue``: live requests that may wait."""
        self._start, self._queue = start, queue
        self._slots = [_Slot(i, started[i] if i < len(started) else None) for i in range(count)]
        self._lanes: dict[Lane, deque[_Task]] = {"live": deque(), "job": deque()}
        self._threads = ThreadPoolExecutor(count, "worker")
        self._watchers = ThreadPoolExecutor(count + 1, "watcher")  # one more: a new worker comes while the old one goes
        self._runs: list[asyncio.Task[None]] = []
        self._places: dict[str, _Slot] = {}
        self._last_live = -math.inf
        self._seconds = 0.05  # a live request's, running mean
        self._first: list[Network] = []
        self._closing = False
        self._began: set[int] = set()
        self.deaths = 0

    # -- for the web process ----------------------------------------------------------------------------------------------------

    async def open(self, networks: Sequence[Network]) -> list[dict[str, Any]]:
        """Start the workers; each loads ``networks`` before anything else, and one that replaces it does so again.

        Returns once the first worker has: what each of ``networks`` is ({"name", "sha256", "kind"}). The others follow.
        Raises Failed if a network cannot be loaded, Poisoned if it ends the workers.
        """
        self._first = list(networks)
        first: asyncio.Future[list[dict[str, Any]]] = asyncio.get_running_loop().create_future()
        self._runs = [asyncio.create_task(self._keep(slot, first)) for slot in self._slots]
        return await first

    def keep_loaded(self, networks: Sequence[Network]) -> None:
        """What workers that are started from now on load first."""
        self._first = list(networks)

    @property
    def size(self) -> int:
        return len(self._slots)

    @property
    def ready(self) -> int:
        """Workers whose networks have answered."""
        return sum(slot.ready for slot in self._slots)

    @property
    def started(self) -> bool:
        """Whether each of the workers has had its networks answer once."""
        return len(self._began) == self.size

    @property
    def busy(self) -> int:
        return sum(slot.busy for slot in self._slots)

    @property
    def waiting(self) -> dict[str, int]:
        """Lane → requests in it."""
        return {lane: len(tasks) for lane, tasks in self._lanes.items()}

    @property
    def pids(self) -> list[int]:
        return [slot.process.pid for slot in self._slots if slot.process is not None]

    def check_room(self) -> None:
        """Raises Busy if a live request would find the queue full: before its body is read."""
        waiting = len(self._lanes["live"])
        if waiting >= self._queue or self._closing:
            raise Busy(max(1, math.ceil(waiting * self._seconds / self.size)))

    async def submit(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        lane: Lane = "live",
        seconds: float = 30.0,
        processor: int = 60,
        affinity: str | None = None,
    ) -> Any:
        """What a worker answers to ``kind`` with ``payload``.

        ``lane``: "live" goes before "job". ``seconds``: the worker is killed after so many, and after so many of
        ``processor`` time. ``affinity``: requests of the same go
        to the same worker while it lives (for what it keeps in ``Context.kept``). An input whose worker dies is tried once more.

        Raises Busy, Poisoned, Failed.
        """
        if lane == "live":
            self.check_room()
            self._last_live = time.monotonic()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._lanes[lane].append(
            _Task(Ask(kind, payload, processor), seconds, affinity, future, time.monotonic(), lane)
        )
        self._offer()
        return await future

    async def everywhere(self, kind: str, payload: dict[str, Any], seconds: float = 30.0) -> list[Any]:
        """What every worker that lives answers, one after the other on each, between its requests. Raises Failed, Poisoned."""
        loop, asks = asyncio.get_running_loop(), []
        for slot in self._slots:
            if slot.ready:
                task = _Task(Ask(kind, payload), seconds, None, loop.create_future(), time.monotonic(), None)
                slot.own.append(task)
                asks.append(task.future)
        self._offer()
        return await asyncio.gather(*asks)

    async def close(self) -> None:
        """End the workers, whatever they do. Requests that wait get Busy."""
        self._closing = True
        for run in self._runs:
            run.cancel()
        for slot in self._slots:
            if slot.process is not None:
                slot.process.kill()
        await asyncio.gather(*self._runs, return_exceptions=True)
        waiting = [*self._lanes["live"], *self._lanes["job"], *(t for slot in self._slots for t in slot.own)]
        for task in waiting:
            _fail(task, Busy(5))
        for slot in self._slots:
            if slot.process is not None:
                slot.process.bury()
        for threads in (self._threads, self._watchers):
            threads.shutdown(wait=False, cancel_futures=True)

    # -- inside -----------------------------------------------------------------------------------------------------------------

    async def _keep(self, slot: _Slot, first: asyncio.Future[list[dict[str, Any]]]) -> None:
        """Keep a worker in ``slot`` for as long as the pool is open."""
        dead_starts = 0
        while not self._closing:
            began = time.monotonic()
            if slot.process is None:
                slot.process = await asyncio.get_running_loop().run_in_executor(None, self._start)
            process = slot.process
            try:
                loaded = [await self._ask(process, self._load(network), 60.0) for network in self._first]
                wrong = next((reply for reply in loaded if reply.status), None)
                if wrong is not None:
                    if (
                        first.done() and not first.cancelled() and first.exception() is None
                    ):  # else the server ends, and says why
                        log.error("a worker could not load its networks: %s", wrong.detail)
                    _settle(first, Failed(wrong))
                    await asyncio.sleep(PAUSE)
                    continue
                slot.ready = True
                self._began.add(slot.number)
                _settle(first, [reply.value for reply in loaded])
                await self._serve(
                    slot, process, asyncio.get_running_loop().run_in_executor(self._watchers, process.wait)
                )
            except Died:
                self.deaths += 1
                log.warning("a worker died; another takes its place")
                if not slot.ready:
                    dead_starts += 1
                    if dead_starts >= MOST_DEAD_STARTS:
                        _settle(first, Poisoned())
                    await asyncio.sleep(max(0.0, PAUSE - (time.monotonic() - began)))
            finally:
                slot.ready, slot.process = False, None
                self._places = {key: place for key, place in self._places.items() if place is not slot}
                process.kill()
                asyncio.get_running_loop().run_in_executor(None, process.bury)

    def _load(self, network: Network) -> Ask:
        return Ask("load", {"network": {"source": network.source, "name": network.name, "sha256": network.sha256}})

    async def _serve(self, slot: _Slot, process: Process, gone: asyncio.Future[None]) -> None:
        """Hand ``slot`` one request after the other; the next is with it already where all are busy. Raises Died."""
        sent: deque[_Task] = deque()
        try:
            while True:
                if not sent:
                    slot.busy = False
                    sent.append(await self._next(slot, gone))
                    slot.busy = True
                    await self._do(process.kill, sent[0].seconds, process.send, sent[0].ask)
                began = time.monotonic()
                if len(sent) == 1 and (ahead := self._take_ahead(slot, sent[0])) is not None:
                    sent.append(ahead)
                    await self._do(process.kill, sent[0].seconds, process.send, ahead.ask)
                reply = await self._do(process.kill, sent[0].seconds, process.receive)
                self._settle(sent.popleft(), reply, time.monotonic() - began)
        except Died:
            self._give_back(sent)
            raise
        except BaseException:  # the pool is being closed
            for task in sent:
                _fail(task, Busy(5))
            raise
        finally:
            slot.busy = False

    async def _next(self, slot: _Slot, gone: asyncio.Future[None]) -> _Task:
        """What ``slot`` is to do. Raises Died if its worker ends meanwhile, of nothing that it was asked."""
        hand = slot.hand = asyncio.get_running_loop().create_future()
        self._offer()
        try:
            await asyncio.wait((hand, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            slot.hand = None
        if gone.done():
            if hand.done() and (task := hand.result()).lane is not None:
                self._lanes[task.lane].appendleft(task)
            elif hand.done():
                _fail(task, Poisoned())
            raise Died
        return hand.result()

    def _settle(self, task: _Task, reply: Reply, seconds: float) -> None:
        if task.ask.kind == "picture":
            self._seconds += 0.1 * (seconds - self._seconds)
        if reply.status:
            _fail(task, Failed(reply))
        elif not task.future.done():
            task.future.set_result(reply.value)

    def _give_back(self, sent: deque[_Task]) -> None:
        """A worker died of the first of ``sent``, which is tried once more; the others wait in front again."""
        for task in reversed(sent):
            task.deaths += task is sent[0]
            if task.deaths < MOST_DEATHS and task.lane is not None:
                self._lanes[task.lane].appendleft(task)
            else:
                _fail(task, Poisoned())
        self._offer()

    async def _do(self, kill: Callable[[], None], seconds: float, what: Callable[..., T], *arguments: Any) -> T:
        """``what`` in a thread; ``kill`` ends it after ``seconds``."""
        loop = asyncio.get_running_loop()
        end = loop.call_later(seconds, kill)
        try:
            return await loop.run_in_executor(self._threads, what, *arguments)
        finally:
            end.cancel()

    async def _ask(self, process: Process, ask: Ask, seconds: float) -> Reply:
        await self._do(process.kill, seconds, process.send, ask)
        return await self._do(process.kill, seconds, process.receive)

    def _offer(self) -> None:
        """Give what waits to the workers that wait."""
        for slot in self._slots:
            if slot.free and (task := self._take(slot)) is not None:
                assert slot.hand is not None
                slot.hand.set_result(task)

    def _take_ahead(self, slot: _Slot, first: _Task) -> _Task | None:
        """A picture for a worker that has one already, so that it need not wait for this process between the two."""
        if slot.own or first.ask.kind != "picture" or any(other.free for other in self._slots):
            return None
        waiting = self._lanes["live"]
        while waiting and waiting[0].future.done():
            waiting.popleft()
        return waiting.popleft() if waiting and waiting[0].ask.kind == "picture" else None

    def _take(self, slot: _Slot) -> _Task | None:
        if slot.own:
            return slot.own.popleft()
        for lane, tasks in self._lanes.items():
            if lane == "job" and self._is_kept_free(slot):
                return None
            for task in list(tasks):
                if task.future.done():  # whoever asked is gone
                    tasks.remove(task)
                    continue
                place = self._places.get(task.affinity) if task.affinity is not None else None
                if place is None or place is slot:
                    tasks.remove(task)
                    if task.affinity is not None:
                        self._places[task.affinity] = slot
                    return task
        return None

    def _is_kept_free(self, slot: _Slot) -> bool:
        """Whether ``slot`` should wait for a live request: some came just now, and all others are at work."""
        if time.monotonic() - self._last_live > KEPT_FREE or self.size < 2:
            return False
        others = [s for s in self._slots if s is not slot and s.ready]
        return bool(others) and not any(s.free for s in others)


def _fail(task: _Task, error: Exception) -> None:
    if not task.future.done():
        task.future.set_exception(error)


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    with contextlib.suppress(asyncio.InvalidStateError):
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
