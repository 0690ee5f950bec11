"""Leases: who works on a unit, and until when. They save work and decide nothing: two who work on one unit by mistake cost time,
and one of them commits.

Who is known to have ended, as a process of this machine, has no lease any more; of others the time alone tells.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace

from posetune.errors import PosetuneError
from posetune.heartbeat import beating
from posetune.process import has_ended, this_process
from posetune.progress import counted
from posetune.scale.commit import unit_of
from posetune.scale.store import Store

#: A lease that nobody renewed for so long, seconds, may be taken by others; it is renewed three times as often.
SECONDS = 60.0
#: To say who is waited for, so many leases are read.
_READ = 20


@dataclass(frozen=True)
class Lease:
    """``worker`` has the unit until ``until`` (seconds since 1970); ``deaths``: how many before it took it and were not heard of
    again; ``process``: whose it is, see posetune.process.
    """

    worker: str
    until: float
    deaths: int = 0
    process: str = ""

    def holds(self, now: float) -> bool:
        """Whether its worker may still be at it."""
        return self.until > now and not has_ended(self.process)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def name_of(unit: str) -> str:
    return f"leases/{unit}.json"


def read_lease(store: Store, unit: str) -> Lease | None:
    """The unit's lease, run out or not; None where there is none, or nobody can read it."""
    content = store.get(name_of(unit))
    try:
        if content is None:
            return None
        said = json.loads(content)
        return Lease(str(said["worker"]), float(said["until"]), int(said["deaths"]), str(said.get("process", "")))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Lease("?", 0.0)


def is_held(store: Store, name: str, now: float) -> bool:
    """Whether the lease of this name is somebody's who may still be at it."""
    there = read_lease(store, unit_of(name))
    return there is not None and there.holds(now)


def take(
    store: Store, unit: str, worker: str, seconds: float = SECONDS, now: Callable[[], float] = time.time
) -> Lease | None:
    """Take the unit if nobody has it, or ``worker`` has it already; None if another does. Of those who find one that has run out
    at the same time, the one who wrote last has it, and the others mostly see that.
    """
    lease = Lease(worker, now() + seconds, process=this_process())
    if store.create(name_of(unit), lease.to_json(), lasting=False):
        return lease
    before = read_lease(store, unit)
    if before is None:  # given back this moment
        return lease if store.create(name_of(unit), lease.to_json(), lasting=False) else None
    if before.worker != worker and before.holds(now()):
        return None
    lease = replace(lease, until=now() + seconds, deaths=before.deaths + 1)
    store.put(name_of(unit), lease.to_json(), lasting=False)
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
        store.put(name_of(unit), replace(lease, until=0.0).to_json(), lasting=False)


def with_others(store: Store, units: Container[str], ours: Container[str] = ()) -> str:
    """Who is waited for: "2 units are leased by NAME until 12:00:07" (the last of them, by the clock here); "" where nobody has
    one of ``units``, or one of the workers ``ours`` has.
    """
    names = [unit_of(entry.name) for entry in store.list("leases")]
    wanted = [name for name in names if name in units]
    read = [lease for unit in wanted[:_READ] if (lease := read_lease(store, unit)) is not None]
    held = [lease for lease in read if lease.holds(time.time())]
    if not held or any(lease.worker in ours for lease in held):
        return ""
    count = len(held) + len(wanted[_READ:])
    workers = sorted({lease.worker for lease in held})
    others = " and others" if len(workers) > 3 or len(wanted) > _READ else ""
    until = time.strftime("%H:%M:%S", time.localtime(max(lease.until for lease in held)))
    return f"{counted(count, 'unit is', 'units are')} leased by {', '.join(workers[:3])}{others} until {until}"


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
                store.put(name_of(unit), replace(lease, until=time.time() + seconds).to_json(), lasting=False)

    try:
        with beating(renew, seconds / 3, "posetune-lease"):
            yield
    finally:
        with suppress(PosetuneError):  # it runs out
            give_back(store, unit, lease.worker)
