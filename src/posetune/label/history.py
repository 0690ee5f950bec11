"""What was done to a set's labels, one line an action, on the disk before anybody is told that it is done.

A line holds the entries of the label file that an action changed, as they were and as they are then: any action can be undone, and
a label file that is older than its history is brought up to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from posetune.errors import PosetuneError
from posetune.label.actions import Id, Kind

#: Where there is no entry.
NOTHING = b"null"


class Change(msgspec.Struct):
    """An entry of ``table`` before and after; null: there was, or is, none."""

    table: Literal["images", "annotations"]
    id: Id
    before: msgspec.Raw
    after: msgspec.Raw

    @classmethod
    def of(cls, table: Literal["images", "annotations"], key: Id, before: bytes | None, after: bytes | None) -> Change:
        return cls(table, key, *(msgspec.Raw(NOTHING if raw is None else raw) for raw in (before, after)))

    @property
    def was(self) -> bytes | None:
        return _entry(self.before)

    @property
    def becomes(self) -> bytes | None:
        return _entry(self.after)


def _entry(raw: msgspec.Raw) -> bytes | None:
    found = bytes(raw)
    return None if found == NOTHING else found


class Entry(msgspec.Struct, omit_defaults=True):
    """``n``: counts from 1; ``key``: whose makes it unique, "TAB-NUMBER"; ``at``: UTC; ``who``: the reviewer; ``image``: its name
    in the set; ``what``: in a word; ``of``: key of the action that an undo or redo is about.
    """

    n: int
    key: str
    at: str
    who: str
    image: str
    kind: Kind
    what: str
    changes: list[Change]
    of: str = ""

    @property
    def tab(self) -> str:
        return tab_of(self.key)


def tab_of(key: str) -> str:
    """Which page an action came from."""
    return key.rpartition("-")[0]


class History:
    """The file, open for appending. ``count``: how many entries there are."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file, and cuts off a last line that was not finished. Raises PosetuneError if it cannot."""
        self.path = path
        self.count = 0
        self._places: dict[str, int] = {}
        try:
            self._file = path.open("ab", buffering=0)
            self._end = _whole_lines(path)
            self._file.truncate(self._end)
        except OSError as error:
            raise PosetuneError(
                f"Cannot write {path}: {error.strerror or error}; what is done is written there at once, so the set has to be one "
                "that can be written to."
            ) from error

    def entries(self) -> Iterator[Entry]:
        """All there are, in order. Raises PosetuneError for a line that is none."""
        for place, entry in _placed(self.path):
            self._places[entry.key] = place
            self.count = max(self.count, entry.n)
            yield entry

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def find(self, key: str) -> Entry | None:
        """The action ``key``; None if there was none."""
        place = self._places.get(key)
        if place is None:
            return None
        with self.path.open("rb") as file:
            file.seek(place)
            return msgspec.json.decode(file.readline(), type=Entry)

    def append(self, entry: Entry) -> None:
        """Write ``entry``; it is on the disk when this returns. Raises PosetuneError if that fails; then nothing of it stays."""
        line = msgspec.json.encode(entry) + b"\n"
        try:
            if self._file.write(line) != len(line):
                raise OSError("no space left on the disk")
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(self._end)
            raise PosetuneError(f"Cannot write {self.path}: {error.strerror or error}; free some space.") from error
        self._places[entry.key] = self._end
        self._end += len(line)
        self.count = entry.n

    def close(self) -> None:
        self._file.close()


def read_entries(path: Path) -> Iterator[Entry]:
    """The actions in a history that another process may be writing to. Raises PosetuneError for a line that is none."""
    for _, entry in _placed(path):
        yield entry


def _placed(path: Path) -> Iterator[tuple[int, Entry]]:
    """(byte in the file, action); a last line that is not finished is none."""
    decoder = msgspec.json.Decoder(Entry)
    place = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                entry = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise PosetuneError(
                    f"Line {number} of the history {path} is damaged ({error}); move the file away to go on without it."
                ) from error
            yield place, entry
            place += len(line)


def _whole_lines(path: Path) -> int:
    """Bytes up to the end of the last finished line."""
    end = path.stat().st_size
    with path.open("rb") as file:
        while end > 0:
            begin = max(0, end - 65536)
            file.seek(begin)
            found = file.read(end - begin).rfind(b"\n")
            if found >= 0:
                return begin + found + 1
            end = begin
    return 0
