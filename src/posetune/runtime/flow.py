"""Work that overlaps: threads with bounded queues, order kept.

Decoding, networks and encoding run outside Python's global lock, so threads fill the processors. Nothing here holds more than
a few items at a time, and leaving a generator early (an error, Ctrl-C) stops its threads.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Worker = TypeVar("Worker")

_PATIENCE = 0.1  # seconds between looks at whether the consumer has gone


def ahead(items: Iterable[Item], size: int = 4) -> Generator[Item, None, None]:
    """``items``, made by a thread of its own, up to ``size`` ahead of who takes them.

    What making them raises is raised here, after those made before.
    """
    waiting: queue.Queue[tuple[str, Item | BaseException | None]] = queue.Queue(maxsize=size)
    gone = threading.Event()

    def put(kind: str, what: Item | BaseException | None) -> bool:
        while not gone.is_set():
            try:
                waiting.put((kind, what), timeout=_PATIENCE)
                return True
            except queue.Full:
                continue
        return False

    def make() -> None:
        try:
            for item in items:
                if not put("item", item):
                    return
            put("end", None)
        except BaseException as error:  # for the consumer to raise, whatever it is
            put("error", error)
        finally:
            if isinstance(items, Generator):
                items.close()

    thread = threading.Thread(target=make, name="posetune-ahead", daemon=True)
    thread.start()
    try:
        while True:
            kind, what = waiting.get()
            if kind == "end":
                return
            if kind == "error":
                assert isinstance(what, BaseException)
                raise what
            yield what  # type: ignore[misc]
    finally:
        gone.set()
        thread.join()


def in_order(
    work: Callable[[Worker, Item], Result], items: Iterable[Item], workers: Sequence[Worker], size: int | None = None
) -> Generator[Result, None, None]:
    """``work(worker, item)`` for every item, in the order of ``items``; one thread and one item at a time a worker.

    At most ``size`` items (twice the workers, plus two) are under way or wait to be taken.
    """
    size = size or 2 * len(workers) + 2
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def done(item: Item) -> Result:
        worker = idle.get()
        try:
            return work(worker, item)
        finally:
            idle.put(worker)

    under_way: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(len(workers), thread_name_prefix="posetune-work")
    try:
        for item in items:
            under_way.append(pool.submit(done, item))
            if len(under_way) >= size:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
