"""Jobs: queued, claimed by one holder at a time, gone on with after whatever died, never lost and never done twice.

Who holds a job raises its ``beat``; who watches and sees no beat for ``STALE_SECONDS`` of the watcher's own clock takes it back. No
two clocks are compared, so none has to be right. Every claim has a number (``attempt``), and what a holder writes counts only
while that is still the job's: one that was taken for dead and wakes up writes nothing.
"""

from __future__ import annotations

import json
import time
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.store.database import Database
from posetune.store.tables import job_parts, jobs

#: A holder that gave no sign for so long is dead.
STALE_SECONDS = 15.0
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
_UNFINISHED = (QUEUED, RUNNING)
#: SQLite and PostgreSQL are asked for so many parts at a time.
_PARTS_AT_ONCE = 16


class TooManyJobs(PosetuneError):
    """The session has as many unfinished jobs as it may have."""


class LeaseLost(Exception):
    """The job is somebody else's by now, or cancelled, or deleted: stop, and write nothing."""


@dataclass(frozen=True)
class NewJob:
    """What is asked for. ``key``: what the client calls the request; asked again it is the same job. ``folder``: which data folder
    has the files; ``options``, ``about``: what JSON knows.
    """

    id: str
    kind: str
    owner: str
    folder: str
    size_bytes: int
    network_name: str
    network_sha256: str
    name: str = ""
    key: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    total: int | None = None


@dataclass(frozen=True)
class Job:
    """A job as it stands. ``done`` of ``total`` (None: not known) in ``spent_s`` seconds of work; ``checkpoint``: what it takes to
    go on behind ``done``, for a holder alone.
    """

    number: int
    id: str
    kind: str
    owner: str
    folder: str
    name: str
    size_bytes: int
    options: dict[str, Any]
    about: dict[str, Any]
    network_name: str
    network_sha256: str
    state: str
    error: str
    created_at: float
    finished_at: float | None
    kept: bool
    holder: str
    attempt: int
    beat: int
    done: int
    total: int | None
    spent_s: float
    checkpoint: bytes | None = None

    @property
    def unfinished(self) -> bool:
        return self.state in _UNFINISHED


@dataclass(frozen=True)
class Part:
    """What was found from frame ``first`` on: the JSON of each frame, in one line, and when each is shown, seconds."""

    first: int
    frames: list[bytes]
    times: list[float]


_SEEN = [column for column in jobs.c if column.name not in ("checkpoint", "key")]


def _job(row: sa.Row) -> Job:
    values = dict(row._mapping)
    values.pop("key", None)
    for name in ("options", "about"):
        values[name] = json.loads(values[name])
    return Job(**values)


