"""A folder of a disk, or of a file system that several machines mount, as a store."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import replacing, write_bytes
from posetune.scale.store import Entry, StoreError, StoreRefused

#: What ``files.replacing`` names what it has not finished.
_UNFINISHED = ".tmp-posetune"
_LASTING = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG)


class Folder:
    """Files below ``path``. ``create`` is a hard link, which is made once on NFS as well."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.url = str(path) or "."

    def create(self, name: str, content: bytes, lasting: bool = True) -> bool:
        target = self.path / name
        if target.exists():
            return False
        with _explained(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, written = tempfile.mkstemp(suffix=_UNFINISHED, prefix=".new-", dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    if lasting:
                        os.fsync(file.fileno())
                os.chmod(written, 0o666 & ~_umask())
                try:
                    os.link(written, target)
                except FileExistsError:
                    return False
                return True
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(written)

    def put(self, name: str, content: bytes, lasting: bool = True) -> None:
        with _explained(self.path / name):
            write_bytes(self.path / name, content, durable=lasting)

    def put_file(self, name: str, path: Path) -> None:
        with _explained(self.path / name), replacing(self.path / name, durable=True) as written:
            shutil.copyfile(path, written)

    def get(self, name: str) -> bytes | None:
        try:
            with _explained(self.path / name, absent=True):
                return (self.path / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def list(self, prefix: str) -> Iterator[Entry]:
        yield from self._below(prefix, unfinished=False)

    def unfinished(self) -> Iterator[Entry]:
        """What a killed writer left behind: never read by anybody, for sweep to remove."""
        yield from self._below("", unfinished=True)

    def _below(self, prefix: str, unfinished: bool) -> Iterator[Entry]:
        try:
            with _explained(self.path / prefix, absent=True), os.scandir(self.path / prefix) as found:
                entries = sorted(found, key=lambda e: e.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            name = f"{prefix.rstrip('/')}/{entry.name}" if prefix else entry.name
            if entry.is_dir():
                yield from self._below(name, unfinished)
            elif entry.name.endswith(_UNFINISHED) == unfinished:
                with contextlib.suppress(FileNotFoundError):  # gone meanwhile
                    state = entry.stat()
                    yield Entry(name, state.st_size, state.st_mtime)

    def prune(self, name: str) -> None:
        """Remove the folder ``name``, and those above it up to the store's own, as far as they are empty."""
        with contextlib.suppress(OSError):
            for folder in (self.path / name, *(self.path / name).relative_to(self.path).parents):
                (self.path / folder).rmdir()

    def delete(self, name: str) -> None:
        with _explained(self.path / name), contextlib.suppress(FileNotFoundError):
            (self.path / name).unlink()


@contextlib.contextmanager
def _explained(path: Path, absent: bool = False) -> Iterator[None]:
    """``absent``: that there is no such file is for the caller to tell."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        if absent:
            raise
        raise _store_error(path, error) from error
    except OSError as error:
        raise _store_error(path, error) from error
    except PosetuneError as error:  # of files.replacing, which says all but whether it is for good
        cause = error.__cause__
        raise (_store_error(path, cause) if isinstance(cause, OSError) else error) from error


def _store_error(path: Path, error: OSError) -> PosetuneError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreRefused(f"Cannot write {path}: the disk is full; free some space and run the command again.")
    kind = StoreRefused if error.errno in _LASTING else StoreError
    return kind(f"Cannot reach {path}: {error.strerror or error}; what is done is kept, run the command again.")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
