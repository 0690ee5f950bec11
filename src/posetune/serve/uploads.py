"""Raw bodies, streamed into a file of their own and counted; nothing of them stays when nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import math
import os
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from posetune.lock import locked
from posetune.serve.ids import new_id
from posetune.serve.problem import Problem
from posetune.serve.settings import Limits

#: How often the disk is looked at within a body, bytes.
_LOOK = 32 * 2**20
#: Seconds for which a count of the data folder's bytes is good.
_COUNT_SECONDS = 5.0
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
        (413), too slow (408), the disk is full (507).
        """
        folder = (to or self.folder) / new_id()
        try:
            folder.mkdir(mode=0o700, parents=True)
            path = folder / "body"
            size = await self._write(request, path, most)
            yield Upload(path, size)
        except OSError as error:
            raise _explained(error) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _write(self, request: Request, path: Path, most: int) -> int:
        claimed = request.headers.get("content-length")
        if claimed is not None and claimed.isdecimal() and int(claimed) > most:
            raise _too_large(most)
        size, looked_at, began = 0, -_LOOK, time.monotonic()
        stream = request.stream()
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:
            while True:
                try:
                    part = await asyncio.wait_for(anext(stream), self._limits.body_silence)
                except StopAsyncIteration:
                    return size
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
                if file.write(part) != len(part):
                    raise OSError(errno.ENOSPC, "no space left")

    async def _check_disk(self, size: int) -> None:
        """Raises Problem where the disk, or what is the server's of it, is full."""
        if time.monotonic() - self._counted > _COUNT_SECONDS:
            self._counted = time.monotonic()
            self._used = await asyncio.to_thread(bytes_below, self._data_dir)
        if self._used + size > self._limits.disk_bytes or shutil.disk_usage(self.folder).free < MIN_FREE:
            raise _full()


def bytes_below(folder: Path) -> int:
    """Bytes of all files below ``folder``; those that vanish meanwhile do not count."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if path.is_file() else 0
    return total


def _too_large(most: int) -> Problem:
    return Problem(413, f"The body is larger than {most // 2**20} MB, the most that is taken; make it smaller.")


def _too_slow() -> Problem:
    return Problem(408, "The body came too slowly; send it again over a better connection.")


def _full() -> Problem:
    return Problem(507, "The server's disk is full; delete old videos, or come back later.")


def _explained(error: OSError) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _full()
    return Problem(507, "The server cannot write to its data folder; its owner has to look.")


def _purge(folder: Path) -> None:
    """Remove the folders of servers that are gone."""
    for old in folder.glob("*/lock"):
        with contextlib.suppress(OSError):
            with locked(old) as gone:
                pass
            if gone:
                shutil.rmtree(old.parent, ignore_errors=True)
