"""Bringing a label file up to its history: at once for small sets, in the background for large ones, and after a crash."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from posetune.errors import PosetuneError
from posetune.label.history import Entry
from posetune.label.label_file import LabelFile

#: A label file up to this size is written with every action.
AT_ONCE = 2**20
#: A larger one is written so many times more seldom than it takes.
_SELDOM, _LEAST_SECONDS = 20.0, 3.0
#: Key of the label file that says how much of the history is in it.
MARK = "posetune_history"


class _Mark(msgspec.Struct):
    entries: int = 0


def mark_of(file: LabelFile) -> int:
    """How many entries of the history are in the label file."""
    try:
        return msgspec.json.decode(file.head.get(MARK, b"{}"), type=_Mark).entries
    except msgspec.DecodeError:
        return 0


def replay(file: LabelFile, history: Path, entries: Sequence[Entry]) -> tuple[int, list[str]]:
    """Do to ``file`` what it lacks of ``entries``; how many these are, and sentences on what was not done.

    A label file that is younger than its history was put there by somebody else, on purpose: it stays.
    """
    missing = [entry for entry in entries if entry.n > mark_of(file)]
    if not missing:
        return 0, []
    if file.path.exists() and file.path.stat().st_mtime_ns > history.stat().st_mtime_ns:
        other = _others(file, missing)
        if not other:
            return len(missing), []  # whoever wrote it had all of it
        return 0, [
            f"{file.path.name} was changed by another program after the last action; it stands as it is, though {other} of its "
            "entries are others than its history says."
        ]
    for change in (change for entry in missing for change in entry.changes):
        if _equal(file.rows[change.table].get(change.id), change.was):
            file.put(change.table, change.id, change.becomes)
    notes = [f"{len(missing)} actions that {file.path.name} did not have were taken from its history."]
    if other := _others(file, missing):
        notes.append(f"{other} entries of {file.path.name} are others than its history says, and stand as they are.")
    return len(missing), notes


def _others(file: LabelFile, entries: Sequence[Entry]) -> int:
    """How many entries of ``file`` are not as the last of ``entries`` that is about them left them."""
    last = {(change.table, change.id): change.becomes for entry in entries for change in entry.changes}
    return sum(not _equal(file.rows[table].get(key), wanted) for (table, key), wanted in last.items())


def _equal(a: bytes | None, b: bytes | None) -> bool:
    if a is None or b is None:
        return a is None and b is None
    return a == b or bool(msgspec.json.decode(a) == msgspec.json.decode(b))


class Keeper:
    """Writes a label file whenever it is due. ``written``: how many entries of the history are in it; ``problem``: why it could
    not be written, a sentence.
    """

    def __init__(self, file: LabelFile, history: Path, lock: Any) -> None:
        """``lock``: held by whoever changes ``file``."""
        self._file, self._history, self._lock = file, history, lock
        self.problem: str | None = None
        self.written = mark_of(file)
        self._wanted = self.written
        self._since = 0
        self._state = _state(file.path)
        self._seconds = 0.0
        self._closing = False
        self._due = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def changed(self, count: int) -> None:
        """The history has ``count`` entries now; called with the lock held."""
        self._wanted, self._since = count, self._history.stat().st_mtime_ns
        if self._thread is None and self._state[0] <= AT_ONCE:
            self._write()
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="label file")
            self._thread.start()
        self._due.set()

    def close(self) -> None:
        """Write what is missing. Raises PosetuneError if that fails."""
        self._closing = True
        self._due.set()
        if self._thread is not None:
            self._thread.join()
        if self._wanted > self.written:
            self._write()
        if self.problem is not None:
            raise PosetuneError(self.problem)

    def _run(self) -> None:
        while not self._closing:
            self._due.wait()
            self._due.clear()
            end = time.monotonic() + max(_LEAST_SECONDS, _SELDOM * self._seconds)
            while not self._closing and time.monotonic() < end:
                time.sleep(0.05)
            if self._wanted > self.written:
                self._write()

    def _write(self) -> None:
        with self._writing:
            with self._lock:  # what is written is a copy of the tables, not of what is in them
                copy = replace(
                    self._file, head=dict(self._file.head), rows={k: dict(v) for k, v in self._file.rows.items()}
                )
                wanted, since = self._wanted, self._since
            began = time.monotonic()
            if _state(copy.path) != self._state:
                self.problem = (
                    f"{copy.path} was changed by another program while it was open here: what you did is in "
                    f"{copy.path.stem}.history.jsonl, and is not written over it; end posetune annotate and look."
                )
                return
            copy.head[MARK] = msgspec.json.encode(_Mark(wanted))
            try:
                copy.write()
                os.utime(
                    copy.path, ns=(since, since)
                )  # as old as what it holds: what the history has beyond is younger
            except (PosetuneError, OSError) as error:
                self.problem = str(error)
                return
            self.problem, self.written, self._state = None, wanted, _state(copy.path)
            self._seconds = time.monotonic() - began


def _state(path: Path) -> tuple[int, int]:
    """(bytes, time of change); zeros where there is no file."""
    try:
        state = path.stat()
    except OSError:
        return 0, 0
    return state.st_size, state.st_mtime_ns
