"""Whose turn it is: of several passes one works, and only that one writes decisions down."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from posetune.errors import PosetuneError
from posetune.heartbeat import beating
from posetune.progress import Reporter
from posetune.store.database import Database
from posetune.store.registry.log import Moved
from posetune.store.registry.registry import Registry
from posetune.store.runs import LEARNING, Lease, Leases

BY = "learn run"
_BEAT = 4.0


class Turn:
    """One pass's turn. ``alive``: whether it still has the lease."""

    def __init__(self, registry: Registry, alive: Callable[[], bool]) -> None:
        self._registry, self.alive = registry, alive

    def append(self, kind: str, body: dict[str, Any]) -> None:
        """Write a decision down. Raises PosetuneError where this pass no longer has the lease, or the registry has moved on."""
        if not self.alive():
            raise PosetuneError("Another pass has taken over; this one ends.")
        if self._registry.doubt:  # an entry was lost since the pass began
            raise PosetuneError(self._registry.doubt)
        try:
            self._registry.append(kind, body, BY)
        except Moved as error:
            raise PosetuneError(f"{error} Run the pass again.") from error


@contextlib.contextmanager
def taken(registry: Registry, database: Database, report: Reporter) -> Iterator[Turn | None]:
    """A turn for as long as the block runs; None where another pass is at work, which is said."""
    leases = Leases(database)
    lease = leases.take(LEARNING, f"{socket.gethostname()} {os.getpid()}", patience=3 * _BEAT)
    if lease is None:
        report.say(f"Another pass is at work ({leases.holder(LEARNING)}); this one leaves it to that.")
        yield None
        return
    with _held(leases, lease) as alive:
        yield Turn(registry, alive)


@contextlib.contextmanager
def _held(leases: Leases, lease: Lease) -> Iterator[Callable[[], bool]]:
    """Beat while the block runs; the yielded function says whether the lease is still held."""
    lost = threading.Event()

    def beat() -> bool:
        with contextlib.suppress(PosetuneError):  # a database that is away for a moment
            if not leases.beat(lease):
                lost.set()
        return not lost.is_set()

    try:
        with beating(beat, _BEAT, "posetune-learn"):
            yield lambda: not lost.is_set()
    finally:
        if not lost.is_set():
            leases.release(lease)
