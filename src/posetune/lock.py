"""One process at a time in a folder: a lock that dies with whoever holds it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the lock that the file ``path`` stands for; the file stays behind. Yields whether it is held: False where another
    process has it (the file is not waited for). The system releases it when the holder dies, however it dies.

    Some network file systems know no locks: there it counts as held. Raises OSError if the file cannot be opened.
    """
    with open(path, "a+b") as file:
        yield _take(file.fileno())


def _take(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
