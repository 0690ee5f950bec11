"""Writing files so that nobody ever finds half of one."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import struct
import sys
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError

#: No image of fewer pixels than are read, and no network, is larger than this.
MAX_BYTES = 2**30

#: What zipfile raises on damaged, encrypted and exotic archives.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
    struct.error,
    zlib.error,
)
#: What numpy raises on a damaged .npz file, or on one that lacks something.
NPZ_ERRORS = (*ZIP_ERRORS, KeyError, TypeError, SyntaxError, tokenize.TokenError)


def state_of(path: Path) -> tuple[str, int, int]:
    """Where a file is, its size and time of change: what has another state has to be read anew.

    Raises OSError if there is none.
    """
    stat = path.stat()
    return str(path.resolve()), stat.st_size, stat.st_mtime_ns


def walk(folder: str | Path) -> Iterator[Path]:
    """Every file below ``folder``, sorted by name within each folder; linked folders are followed, each folder once."""
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield from (Path(here, name) for name in sorted(files))


@contextlib.contextmanager
def replacing(path: str | Path, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success rename it over ``path``, on failure remove it.

    Parent folders are made. The rename is atomic on one file system, so a reader sees the old file or the new
    one, never a part; two writers do not disturb each other, the last one wins. ``durable``: it is on the disk, not only on its
    way there, when the block ends: what was promised to be kept outlives a power cut (some ms more).

    Raises PosetuneError if the folder cannot be written to or the disk is full.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{_short(path.stem)}-", suffix=f"{_short(path.suffix)}.tmp-posetune", dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        _match_umask(temporary)
        if durable:
            _sync(temporary)
        os.replace(temporary, path)
        temporary = None
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        # An error about some other file (say, an unreadable input opened inside the block) is not ours to explain.
        if error.filename is not None and temporary is not None and Path(error.filename) != temporary:
            raise
        raise PosetuneError(f"Cannot write {path}: {error.strerror or error}. {_cure(error)}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _short(name: str, most_bytes: int = 40) -> str:
    """The beginning of a name: a temporary one is longer, and must not be too long where ``name`` just is not."""
    while len(os.fsencode(name)) > most_bytes:
        name = name[:-1]
    return name


def _cure(error: OSError) -> str:
    if error.errno == errno.ENAMETOOLONG:
        return "Choose a shorter name."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space or choose another place to write to."
    return "Choose another place to write to."


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """The name of a file stands in its folder, which has to be on the disk as well. Not on Windows, which has no such call."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # some network file systems do not know it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def one_at_a_time(lock: Path, sentence: str) -> Iterator[None]:
    """Hold the file ``lock``, so that one process alone works where it lies; it is gone, like its holder, in the end.

    Raises PosetuneError, with ``sentence``, if another process holds it.
    """
    try:
        file = lock.open("a+b")
    except OSError as error:
        raise PosetuneError(f"Cannot write {lock}: {error.strerror or error}. {_cure(error)}") from error
    try:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK):
                raise PosetuneError(sentence) from error
            # Some network file systems know no locks: go on without one.
        try:
            yield
        finally:
            with contextlib.suppress(OSError):  # Windows removes no open file
                lock.unlink()
    finally:
        file.close()


def read_bytes(path: str | Path, what: str = "") -> bytes:
    """The content of a file; ``what`` it is ("the image") is for messages.

    Raises PosetuneError where it cannot be read, is a device, which has no end, or is larger than MAX_BYTES.
    """
    name = f"{what} {path}" if what else str(path)
    try:
        state = Path(path).stat()
        if stat.S_ISCHR(state.st_mode) or stat.S_ISBLK(state.st_mode):
            raise PosetuneError(f"Cannot read {name}: it is a device, not a file.")
        if state.st_size > MAX_BYTES:
            raise PosetuneError(f"Cannot read {name}: it is larger than {MAX_BYTES >> 30} GB, which no such file is.")
        return Path(path).read_bytes()
    except OSError as error:
        raise PosetuneError(f"Cannot read {name}: {error.strerror or error}.") from error


def write_bytes(path: str | Path, content: bytes, durable: bool = False) -> None:
    """Write ``content`` to ``path`` atomically. See :func:`replacing`."""
    with replacing(path, durable) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str, durable: bool = False) -> None:
    """Write ``content`` to ``path`` atomically, as UTF-8. See :func:`replacing`."""
    write_bytes(path, content.encode("utf-8"), durable)


def write_json(path: str | Path, content: Any) -> None:
    """Write ``content`` as JSON for people and programs to read, atomically; NaN is an error. See :func:`replacing`."""
    write_text(path, json_text(content))


def json_text(content: Any, ascii_only: bool = False) -> str:
    """``content`` as JSON for people and programs to read; NaN is an error.

    Letters stand as they are, except in a text with some that are no Unicode (of a file's name), where all that is not ASCII
    is escaped, and where ``ascii_only`` asks for it.
    """
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=ascii_only) + "\n"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json_text(content, ascii_only=True)
    return text


def _match_umask(path: Path) -> None:
    """Give a file made by mkstemp (mode 600) the mode that open() would have given it."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(0o666 & ~umask)