class Jobs:
    """The jobs of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewJob, most: int | None = None) -> tuple[Job, bool]:
        """Queue a job; the job, and whether it is new. With the ``key`` of an earlier one of this owner it is that one.

        Raises TooManyJobs where the owner has ``most`` unfinished ones already.
        """
        with self._database.write() as connection:
            if (
                not self._database.is_sqlite
            ):  # two requests of one owner at once count one another; SQLite has one writer anyway
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(new.owner))))
            if new.key is not None:
                earlier = connection.execute(
                    sa.select(*_SEEN).where(jobs.c.owner == new.owner, jobs.c.key == new.key)
                ).first()
                if earlier is not None:
                    return _job(earlier), False
            if most is not None and self._unfinished(connection, new.owner) >= most:
                raise TooManyJobs(f"You have {most} jobs that are not finished: wait for one, or cancel it.")
            values = {
                "kind": new.kind,
                "owner": new.owner,
                "key": new.key,
                "folder": new.folder,
                "name": new.name[:200],
                "size_bytes": new.size_bytes,
                "options": json.dumps(new.options),
                "about": json.dumps(new.about),
                "network_name": new.network_name[:200],
                "network_sha256": new.network_sha256,
                "total": new.total,
            }
            connection.execute(
                sa.insert(jobs).values(id=new.id, state=QUEUED, created_at=time.time(), done=0, spent_s=0.0, **values)
            )
            row = connection.execute(sa.select(*_SEEN).where(jobs.c.id == new.id)).one()
        return _job(row), True

    def _unfinished(self, connection: sa.Connection, owner: str) -> int:
        rows = sa.select(sa.func.count()).where(jobs.c.owner == owner, jobs.c.state.in_(_UNFINISHED))
        return connection.scalar(rows) or 0

    def unfinished(self, owner: str) -> int:
        """How many jobs of ``owner`` are queued or running."""
        with self._database.read() as connection:
            return self._unfinished(connection, owner)

    def get(self, id: str, owner: str | None = None) -> Job | None:
        """The job; None where there is none, or it is not ``owner``'s."""
        query = sa.select(*_SEEN).where(jobs.c.id == id)
        if owner is not None:
            query = query.where(jobs.c.owner == owner)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _job(row)

    def of(self, owner: str, most: int = 100) -> list[Job]:
        """The jobs of ``owner``, newest first."""
        query = sa.select(*_SEEN).where(jobs.c.owner == owner).order_by(jobs.c.number.desc()).limit(most)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(query)]

    def in_folder(self, folder: str, state: str | None = None) -> list[Job]:
        """The jobs whose files are in ``folder``, oldest first."""
        query = sa.select(*_SEEN).where(jobs.c.folder == folder).order_by(jobs.c.number)
        with self._database.read() as connection:
            return [
                _job(row) for row in connection.execute(query if state is None else query.where(jobs.c.state == state))
            ]

    def claim(self, holder: str, folder: str) -> Job | None:
        """The job that has waited longest, from now on ``holder``'s; None where none waits. Nobody else gets the same one."""
        waiting = (
            sa.select(jobs.c.number)
            .where(jobs.c.state == QUEUED, jobs.c.folder == folder)
            .order_by(jobs.c.number)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as connection:
            number = connection.scalar(waiting)
            if number is None:
                return None
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.number == number)
                .values(state=RUNNING, holder=holder, attempt=jobs.c.attempt + 1, beat=jobs.c.beat + 1)
            )
            row = connection.execute(sa.select(*_SEEN, jobs.c.checkpoint).where(jobs.c.number == number)).one()
        return _job(row)

    def keep(self, job: Job, parts: Sequence[Part], checkpoint: bytes | None, **changed: Any) -> None:
        """Write what a claimed ``job`` found since, its ``checkpoint``, and columns that ``changed``, in one transaction.

        Written again, because the answer to the first time was lost with a connection, it is written once. Raises LeaseLost, and
        nothing is written, where the job is not its holder's any more.
        """
        done = max([p.first + len(p.frames) for p in parts], default=None)
        values: dict[str, Any] = {**changed, "beat": jobs.c.beat + 1}
        if "about" in values:
            values["about"] = json.dumps(values["about"])
        if done is not None:
            values |= {"done": done, "checkpoint": checkpoint}
        with self._database.write() as connection:
            held = connection.execute(sa.update(jobs).where(*_held(job)).values(**values))
            if held.rowcount != 1:
                raise LeaseLost
            for part in parts:
                there = sa.select(job_parts.c.count).where(
                    job_parts.c.job == job.number, job_parts.c.first == part.first
                )
                if connection.scalar(there) == len(part.frames):
                    continue
                content = zlib.compress(b"\n".join(part.frames), 1)
                times = array("d", part.times).tobytes()
                row = {"first": part.first, "count": len(part.frames), "content": content, "times": times}
                connection.execute(sa.insert(job_parts).values(job=job.number, **row))

    def beat(self, held: Iterable[Job]) -> list[Job]:
        """A sign of life for claimed jobs; those of them that are lost."""
        lost = []
        with self._database.write() as connection:
            for job in held:
                sign = sa.update(jobs).where(*_held(job)).values(beat=jobs.c.beat + 1)
                if connection.execute(sign).rowcount != 1:
                    lost.append(job)
        return lost

    def finish(self, job: Job, state: str, error: str = "", **changed: Any) -> None:
        """A claimed job is done or has failed. Raises LeaseLost where it is not its holder's any more."""
        self.keep(job, [], None, state=state, error=error, finished_at=time.time(), holder="", **changed)

    def give_back(self, job: Job) -> None:
        """Queue a claimed job again, where it stands, as its holder ends. Nothing where it is lost already."""
        with self._database.write() as connection:
            connection.execute(sa.update(jobs).where(*_held(job)).values(state=QUEUED, holder=""))

    def take_back(self, seen: Job) -> bool:
        """Queue a running job again whose holder is dead; False where it has given a sign since it was ``seen``."""
        with self._database.write() as connection:
            taken = connection.execute(
                sa.update(jobs)
                .where(*_held(seen), jobs.c.beat == seen.beat)
                .values(state=QUEUED, holder="", attempt=jobs.c.attempt + 1)
            )
            return taken.rowcount == 1

    def cancel(self, id: str, owner: str | None = None) -> Job | None:
        """The job, from now on cancelled unless it was finished; what it found stays. None where there is none."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs)
                .where(
                    jobs.c.id == id, jobs.c.state.in_(_UNFINISHED), *([] if owner is None else [jobs.c.owner == owner])
                )
                .values(state=CANCELLED, holder="", finished_at=time.time())
            )
        return self.get(id, owner)

    def delete(self, id: str, owner: str | None = None) -> bool:
        """Remove the job and what it found; False where there is none. Its files are the caller's."""
        with self._database.write() as connection:
            number = connection.scalar(
                sa.select(jobs.c.number).where(jobs.c.id == id, *([] if owner is None else [jobs.c.owner == owner]))
            )
            if number is None:
                return False
            connection.execute(sa.delete(job_parts).where(job_parts.c.job == number))
            connection.execute(sa.delete(jobs).where(jobs.c.number == number))
        return True

    def set_kept(self, id: str, owner: str, kept: bool) -> Job | None:
        """Whether the job outlives the time after which others are deleted."""
        with self._database.write() as connection:
            connection.execute(sa.update(jobs).where(jobs.c.id == id, jobs.c.owner == owner).values(kept=kept))
        return self.get(id, owner)

    def made_before(self, when: float, folder: str) -> list[Job]:
        """Jobs of ``folder`` that were made before ``when``, s since 1970, and are not kept."""
        query = sa.select(*_SEEN).where(jobs.c.folder == folder, jobs.c.kept == sa.false(), jobs.c.created_at < when)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(query)]

    def shift_times(self, seconds: float, folder: str) -> None:
        """The clock was set forward by so much (back: below 0): the times of jobs move along."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.folder == folder)
                .values(created_at=jobs.c.created_at + seconds, finished_at=jobs.c.finished_at + seconds)
            )

    def parts(self, job: Job, begin: int = 0, end: int | None = None) -> Iterator[Part]:
        """What ``job`` found from frame ``begin`` on, to before ``end``; a few parts are held at a time."""
        while end is None or begin < end:
            query = (
                sa.select(job_parts.c.first, job_parts.c.content, job_parts.c.times)
                .where(job_parts.c.job == job.number, job_parts.c.first + job_parts.c.count > begin)
                .order_by(job_parts.c.first)
                .limit(_PARTS_AT_ONCE)
            )
            with self._database.read() as connection:
                rows = connection.execute(query).all()
            for first, content, shown in rows:
                lines = zlib.decompress(content).split(b"\n")
                skip = max(0, begin - first)
                stop = None if end is None else max(skip, end - first)
                lines, times = lines[skip:stop], array("d", shown).tolist()[skip:stop]
                if lines:
                    yield Part(first + skip, lines, times)
                begin = first + skip + len(lines)
                if not lines:
                    return
            if not rows:
                return

    def times(self, job: Job) -> list[float]:
        """When each frame that was looked at is shown, seconds."""
        query = sa.select(job_parts.c.times).where(job_parts.c.job == job.number).order_by(job_parts.c.first)
        with self._database.read() as connection:
            return [at for shown in connection.scalars(query) for at in array("d", shown)]


def _held(job: Job) -> tuple[Any, ...]:
    return jobs.c.number == job.number, jobs.c.state == RUNNING, jobs.c.attempt == job.attempt


class Watch:
    """Tells which running jobs have a dead holder, by their beats and the watcher's own clock."""

    def __init__(self, clock: Any = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[int, tuple[tuple[int, int], float]] = {}

    def stale(self, running: Iterable[Job]) -> list[Job]:
        """Of the ``running`` jobs, looked at every few seconds, those that gave no sign for STALE_SECONDS."""
        now, seen, found = self._clock(), {}, []
        for job in running:
            sign = (job.attempt, job.beat)
            before, since = self._seen.get(job.number, (None, now))
            seen[job.number] = (sign, since if before == sign else now)
            if before == sign and now - since >= STALE_SECONDS:
                found.append(job)
        self._seen = seen
        return found
