"""Films of jobs in VP8, which browsers play: the video as it is ("proxy") or with the people drawn on it ("overlay").

They are made when first asked for, a second at a time in the workers, and can be watched while that goes on; whoever asks meanwhile
follows the same film. What was made stays beside the video until the job is deleted.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posetune.serve.jobs.engine import Engine
from posetune.serve.jobs.webm import Film, Packet
from posetune.serve.pool.pool import Failed, Poisoned
from posetune.serve.problem import Problem
from posetune.serve.uploads import MIN_FREE
from posetune.store.ids import new_id

if TYPE_CHECKING:
    from posetune.store.jobs import Job

#: Of one piece: live requests wait for one at most.
_PIECE_SECONDS, _PIECE_FRAMES = 0.4, 30
#: Going on with a long video means decoding what comes before.
_MOST_PIECE_SECONDS = 180.0
_READ = 256 * 1024


@dataclass
class _Making:
    """A film that is being made in the file ``path``, of which ``ready`` bytes are there."""

    path: Path
    task: asyncio.Task[None] | None = None
    ready: int = 0
    ended: bool = False
    error: Exception | None = None
    followers: int = 0
    more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def beyond(self, at: int) -> None:
        """Wait until there is more than ``at`` bytes, or will be no more."""
        async with self.more:
            await self.more.wait_for(lambda: self.ready > at or self.ended or self.error is not None)


class Films:
    """The films of one server's jobs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._making: dict[Path, _Making] = {}
        # More would push one another's open videos out of the workers, and each piece begin with decoding from the start.
        self._at_once = asyncio.Semaphore(max(1, engine.settings.workers))

    def finished(self, job: Job, kind: str) -> Path | None:
        """The file of a film that was made, whole."""
        path = self._path(job, kind)
        return path if path.is_file() else None

    async def follow(self, job: Job, kind: str) -> AsyncIterator[bytes]:
        """The bytes of a film as they are made; begins to make it. Who leaves last ends the making.

        Raises Failed, Poisoned or Problem before the first bytes; later the stream ends early.
        """
        path = self._path(job, kind)
        making = self._making.get(path)
        if making is None:
            making = self._making[path] = _Making(path.with_name(f"{path.stem}-{new_id()}.part"))
            making.task = asyncio.create_task(self._make(job, kind, making, path))
        making.followers += 1
        try:
            file = None
            at = 0
            while True:
                await making.beyond(at)
                if making.ready == at:
                    break
                if file is None:
                    file = making.path.open("rb") if making.path.is_file() else path.open("rb")
                file.seek(at)
                part = await asyncio.to_thread(file.read, min(_READ, making.ready - at))
                at += len(part)
                yield part
            if making.error is not None:
                raise making.error
        finally:
            if file is not None:
                file.close()
            making.followers -= 1
            if not making.followers and not making.ended and making.task is not None:
                self._forget(path, making)
                making.task.cancel()

    async def close(self) -> None:
        tasks = [m.task for m in self._making.values() if m.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, path: Path, making: _Making) -> None:
        if self._making.get(path) is making:
            del self._making[path]

    def _path(self, job: Job, kind: str) -> Path:
        # A drawn film shows what lay beyond the ranges of its time.
        of = f"-{zlib.crc32(repr(self._engine.ranges()).encode()):08x}" if kind == "overlay" else ""
        return self._engine.files_of(job.id) / f"{kind}{of}.webm"

    async def _make(self, job: Job, kind: str, making: _Making, path: Path) -> None:
        try:
            async with self._at_once:
                await self._write(job, kind, making)
            for old in path.parent.glob(f"{kind}*.webm"):
                old.unlink(missing_ok=True)
            await asyncio.to_thread(os.replace, making.path, path)
            making.ended = True
        except (Failed, Poisoned, Problem, OSError, asyncio.CancelledError) as error:
            making.error = error if isinstance(error, Failed | Poisoned | Problem) else _unwritten()
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            self._forget(path, making)
            if not making.ended:
                making.path.unlink(missing_ok=True)
            async with making.more:
                making.more.notify_all()

    async def _write(self, job: Job, kind: str, making: _Making) -> None:
        engine = self._engine
        folder = engine.files_of(job.id)
        frames = (job.about.get("frames") or 0, job.about.get("duration_s") or 0)
        payload: dict[str, Any] = {
            "key": f"{job.id}-{kind}-{new_id()}",
            "path": str(folder / "original"),
            "folder": str(folder),
            "fps": frames[0] / frames[1] if frames[0] and frames[1] else 30.0,
            "seconds": _PIECE_SECONDS,
            "first": 0,
            "lines": None,
        }
        film, last, gap = None, 0, 40
        with contextlib.ExitStack() as stack:
            while True:
                payload["count"] = _PIECE_FRAMES
                if kind == "overlay":
                    lines = await asyncio.to_thread(self._lines, job, payload["first"])
                    payload["lines"] = await engine.with_ranges(job, lines, "job")
                    payload["count"] = len(payload["lines"])
                    if not payload["count"]:
                        break
                found = await engine.pool.submit(
                    "clip", payload, lane="job", seconds=_MOST_PIECE_SECONDS, affinity=payload["key"]
                )
                packets = [Packet(data, key) for data, key in found["packets"]]
                if packets:
                    head = b""
                    if film is None:
                        film = Film(*found["size"])
                        file = stack.enter_context(
                            open(os.open(making.path, os.O_RDWR | os.O_CREAT, 0o600), "wb", buffering=0)
                        )
                        head = film.head()
                    times = [max(t, last + 1 + i) if last or i else t for i, t in enumerate(found["times_ms"])]
                    gap = times[-1] - times[-2] if len(times) > 1 else gap
                    last = times[-1]
                    await self._append(making, file, head + film.cluster(packets, times))
                    payload["first"] += len(packets)
                if found["ended"]:
                    break
            if film is None:
                raise Problem(409, "There is nothing to show yet; wait for the first frames.")
            await self._append(making, file, film.tail())
            for place, content in film.patches(gap):
                file.seek(place)
                await asyncio.to_thread(_write_all, file, content)

    def _lines(self, job: Job, first: int) -> list[bytes]:
        return [line for part in self._engine.jobs.parts(job, first, first + _PIECE_FRAMES) for line in part.frames]

    async def _append(self, making: _Making, file: Any, content: bytes) -> None:
        if shutil.disk_usage(making.path.parent).free < MIN_FREE:
            raise _unwritten()
        await asyncio.to_thread(_write_all, file, content)
        async with making.more:
            making.ready += len(content)
            making.more.notify_all()


def _write_all(file: Any, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]


def _unwritten() -> Problem:
    return Problem(503, "The film could not be written; is the server's disk full?")
