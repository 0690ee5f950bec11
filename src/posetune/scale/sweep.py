"""What killed and late workers left behind, and nobody reads: removed, long after anybody could still need it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from posetune.scale import commit, lease
from posetune.scale.folder import Folder
from posetune.scale.job import MOST_ATTEMPTS, read_job
from posetune.scale.store import Store

#: While somebody works, what is younger than this, seconds, is left alone.
_YOUNG = 3600.0


@dataclass(frozen=True)
class Swept:
    """How many ``parts`` that no done/ names, ``leases`` of nobody, files of ``plans`` that lost, ``unfinished`` files went."""

    parts: int
    leases: int
    plans: int
    unfinished: int


def sweep(store: Store, now: float | None = None) -> Swept:
    """Remove orphans; safe while others work: a unit that is done never reads another part, and one that is not keeps all of its.

    Raises PosetuneError if there is no job.
    """
    job, now = read_job(store), time.time() if now is None else now
    done, failed = commit.done_units(store), commit.failures(store)
    ended = all(unit in done or failed.get(unit, 0) >= MOST_ATTEMPTS for unit in job.unit_names())
    leases = list(store.list("leases"))
    held = {e.name for e in leases if commit.unit_of(e.name) not in done and lease.is_held(store, e.name, now)}
    busy = bool(held)
    young = _YOUNG if busy else 0.0
    gone = [
        e.name
        for e in leases
        if commit.unit_of(e.name) in done or (e.name not in held and now - e.modified > max(young, lease.SECONDS))
    ]
    orphans = list(_orphans(store, done, everything=ended and not busy))
    plans = [
        e.name for e in store.list("plan") if e.name.split("/")[1] != job.plan and now - e.modified >= young
    ]  # fmt: skip
    unfinished = []
    if isinstance(store, Folder):
        unfinished = [e.name for e in store.unfinished() if now - e.modified >= young]
    for name in (*gone, *orphans, *plans, *unfinished):
        store.delete(name)
    return Swept(len(orphans), len(gone), len(plans), len(unfinished))


def _orphans(store: Store, done: set[str], everything: bool) -> Iterator[str]:
    """Parts that no done/ names: of units that are done; of all others as well, where ``everything`` has ended."""
    by_unit: dict[str, list[str]] = {}
    for name, unit in commit.parts(store):
        by_unit.setdefault(unit, []).append(name)
    for unit, names in by_unit.items():
        if unit in done:
            if len(names) > 1:  # the part that was committed is one of them
                committed = commit.read_done(store, unit)
                yield from (name for name in names if committed is not None and name != committed.part)
        elif everything:
            yield from names
