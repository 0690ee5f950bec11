"""A worker: takes units that nobody has, looks at them, commits them, until none is left. Any number may run anywhere."""

from __future__ import annotations

import os
import platform
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from posetune.progress import Counter, Reporter
from posetune.scale import commit, lease
from posetune.scale.job import MOST_ATTEMPTS, Job, load_network, read_job, unit_name
from posetune.scale.lease import Lease
from posetune.scale.look import Looker
from posetune.scale.plan import read_unit
from posetune.scale.rows import rows_of, to_parquet
from posetune.scale.store import Store
from posetune.scale.tasks import TASKS

#: Seconds between looks while all that is left is being worked on by others.
_WAIT = 1.0


@dataclass(frozen=True)
class Settings:
    """How a worker works. ``name``: in leases and done files; ``lease``: seconds, see lease.SECONDS."""

    name: str = field(default_factory=lambda: worker_name())
    threads: int = 1
    lease: float = lease.SECONDS
    wait: float = _WAIT


@dataclass
class Summary:
    """What a worker did: ``units`` committed, ``twice``: done, but somebody else was first, ``failed`` attempts; ``listed``: units
    of the job that failed too often.
    """

    units: int = 0
    pictures: int = 0
    twice: int = 0
    failed: int = 0
    listed: tuple[str, ...] = ()


def worker_name() -> str:
    """A name that no other worker has."""
    return f"{platform.node() or 'worker'}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


def work(store: Store, settings: Settings | None = None, report: Reporter | None = None) -> Summary:
    """Work on the job of ``store`` until every unit is done, or listed as failed.

    Raises PosetuneError if there is no job, or the store does not answer, or refuses: what was committed is kept.
    """
    settings, report = settings or Settings(), report or Reporter()
    job = read_job(store)
    looker = Looker(load_network(store, job.network), job, settings.threads)
    summary = Summary()
    try:
        with report.counting("pictures") as counter:
            for number, unit, held in _claimed(store, job, settings, summary):
                with lease.kept(store, unit, held, settings.lease):
                    _do(store, job, number, looker, settings, summary, counter)
    finally:
        looker.close()
    return summary


def _do(
    store: Store, job: Job, number: int, looker: Looker, settings: Settings, summary: Summary, counter: Counter
) -> None:
    unit, began = unit_name(number), time.monotonic()
    try:
        pictures, about = looker(read_unit(store, job, number), counter.step)
        rows = [row for picture in pictures for row in rows_of(picture)]
        content = to_parquet(rows, {"unit": unit, **about}, TASKS[job.what].schema)
    except Exception as error:  # whatever it is: another attempt may fare better, and other units are waiting
        summary.failed += 1
        attempts = commit.note_failure(store, unit, settings.name, f"{type(error).__name__}: {error}")
        counter.say(f"posetune: unit {unit} failed ({attempts} of {MOST_ATTEMPTS} attempts): {error}")
        return
    first = commit.commit(
        store, unit, content, rows=len(rows), pictures=len(pictures),
        errors=sum(picture.error is not None for picture in pictures), worker=settings.name,
        seconds=time.monotonic() - began,
    )  # fmt: skip
    summary.pictures += len(pictures)
    if first:
        summary.units += 1
    else:
        summary.twice += 1
        counter.say(f"posetune: unit {unit} was done by another worker meanwhile: theirs holds, on to the next.")


def _claimed(store: Store, job: Job, settings: Settings, summary: Summary) -> Iterator[tuple[int, str, Lease]]:
    """Units to be done, each with a lease, until there are none; begins at another place than other workers do."""
    names = list(job.unit_names())
    offset = hash(settings.name) % max(1, len(names))
    while True:
        done, failed = commit.done_units(store), commit.failures(store)
        listed = {unit for unit, count in failed.items() if count >= MOST_ATTEMPTS and unit not in done}
        open_units = [n for n in (*range(offset, len(names)), *range(offset)) if names[n] not in done | listed]
        if not open_units:
            summary.listed = tuple(sorted(listed))
            return
        claimed = False
        for number in open_units:
            unit = names[number]
            held = lease.take(store, unit, settings.name, settings.lease)
            if held is None:
                continue
            if store.get(commit.name_of(unit)) is not None:  # done since the list was made
                lease.give_back(store, unit, settings.name)
                continue
            claimed = True
            yield number, unit, held
        if not claimed:
            time.sleep(settings.wait)


def forget_failures(store: Store) -> None:
    """Let units that failed be tried again as if they never had been."""
    for entry in list(store.list("failed")):
        store.delete(entry.name)
