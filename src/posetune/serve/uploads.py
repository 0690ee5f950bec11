"""Raw bodies, streamed into a file of their own and counted; nothing of them stays when nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import math
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from posetune.lock import locked
from posetune.serve.problem import Problem
from posetune.serve.settings import Limits
from posetune.store.ids import new_id

#: How often the disk is looked at within a body, bytes.
_LOOK = 32 * 2**20
#: Seconds for which a count of the data folder's bytes is good.
_COUNT_SECONDS = 5.0
#: Bytes of a body that is not worth a file. 512 connections hold 256 MB at most.
IN_MEMORY = 512 * 1024
#: Left free on the disk, whatever comes.
MIN_FREE = 64 * 2**20


@dataclass(frozen=True)
class Upload:
    """``path``: a file in a folder of its own; ``size``: bytes."""

    path: Path
    size: int


class Uploads:
    """Where bodies are kept while they are worked on."""

    def __init__(self, data_dir: Path, limits: Limits) -> None:
        """``data_dir``: whose files count towards the quota; its folder "uploads" is emptied of what killed servers left."""
        self._data_dir, self._limits = data_dir, limits
        self._used, self._counted = 0, -math.inf
        _purge(data_dir / "uploads")
        self.folder = data_dir / "uploads" / new_id()
        self.folder.mkdir(parents=True, mode=0o700)
        self._lock = contextlib.ExitStack()
        self._lock.enter_context(locked(self.folder / "lock"))

    def close(self) -> None:
        """Remove what is there."""
        self._lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.asynccontextmanager
    async def receive(self, request: Request, most: int, *, to: Path | None = None) -> AsyncIterator[Upload]:
        """The body of ``request``, of at most ``most`` bytes, in a file that is removed when the block ends.

        ``to``: another folder than this one's to put it into (the file stays if the block renames it). Raises Problem: too large
        (413), too slow (408), the disk is full (503).
        """
        async with self._folder(to or self.folder) as folder:
            path = folder / "body"
            yield Upload(path, await self._write(path, self._parts(request, most)))

    @contextlib.asynccontextmanager
    async def receive_small(self, request: Request, most: int) -> AsyncIterator[bytes | str]:
        """As :meth:`receive`: the body itself, up to IN_MEMORY bytes, or the path of its file."""
        parts, held, size = self._parts(request, most), [], 0
        async for part in parts:
            held.append(part)
            size += len(part)
            if size > IN_MEMORY:
                break
        else:
            yield b"".join(held)
            return
        async with self._folder(self.folder) as folder:
            await self._write(folder / "body", parts, held)
            yield str(folder / "body")

    @contextlib.asynccontextmanager
    async def _folder(self, within: Path) -> AsyncIterator[Path]:
        """A folder for one body, which is removed with all that is in it."""
        folder = within / new_id()
        try:
            folder.mkdir(mode=0o700, parents=True)
            yield folder
        except OSError as error:
            raise _explained(error) from error
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _parts(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """The body, part by part, for as long as it comes fast enough and is small enough."""
        claimed = request.headers.get("content-length")
        if claimed is not None and claimed.isdecimal() and int(claimed) > most:
            raise _too_large(most)
        size, looked_at, began = 0, -_LOOK, time.monotonic()
        stream = request.stream()
        while True:
            try:
                part = await asyncio.wait_for(anext(stream), self._limits.body_silence)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise _too_slow() from None
            except ClientDisconnect:
                raise Problem(400, "The connection ended within the body; send it again.") from None
            size += len(part)
            if size > most:
                raise _too_large(most)
            late = time.monotonic() - began - self._limits.body_silence
            if late > 0 and size < late * self._limits.body_rate:
                raise _too_slow()
            if size - looked_at >= _LOOK:
                await self._check_disk(size)
                looked_at = size
            yield part

    async def _write(self, path: Path, parts: AsyncIterator[bytes], first: Iterable[bytes] = ()) -> int:
        """Write ``first`` and then ``parts``; gives the bytes."""
        size = 0

        def write(part: bytes) -> int:
            if file.write(part) != len(part):
                raise OSError(errno.ENOSPC, "no space left")
            return len(part)

        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:
            for part in first:
                size += write(part)
            async for part in parts:
                size += write(part)
        return size

    async def _check_disk(self, size: int) -> None:
        """Raises Problem where the disk, or what is the server's of it, is full."""
        if time.monotonic() - self._counted > _COUNT_SECONDS:
            self._counted = time.monotonic()
            self._used = await asyncio.to_thread(bytes_below, self._data_dir)
        if self._used + size > self._limits.disk_bytes or shutil.disk_usage(self.folder).free < MIN_FREE:
            raise disk_is_full()


def bytes_below(folder: Path) -> int:
    """Bytes of all files below ``folder``; those that vanish meanwhile do not count."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_size
    return total


_LATER = {"retry-after": "60"}


def _too_large(most: int) -> Problem:
    return Problem(413, f"The body is larger than {most // 2**20} MB, the most that is taken; make it smaller.")


def _too_slow() -> Problem:
    return Problem(408, "The body came too slowly; send it again over a better connection.")


def disk_is_full() -> Problem:
    return Problem(503, "The server's disk is full; delete old videos, or come back later.", _LATER)


def _explained(error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return disk_is_full()
    return Problem(503, "The server cannot write to its data folder; its owner has to look.", _LATER)


def _purge(folder: Path) -> None:
    """Remove the folders of servers that are gone."""
    for old in folder.glob("*/lock"):
        with contextlib.suppress(OSError):
            with locked(old) as gone:
                pass
            if gone:
                shutil.rmtree(old.parent, ignore_errors=True)
