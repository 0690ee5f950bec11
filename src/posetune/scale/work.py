"""A worker: takes units that nobody has, looks at them, commits them, until none is left. Any number may run anywhere."""

from __future__ import annotations

import os
import platform
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from posetune.progress import Counter, Reporter
from posetune.scale import commit, lease
from posetune.scale.alone import DEATHS, look_alone
from posetune.scale.job import MOST_ATTEMPTS, Job, load_network, read_job, unit_name
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
    offset = hash(settings.name)  # begin at another place than other workers do
    try:
        with report.counting("pictures") as counter:
            while numbers := list(open_units(store, job)):
                start = offset % len(numbers)
                moved = [
                    _claim(store, job, n, looker, settings, summary, counter) for n in numbers[start:] + numbers[:start]
                ]
                if not any(moved):  # all that is left is with other workers
                    counter.step(lease.with_others(store, {*map(unit_name, numbers)}), by=0)
                    time.sleep(settings.wait)
    finally:
        looker.close()
    return replace(summary, listed=commit.listed_units(store))


def claim_and_do(
    store: Store, job: Job, number: int, looker: Looker, settings: Settings, report: Reporter
) -> Summary | None:
    """Do one unit, if nobody has it and it is not done; None where somebody has.

    Raises StoreError or StoreRefused where the job's store does not take it.
    """
    summary = Summary()
    with report.counting("pictures") as counter:
        return summary if _claim(store, job, number, looker, settings, summary, counter) else None


def open_units(store: Store, job: Job) -> Iterator[int]:
    """The numbers of the units that are neither done nor listed as failed."""
    closed = commit.done_units(store) | set(commit.listed_units(store))
    return (number for number, unit in enumerate(job.unit_names()) if unit not in closed)


def _claim(
    store: Store, job: Job, number: int, looker: Looker, settings: Settings, summary: Summary, counter: Counter
) -> bool:
    """Whether there was something to do, or nothing any more; False where another worker has the unit."""
    unit = unit_name(number)
    held = lease.take(store, unit, settings.name, settings.lease)
    if held is None:
        return False
    with lease.kept(store, unit, held, settings.lease):
        if store.get(commit.name_of(unit)) is None:  # not done since the list was made
            _do(store, job, number, looker, settings, summary, counter, held.deaths)
    return True


def _do(
    store: Store,
    job: Job,
    number: int,
    looker: Looker,
    settings: Settings,
    summary: Summary,
    counter: Counter,
    deaths: int,
) -> None:
    unit, began = unit_name(number), time.monotonic()
    try:
        items = read_unit(store, job, number)
        if deaths < DEATHS:
            pictures, about = looker(items, counter.step)
        else:
            counter.say(f"posetune: {deaths} workers died with unit {unit}: each of its items in a process of its own.")
            pictures, about = look_alone(load_network(store, job.network), job, items, counter.step)
        rows = [row for picture in pictures for row in rows_of(picture)]
        content = to_parquet(rows, {"unit": unit, **about}, TASKS[job.what].schema)
    except Exception as error:  # whatever it is: another attempt may fare better, and other units are waiting
        if _interrupted(error):
            raise KeyboardInterrupt from error
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


def _interrupted(error: BaseException | None) -> bool:
    """Whether an error came of Ctrl-C or SIGTERM, which may reach a lock at a moment when it answers with an error of its own."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def forget_failures(store: Store) -> None:
    """Let units that failed be tried again as if they never had been."""
    for entry in list(store.list("failed")):
        store.delete(entry.name)
