"""Writing files so that nobody ever finds half of one."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError

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


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success rename it over ``path``, on failure remove it.

    Parent folders are made. The rename is atomic on one file system, so a reader sees the old file or the new
    one, never a part; two writers do not disturb each other, the last one wins.

    Raises PosetuneError if the folder cannot be written to or the disk is full.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem[:40]}-", suffix=f"{path.suffix}.tmp-posetune", dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        _match_umask(temporary)
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        # An error about some other file (say, an unreadable input opened inside the block) is not ours to explain.
        if error.filename is not None and temporary is not None and Path(error.filename) != temporary:
            raise
        raise PosetuneError(
            f"Cannot write {path}: {error.strerror or error}. Free some space or choose another place to write to."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically. See :func:`replacing`."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, content: str) -> None:
    """Write ``content`` to ``path`` atomically, as UTF-8. See :func:`replacing`."""
    write_bytes(path, content.encode("utf-8"))


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
