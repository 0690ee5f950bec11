"""Reads the log and adds to it. Each entry lies there twice: the one with damage is read from its copy, and told of."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from posetune.errors import PosetuneError
from posetune.store.registry.entry import COPIES, FOLDER, KINDS, Entry, name_of, number_of, parsed, written
from posetune.store.registry.place import Place


class Moved(PosetuneError):
    """Somebody else added the entry of that number: look again, and decide anew."""


class Log:
    """The entries of a registry, as last read. ``faults``: a sentence for each that is damaged, missing or out of the chain;
    ``lost``: the numbers of those whose copy does not help: what they decided cannot be told, or trusted.
    """

    def __init__(self, place: Place, clock: Callable[[], float] = time.time) -> None:
        self._place, self._clock = place, clock
        self.entries: list[Entry] = []
        self.faults: dict[int, str] = {}
        self.lost: set[int] = set()
        self.last = 0

    def refresh(self) -> bool:
        """Read what is new; whether anything is. The first time all is read, the last entry first, as each vouches for the one
        before it.
        """
        names = self._place.names(FOLDER, name_of(self.last) if self.last else "")
        if not self.last:
            # The newest entries may be missing, and their copies there: an entry was written before its copy.
            names += self._place.names(COPIES)
        numbers = [n for name in names if (n := number_of(name)) is not None and n > self.last]
        if not numbers:
            return False
        newest = max(numbers)
        found: list[Entry] = []
        vouched = ""  # the hash that the entry behind this one names
        for number in range(newest, self.last, -1):
            entry = self._entry(number, vouched)
            vouched = "" if entry is None else entry.previous
            if entry is not None:
                found.append(entry)
        found.reverse()
        if self.entries and found and self.entries[-1].number + 1 == found[0].number:
            self._chained(self.entries[-1], found[0])
        self.entries += found
        self.last = newest
        return True

    def append(self, kind: str, body: Mapping[str, Any], by: str, after: int) -> Entry:
        """Add an entry behind the one numbered ``after``, which the caller has seen. It is on the disk when this returns.

        Raises Moved where another entry has that place by now, and PosetuneError where nothing can be written.
        """
        assert kind in KINDS
        if after != self.last:
            raise Moved(f"The registry {self._place.name} has moved on; look again.")
        previous = self.entries[-1] if self.entries else None
        if previous is not None:
            self._copy(previous)
        if previous is not None and previous.number != after:
            previous = None  # that one is lost, and nobody can vouch for it
        content = written(
            {
                "number": after + 1, "kind": kind, "time": round(self._clock(), 3), "by": by, "body": dict(body),
                "previous": "" if previous is None else previous.sha256, "id": secrets.token_hex(8),
            }
        )  # fmt: skip
        if not self._place.create(f"{FOLDER}/{name_of(after + 1)}", content):
            raise Moved(f"Somebody else has just written to the registry {self._place.name}; look again.")
        entry = parsed(content, after + 1)
        assert entry is not None
        self.entries.append(entry)
        self.last = entry.number
        self._place.create(f"{COPIES}/{name_of(entry.number)}", content)
        return entry

    def mended(self) -> bool:
        """Whether an entry that was lost is there again."""
        return any(
            content is not None and parsed(content, number) is not None
            for number in self.lost - {entry.number for entry in self.entries}
            for folder in (FOLDER, COPIES)
            for content in (self._place.read(f"{folder}/{name_of(number)}"),)
        )

    def _copy(self, entry: Entry) -> None:
        """Whoever wrote it may have died before the copy."""
        name = name_of(entry.number)
        if self._place.read(f"{COPIES}/{name}") is None:
            content = self._place.read(f"{FOLDER}/{name}")
            if content is not None and parsed(content, entry.number) is not None:
                self._place.create(f"{COPIES}/{name}", content)

    def _entry(self, number: int, vouched: str) -> Entry | None:
        name = name_of(number)
        content = self._place.read(f"{FOLDER}/{name}")
        entry = None if content is None else parsed(content, number)
        if entry is not None and vouched in ("", entry.sha256):
            return entry
        copy = self._place.read(f"{COPIES}/{name}")
        twin = None if copy is None else parsed(copy, number)
        if twin is not None and vouched in ("", twin.sha256):
            what = "is missing" if content is None else "is damaged" if entry is None else "was changed"
            self.faults[number] = f"Entry {number} of the log {what}; its copy is read instead."
            return twin
        if entry is not None or twin is not None:
            self.lost.add(number)
            self.faults[number] = (
                f"Entry {number + 1} of the log does not follow entry {number}: one of them was changed, or two registries "
                "were mixed."
            )
            return entry or twin
        what = "is missing" if content is None else "is damaged"
        self.lost.add(number)
        self.faults[number] = f"Entry {number} of the log {what}, and so is its copy."
        return None

    def _chained(self, before: Entry, entry: Entry) -> None:
        if entry.previous not in ("", before.sha256):  # "": for who wrote it that one was lost
            self.lost.add(entry.number)
            self.faults[entry.number] = (
                f"Entry {entry.number} of the log does not follow entry {before.number}: one of them was changed, or two "
                "registries were mixed."
            )
