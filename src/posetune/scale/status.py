"""How far a job is, from names, and some leases: nothing is read that grows with the pictures."""

from __future__ import annotations

import time
from dataclasses import dataclass

from posetune.scale import commit, lease
from posetune.scale.job import read_job, unit_name
from posetune.scale.store import Store

#: The pace is that of so many units that ended last.
_RECENT = 200
#: So many leases are read, and up to twice as many.
_READ = 50


@dataclass(frozen=True)
class Status:
    """``units`` and how many are ``done``, have somebody ``at_work``, or are ``listed`` as failed; ``items``: pictures and parts of
    videos; ``seconds_left``: at the pace of the units done last, None where nobody works or none is done; ``faults``: what lies in
    done/ and is not of this job, or cut short, a sentence each.
    """

    what: str
    units: int
    items: int
    videos: int
    done: int
    at_work: int
    listed: tuple[str, ...]
    seconds_left: float | None
    faults: tuple[str, ...] = ()


def status(store: Store, now: float | None = None) -> Status:
    """How far the job of ``store`` is. Raises PosetuneError if there is none."""
    job, now = read_job(store), time.time() if now is None else now
    done: dict[str, float] = {}
    faults: list[str] = []
    for entry in store.list("done"):
        unit = commit.unit_of(entry.name)
        if not (unit.isdigit() and int(unit) < job.units and entry.name == commit.name_of(unit_name(int(unit)))):
            faults.append(f"{entry.name} is of no unit of the plan: what is it? posetune wrote none of that name.")
        elif entry.size < commit.LEAST_BYTES:
            faults.append(commit.damaged(store, unit))
        else:
            done[unit] = entry.modified
    at_work = _at_work(store, [e.name for e in store.list("leases") if commit.unit_of(e.name) not in done], now)
    listed = commit.listed_units(store, done)
    left = job.units - len(done) - len(listed)
    return Status(
        job.what, job.units, job.items, job.videos, len(done), at_work, listed,
        _seconds_left(sorted(done.values()), left, at_work, now), tuple(faults),
    )  # fmt: skip


def _at_work(store: Store, leases: list[str], now: float) -> int:
    """How many of ``leases`` are somebody's; of many, as many as their share is among some."""
    some = leases[:: max(1, len(leases) // _READ)]
    held = sum(lease.is_held(store, name, now) for name in some)
    return round(len(leases) * held / len(some)) if some else 0


def _seconds_left(ended: list[float], left: int, at_work: int, now: float) -> float | None:
    if not left:
        return 0.0
    recent = ended[-_RECENT:]
    if not at_work or len(recent) < 2:
        return None
    return (
        left * max(recent[-1] - recent[0], now - recent[0] if now - recent[-1] > 600 else 0, 1e-3) / (len(recent) - 1)
    )
