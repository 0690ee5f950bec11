"""Leases: who works on a unit, and until when. They save work and decide nothing: two who work on one unit by mistake cost time,
and one of them commits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from posetune.errors import PosetuneError
from posetune.heartbeat import beating
from posetune.scale.store import Store

#: A lease that nobody renewed for so long, seconds, may be taken by others; it is renewed three times as often.
SECONDS = 60.0


@dataclass(frozen=True)
class Lease:
    """``worker`` has the unit until ``until`` (seconds since 1970); ``deaths``: how many before it took it and were not heard of
    again.
    """

    worker: str
    until: float
    deaths: int = 0

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def name_of(unit: str) -> str:
    return f"leases/{unit}.json"


def read_lease(store: Store, unit: str) -> Lease | None:
    """The unit's lease, run out or not; None where there is none, or nobody can read it."""
    content = store.get(name_of(unit))
    try:
        return None if content is None else Lease(**json.loads(content))
    except (ValueError, TypeError):
        return Lease("?", 0.0)


def take(
    store: Store, unit: str, worker: str, seconds: float = SECONDS, now: Callable[[], float] = time.time
) -> Lease | None:
    """Take the unit if nobody has it, or ``worker`` has it already; None if another does. Of those who find one that has run out
    at the same time, the one who wrote last has it, and the others mostly see that.
    """
    lease = Lease(worker, now() + seconds)
    if store.create(name_of(unit), lease.to_json()):
        return lease
    before = read_lease(store, unit)
    if before is None:  # given back this moment
        return lease if store.create(name_of(unit), lease.to_json()) else None
    if before.until > now() and before.worker != worker:
        return None
    lease = Lease(worker, now() + seconds, before.deaths + 1)
    store.put(name_of(unit), lease.to_json())
    return lease if read_lease(store, unit) == lease else None


def give_back(store: Store, unit: str, worker: str) -> None:
    """Remove the lease, if it is still this worker's."""
    lease = read_lease(store, unit)
    if lease is not None and lease.worker == worker:
        store.delete(name_of(unit))


def let_go(store: Store, unit: str, worker: str) -> None:
    """Let others take the lease of a worker that is known to be dead; its death is counted."""
    lease = read_lease(store, unit)
    if lease is not None and lease.worker == worker:
        store.put(name_of(unit), Lease(worker, 0.0, lease.deaths).to_json())


@contextmanager
def kept(store: Store, unit: str, lease: Lease, seconds: float = SECONDS) -> Iterator[None]:
    """Renew ``lease`` by a thread, for as long as the block takes; give it back after it.

    A renewal that fails is tried again at the next: at worst somebody else does the unit as well. Whoever finds, after a long
    sleep, that the unit has another worker, leaves that one's lease alone.
    """

    def renew() -> None:
        with suppress(PosetuneError):
            there = read_lease(store, unit)
            if there is not None and there.worker == lease.worker:
                store.put(name_of(unit), Lease(lease.worker, time.time() + seconds, lease.deaths).to_json())

    try:
        with beating(renew, seconds / 3, "posetune-lease"):
            yield
    finally:
        with suppress(PosetuneError):  # it runs out
            give_back(store, unit, lease.worker)
