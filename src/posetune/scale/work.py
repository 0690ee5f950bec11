"""A worker: takes units that nobody has, looks at them, commits them, until none is left. Any number may run anywhere."""

from __future__ import annotations

import bisect
import os
import platform
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from posetune.progress import Counter, Reporter
from posetune.scale import commit, lease
from posetune.scale.alone import DEATHS, look_alone
from posetune.scale.job import MOST_ATTEMPTS, Job, load_network, read_job, unit_name
from posetune.scale.look import Looker
from posetune.scale.plan import Units
from posetune.scale.rows import Picture, rows_of, to_parquet
from posetune.scale.store import Store
from posetune.scale.tasks import TASKS

#: Seconds between looks while all that is left is being worked on by others.
_WAIT = 1.0
#: For so long, seconds, a list of what is open is good; longer where making it takes more than this share of the time.
_FRESH, _FRESH_SHARE = 2.0, 0.02


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
    units = _Open(store, job, hash(settings.name))  # each begins at another place
    looker = Looker(load_network(store, job.network), job, settings.threads)
    try:
        with report.counting("pictures") as counter:
            worker = _Worker(store, job, looker, settings, counter)
            while numbers := units.listed():
                moved = False
                for number in numbers:
                    moved |= worker.claim(number)
                    if moved and units.outdated(number):
                        break
                if not moved:  # all that is left is with other workers
                    counter.step(lease.with_others(store, {*map(unit_name, numbers)}), by=0)
                    time.sleep(settings.wait)
    finally:
        looker.close()
    return replace(worker.summary, listed=commit.listed_units(store))


def claim_and_do(
    store: Store, job: Job, number: int, looker: Looker, settings: Settings, report: Reporter
) -> Summary | None:
    """Do one unit, if nobody has it and it is not done; None where somebody has.

    Raises StoreError or StoreRefused where the job's store does not take it.
    """
    with report.counting("pictures") as counter:
        worker = _Worker(store, job, looker, settings, counter)
        return worker.summary if worker.claim(number) else None


def open_units(store: Store, job: Job) -> Iterator[int]:
    """The numbers of the units that are neither done nor listed as failed."""
    closed = commit.done_units(store) | set(commit.listed_units(store))
    return (number for number, unit in enumerate(job.unit_names()) if unit not in closed)


class _Open:
    """The units that are neither done nor listed, from one on and round: a list that ages while others work, and a unit of which it
    is not known that it is done costs four requests to find out.
    """

    def __init__(self, store: Store, job: Job, first: int) -> None:
        self._store, self._job, self._first = store, job, first % max(1, job.units)
        self._until = 0.0

    def listed(self) -> list[int]:
        began = time.monotonic()
        numbers = list(open_units(self._store, self._job))
        ended = time.monotonic()
        self._until = ended + max(_FRESH, (ended - began) / _FRESH_SHARE)
        at = bisect.bisect_left(numbers, self._first)
        return numbers[at:] + numbers[:at]

    def outdated(self, number: int) -> bool:
        """Whether to make the list anew, ``number`` being the last that was tried."""
        self._first = number + 1
        return time.monotonic() > self._until


class _Worker:
    """Does one unit after the other; ``summary``: what it did."""

    def __init__(self, store: Store, job: Job, looker: Looker, settings: Settings, counter: Counter) -> None:
        self._store, self._job, self._looker, self._settings, self._counter = store, job, looker, settings, counter
        self._plan = Units(store, job)
        self.summary = Summary()

    def claim(self, number: int) -> bool:
        """Whether there was something to do, or nothing any more; False where another worker has the unit."""
        unit, seconds = unit_name(number), self._settings.lease
        held = lease.take(self._store, unit, self._settings.name, seconds)
        if held is None:
            return False
        with lease.kept(self._store, unit, held, seconds):
            if self._store.get(commit.name_of(unit)) is None:  # not done since the list was made
                self._do(number, held.deaths)
        return True

    def _do(self, number: int, deaths: int) -> None:
        unit, began, summary = unit_name(number), time.monotonic(), self.summary
        try:
            pictures, about = self._look(number, deaths)
            rows = [row for picture in pictures for row in rows_of(picture)]
            content = to_parquet(rows, {"unit": unit, **about}, TASKS[self._job.what].schema)
        except Exception as error:  # whatever it is: another attempt may fare better, and other units are waiting
            if _interrupted(error):
                raise KeyboardInterrupt from error
            summary.failed += 1
            attempts = commit.note_failure(self._store, unit, self._settings.name, f"{type(error).__name__}: {error}")
            self._counter.say(
                f"posetune: unit {unit} failed (attempt {attempts}, after {MOST_ATTEMPTS} it is listed): {error}"
            )
            return
        first = commit.commit(
            self._store, unit, content, rows=len(rows), pictures=len(pictures),
            errors=sum(picture.error is not None for picture in pictures), worker=self._settings.name,
            seconds=time.monotonic() - began,
        )  # fmt: skip
        summary.pictures += len(pictures)
        if first:
            summary.units += 1
        else:
            summary.twice += 1
            self._counter.say(
                f"posetune: unit {unit} was done by another worker meanwhile: theirs holds, on to the next."
            )

    def _look(self, number: int, deaths: int) -> tuple[list[Picture], dict[str, Any]]:
        items = self._plan[number]
        if deaths < DEATHS:
            return self._looker(items, self._counter.step)
        self._counter.say(
            f"posetune: {deaths} workers died with unit {unit_name(number)}: each of its items in a process of its own."
        )
        return look_alone(load_network(self._store, self._job.network), self._job, items, self._counter.step)


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
