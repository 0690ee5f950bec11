"""The job engine: claims jobs, does them piece by piece in the workers, and keeps what is found about once a second.

All that matters is in the database before anybody is told: a job that was acknowledged is found there by the next server, with what
it found so far and what it takes to go on. The web process that is killed loses at most the last second's frames, which are done
again; a job that another took over is let go (``posetune.store.jobs``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from posetune.errors import PosetuneError
from posetune.files import write_text
from posetune.lock import locked
from posetune.serve.pool.context import Network
from posetune.serve.pool.pool import Busy, Failed, Lane, Poisoned, Pool
from posetune.serve.problem import Problem
from posetune.serve.settings import Settings
from posetune.store.ids import is_id, new_id

if TYPE_CHECKING:
    from posetune.store.database import Database
    from posetune.store.jobs import Job, Jobs

T = TypeVar("T")
log = logging.getLogger("posetune.serve")

#: Of a piece of a job: live requests wait for one at most.
PIECE_SECONDS = 0.25
#: How often what was found is written down.
KEEP_SECONDS = 1.0
BEAT_SECONDS = 4.0
EXPIRE_SECONDS = 60.0
#: A clock that runs away from the other by more than this was set.
JUMP_SECONDS = 30.0
#: A worker may need so long for one piece: going on with a long video means decoding what was done before.
_MOST_PIECE_SECONDS = 180.0
#: When a database or a disk does not let itself be written to.
_AGAIN_SECONDS = 3.0


@dataclass
class Engine:
    """One for each server. ``find_network``: sha256 and name → network, None if it is gone; ``ranges``: those of now."""

    settings: Settings
    pool: Pool
    find_network: Callable[[str, str], Network | None]
    ranges: Callable[[], dict[str, dict[str, float]]]
    #: Job → why it does not go on at the moment, a sentence.
    notes: dict[str, str] = field(default_factory=dict)
    _jobs: Jobs | None = None
    _database: Database | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _running: dict[str, tuple[Job, asyncio.Task[None]]] = field(default_factory=dict)
    _forgetting: set[asyncio.Task[None]] = field(default_factory=set)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _lock: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _alone: bool = True
    _closing: bool = False

    @property
    def folder(self) -> Path:
        return self.settings.data_dir / "jobs"

    @property
    def jobs(self) -> Jobs:
        """Raises Problem while the database is being opened."""
        if self._jobs is None:
            raise Problem(503, "The server is starting; try again in a second.", {"retry-after": "1"})
        return self._jobs

    @property
    def database(self) -> Database:
        """Of jobs, and of all else that outlives the server. Raises Problem while it is being opened."""
        if self._jobs is None or self._database is None:
            raise Problem(503, "The server is starting; try again in a second.", {"retry-after": "1"})
        return self._database

    @property
    def running(self) -> int:
        return len(self._running)

    def files_of(self, id: str) -> Path:
        """The folder of a job's files."""
        assert is_id(id)
        return self.folder / id

    # -- life --------------------------------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Open the database and queue what an earlier server left. Raises PosetuneError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._alone = self._lock.enter_context(locked(self.folder / "lock"))
        self.holder = new_id()
        self.folder_id = _folder_id(self.folder)
        self._jobs = await asyncio.to_thread(self._opened)

    def open(self) -> None:
        """Begin to work."""
        for work in (self._claim, self._beat, self._watch, self._expire):
            self._tasks.append(asyncio.create_task(self._forever(work)))

    def _opened(self) -> Jobs:
        from posetune.store.database import Database
        from posetune.store.jobs import Jobs
        from posetune.store.schema import prepare

        file = self.settings.data_dir / "posetune.sqlite"
        self._database = Database(self.settings.database or f"sqlite:///{file}")
        prepare(self._database)
        if self._database.is_sqlite:
            for path in self.settings.data_dir.glob("posetune.sqlite*"):
                path.chmod(0o700 if path.is_dir() else 0o600)
        jobs = Jobs(self._database)
        if self._alone:  # nobody else can hold a job of this folder, or be saving one
            for job in jobs.in_folder(self.folder_id, "running"):
                jobs.take_back(job)
            self._purge(jobs)
        return jobs

    def _purge(self, jobs: Jobs) -> None:
        """Remove what servers were saving that were killed: folders without a job, if this is the database that would know it."""
        assert self._database is not None
        which, name = self.folder / "database", self._database.name
        if not which.is_file():
            write_text(which, name)
        if which.read_text() != name:
            log.warning("these jobs' files were another database's; those without a job here are left alone")
            return
        known = {job.id for job in jobs.in_folder(self.folder_id)}
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in known:
                shutil.rmtree(path, ignore_errors=True)

    async def close(self) -> None:
        """Let the jobs go that run: the next server goes on with them."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        held = list(self._running.values())
        for _, task in held:
            task.cancel()
        await asyncio.gather(*self._tasks, *(task for _, task in held), return_exceptions=True)
        if self._jobs is not None and self._database is not None:
            for job, _ in held:
                with contextlib.suppress(PosetuneError):
                    await asyncio.to_thread(self._jobs.give_back, job)
            await asyncio.to_thread(self._database.close)
        self._lock.close()

    async def _forever(self, work: Callable[[], Any]) -> None:
        while True:
            try:
                await work()
            except PosetuneError as error:
                log.error("jobs wait: %s", error)
                await asyncio.sleep(_AGAIN_SECONDS)

    def wake(self) -> None:
        """There is a job to claim."""
        self._asked.set()

    async def _claim(self) -> None:
        while len(self._running) < max(1, self.settings.workers):
            job = await asyncio.to_thread(self.jobs.claim, self.holder, self.folder_id)
            if job is None:
                break
            task = asyncio.create_task(self._run(job))
            self._running[job.id] = job, task
            task.add_done_callback(lambda _, id=job.id: self._ended(id))  # type: ignore[misc]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), 2.0)  # another server may have queued one
        self._asked.clear()

    def _ended(self, id: str) -> None:
        self._running.pop(id, None)
        self.notes.pop(id, None)
        self.wake()

    async def _beat(self) -> None:
        await asyncio.sleep(BEAT_SECONDS)
        held = [job for job, _ in self._running.values()]
        if held:
            for job in await asyncio.to_thread(self.jobs.beat, held):
                self.stop(job.id)

    async def _watch(self) -> None:
        """Take back jobs whose holder is dead: another server of the same folder, where its file system knows no locks."""
        from posetune.store.jobs import RUNNING, Watch

        watch = Watch()
        while True:
            running = await asyncio.to_thread(self.jobs.in_folder, self.folder_id, RUNNING)
            for job in watch.stale([job for job in running if job.id not in self._running]):
                if await asyncio.to_thread(self.jobs.take_back, job):
                    self.wake()
            await asyncio.sleep(BEAT_SECONDS)

    async def _expire(self) -> None:
        """Delete what is old, by the clock; a clock that was set makes nothing old."""
        wall, steady = time.time(), time.monotonic()
        while True:
            await asyncio.sleep(EXPIRE_SECONDS)
            now, tick = time.time(), time.monotonic()
            jump = (now - wall) - (tick - steady)
            if abs(jump) > JUMP_SECONDS:
                log.warning("the clock was set by %.0f s", jump)
                await asyncio.to_thread(self.jobs.shift_times, jump, self.folder_id)
            wall, steady = now, tick
            before = (
                now - self.settings.keep_hours * 3600
            )  # by the clock that was looked at: it may be set at any moment
            for job in await asyncio.to_thread(self.jobs.made_before, before, self.folder_id):
                await self.delete(job.id)

    # -- one job -----------------------------------------------------------------------------------------------------------------

    def stop(self, id: str) -> None:
        """Stop working on a job here, if somebody does."""
        held = self._running.get(id)
        if held is not None:
            held[1].cancel()

    async def cancel(self, id: str, owner: str) -> Job | None:
        """The job, which nobody works on any more; None where there is none."""
        job = await asyncio.to_thread(self.jobs.cancel, id, owner)
        if job is not None:
            self.stop(id)
        return job

    async def delete(self, id: str, owner: str | None = None) -> bool:
        """Remove a job, its files and what it found; False where there is none. The files go first: a full disk lets no row go."""
        if await asyncio.to_thread(self.jobs.get, id, owner) is None:
            return False
        self.stop(id)
        await asyncio.to_thread(shutil.rmtree, self.files_of(id), True)
        try:
            await asyncio.to_thread(self.jobs.delete, id, owner)
        except PosetuneError:  # the disk is full until the workers close the file, too
            await self._forget(id)
            await asyncio.to_thread(self.jobs.delete, id, owner)
        forgetting = asyncio.create_task(self._forget(id))  # workers have the file open, which keeps it on the disk
        self._forgetting.add(forgetting)
        forgetting.add_done_callback(self._forgetting.discard)
        return True

    async def _forget(self, id: str) -> None:
        with contextlib.suppress(Failed, Poisoned, Busy):
            await self.pool.everywhere("forget", {"key": id})
        if self._database is not None and not self._closing:
            with contextlib.suppress(PosetuneError):
                await asyncio.to_thread(self._database.empty_log)

    async def _run(self, job: Job) -> None:
        from posetune.store.jobs import DONE, FAILED, LeaseLost

        try:
            try:
                error = await self._work(job)
                state = DONE if error is None else FAILED
            except Failed as failed:
                if failed.trace:
                    log.error("a job met what nobody foresaw: %s", failed.trace)
                gone = (
                    self.find_network(job.network_sha256, job.network_name) is None
                )  # then what failed names its file, which is ours
                state, error = FAILED, _network_gone(job) if gone else failed.detail
            except Poisoned:
                state, error = (
                    FAILED,
                    "This video ended the program that reads it, twice, or took too long; convert it to MP4 (H.264).",
                )
            await self._kept(job, partial(self.jobs.finish, job, state, error or ""))
        except LeaseLost:
            pass
        except Busy:  # the server ends
            await asyncio.to_thread(self.jobs.give_back, job)
        except asyncio.CancelledError:
            if self._closing:
                raise
        except Exception as unforeseen:
            log.error("a job met what nobody foresaw: %s", type(unforeseen).__name__)
            with contextlib.suppress(LeaseLost, PosetuneError):
                await asyncio.to_thread(
                    self.jobs.finish, job, FAILED, "Something went wrong in the server; send the video again."
                )

    async def _work(self, job: Job) -> str | None:
        """Do ``job`` from where it stands. Gives why it failed, a sentence, or None."""
        network = self.find_network(job.network_sha256, job.network_name)
        path = self.files_of(job.id) / "original"
        if network is None:
            return _network_gone(job)
        if not path.is_file():
            return "The video is not there any more; send it again."
        payload = {
            **job.options,
            "key": f"{job.id}-{job.attempt}",
            "path": str(path),
            "network": msgspec.to_builtins(network),
            "seconds": PIECE_SECONDS,
            "first": job.done,
            "memory": job.checkpoint,
        }
        piece = _Piece(job.done)
        about, spent = dict(job.about), job.spent_s
        kept_at = began = time.monotonic()
        while True:
            found = await self.pool.submit("track", payload, lane="job", seconds=_MOST_PIECE_SECONDS, affinity=job.id)
            piece.add(found)
            payload["first"], payload["memory"] = piece.next, found["memory"]
            now = time.monotonic()
            if now - kept_at < KEEP_SECONDS and not found["ended"]:
                continue
            about |= {"width": found["width"], "height": found["height"]}
            changed: dict[str, Any] = {"spent_s": spent + now - began, "about": about}
            if found["ended"]:
                about |= {"frames": piece.next, "note": found["shortfall"]}
                changed["total"] = piece.next
            await self._kept(job, partial(self.jobs.keep, job, piece.take(), found["memory"], **changed))
            kept_at = now
            if found["ended"]:
                return None if piece.next else "The video has no frames that can be read; was its recording cut short?"

    async def with_ranges(self, job: Job, lines: list[bytes], lane: Lane = "live") -> list[bytes]:
        """The JSON of frames of ``job`` with flags by the ranges of now, which may be others than when they were found."""
        ranges = self.ranges()
        if not lines or ranges == job.options["ranges"]:
            return lines
        found: list[bytes] = await self.pool.submit("flags", {"lines": lines, "ranges": ranges}, lane=lane)
        return found

    async def _kept(self, job: Job, write: Callable[[], None]) -> None:
        """Write, and go on trying where the disk is full or the database is away; meanwhile the job stands still."""
        while True:
            try:
                await asyncio.to_thread(write)
                self.notes.pop(job.id, None)
                return
            except PosetuneError as error:
                self.notes[job.id] = (
                    "The server cannot write at the moment (is its disk full?); the job goes on as soon as it can."
                )
                log.error("a job waits: %s", error)
                await asyncio.sleep(_AGAIN_SECONDS)


class _Piece:
    """The frames that were found and are not yet kept."""

    def __init__(self, first: int) -> None:
        self.next = first
        self.frames: list[bytes] = []
        self._times: list[float] = []

    def add(self, found: dict[str, Any]) -> None:
        self.frames += found["frames"]
        self._times += found["times"]
        self.next += len(found["frames"])

    def take(self) -> list[Any]:
        from posetune.store.jobs import Part

        parts = [Part(self.next - len(self.frames), self.frames, self._times)] if self.frames else []
        self.frames, self._times = [], []
        return parts


def _network_gone(job: Job) -> str:
    return f"The network {job.network_name} is not there any more; send the video again."


def _folder_id(folder: Path) -> str:
    """What this folder is called in the database; written once."""
    path = folder / "id"
    if not path.is_file():
        write_text(path, new_id(), durable=True)
    return path.read_text().strip()
