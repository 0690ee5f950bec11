"""How far a job is, from names alone: nothing is read that grows with the pictures."""

from __future__ import annotations

import time
from dataclasses import dataclass

from posetune.scale import commit, lease
from posetune.scale.job import read_job
from posetune.scale.store import Store

#: The pace is that of so many units that ended last.
_RECENT = 200


@dataclass(frozen=True)
class Status:
    """``units`` and how many are ``done``, have somebody ``at_work``, or are ``listed`` as failed; ``items``: pictures and parts of
    videos; ``seconds_left``: at the pace of the units done last, None where nobody works or none is done.
    """

    what: str
    units: int
    items: int
    videos: int
    done: int
    at_work: int
    listed: tuple[str, ...]
    seconds_left: float | None


def status(store: Store, now: float | None = None) -> Status:
    """How far the job of ``store`` is. Raises PosetuneError if there is none."""
    job, now = read_job(store), time.time() if now is None else now
    done = {entry.name.rpartition("/")[2].removesuffix(".json"): entry.modified for entry in store.list("done")}
    at_work = sum(
        now - entry.modified < lease.SECONDS
        for entry in store.list("leases")
        if entry.name.rpartition("/")[2].removesuffix(".json") not in done
    )
    listed = commit.listed_units(store, done)
    left = job.units - len(done) - len(listed)
    return Status(
        job.what, job.units, job.items, job.videos, len(done), at_work, listed,
        _seconds_left(sorted(done.values()), left, at_work, now),
    )  # fmt: skip


def _seconds_left(ended: list[float], left: int, at_work: int, now: float) -> float | None:
    if not left:
        return 0.0
    recent = ended[-_RECENT:]
    if not at_work or len(recent) < 2:
        return None
    return (
        left * max(recent[-1] - recent[0], now - recent[0] if now - recent[-1] > 600 else 0, 1e-3) / (len(recent) - 1)
    )
