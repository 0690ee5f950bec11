"""A registry in a folder. A file appears under its name whole, on the disk, and once: it is written beside and linked in."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import MAX_BYTES, sync_folder

#: Where what is being written lies; what a killed writer left there is removed after so many seconds.
_UNFINISHED = "unfinished"
_OLD = 86_400.0


class Folder:
    """See :class:`posetune.store.registry.place.Place`."""

    def __init__(self, path: str | Path, make: bool = False) -> None:
        self._path = Path(os.path.expanduser(path)).absolute()
        if make:
            with self._explained("made"):
                self._path.mkdir(parents=True, exist_ok=True)
        if not self._path.is_dir():
            raise PosetuneError(f"There is no registry {self._path}: posetune registry init {self._path} makes one.")

    @property
    def name(self) -> str:
        return str(self._path)

    def create(self, name: str, content: bytes) -> bool:
        target = self._path / name
        if target.exists():
            return False
        beside = self._path / _UNFINISHED / f"{os.getpid()}-{time.monotonic_ns()}"
        with self._explained("written"):
            self._make(beside.parent)
            self._make(target.parent)
            try:
                with beside.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.link(beside, target)  # unlike a renaming, it never replaces
            except FileExistsError:
                return False
            finally:
                with contextlib.suppress(OSError):
                    beside.unlink()
            sync_folder(target.parent)
        self._tidy()
        return True

    def check_writable(self) -> None:
        probe = self._path / _UNFINISHED / f"{os.getpid()}-{time.monotonic_ns()}"
        with self._explained("written"):
            self._make(probe.parent)
            probe.touch(exist_ok=False)
            probe.unlink()

    def read(self, name: str) -> bytes | None:
        path = self._path / name
        with self._explained("read"):
            try:
                if path.stat().st_size > MAX_BYTES:
                    raise PosetuneError(f"The registry {self.name} cannot be read: {name} is larger than 1 GB.")
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def names(self, folder: str, after: str = "") -> list[str]:
        return [entry.name for entry in self._entries(folder) if entry.name > after and entry.is_file()]

    def folders(self, folder: str) -> list[str]:
        return [entry.name for entry in self._entries(folder) if entry.is_dir()]

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        with self._explained("read"):
            try:
                with os.scandir(self._path / folder) as entries:
                    return sorted(entries, key=lambda entry: entry.name)
            except FileNotFoundError:
                if not self._path.is_dir():  # unmounted, not empty
                    raise
                return []

    def _make(self, folder: Path) -> None:
        """A new folder's name is on the disk before anything in it counts."""
        missing = [f for f in (folder, *folder.parents) if not f.is_dir()]
        folder.mkdir(parents=True, exist_ok=True)
        for made in reversed(missing):
            sync_folder(made.parent)

    def _tidy(self) -> None:
        with contextlib.suppress(OSError), os.scandir(self._path / _UNFINISHED) as entries:
            for entry in entries:
                if time.time() - entry.stat().st_mtime > _OLD:
                    os.unlink(entry.path)

    @contextlib.contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PosetuneError(f"The registry {self.name} cannot be {done}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "its disk is full; free some space."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{error.strerror}; let this program write to the folder, or name another one."
    if error.errno in (errno.ENOTSUP, errno.EMLINK, errno.EXDEV):
        return (
            "its file system knows no hard links, which make a file appear at once and only once; name another folder."
        )
    return f"{error.strerror or error}."
