"""One entry of the log: numbered, with the hash of the one before, and one of itself, so that no damage passes for truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FOLDER, COPIES = "log", "copies"

INIT, REGISTER, CHALLENGE, EVIDENCE = "init", "register", "challenge", "evidence"
PROMOTE, REFUSE, ROLLBACK, EXPIRE, HOLD, RELEASE = "promote", "refuse", "rollback", "expire", "hold", "release"
KINDS = (INIT, REGISTER, CHALLENGE, EVIDENCE, PROMOTE, REFUSE, ROLLBACK, EXPIRE, HOLD, RELEASE)


@dataclass(frozen=True)
class Entry:
    """``time``: seconds since 1970 by its writer's clock, for people; the order is that of the numbers. ``by``: what wrote it.
    ``previous``: ``sha256`` of the entry before, "" for the first. ``body``: what JSON knows.
    """

    number: int
    kind: str
    time: float
    by: str
    body: Mapping[str, Any]
    previous: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number, "kind": self.kind, "time": self.time, "by": self.by, "body": dict(self.body),
            "previous": self.previous, "sha256": self.sha256,
        }  # fmt: skip


def name_of(number: int) -> str:
    """The file of an entry, in the folders of entries and of their copies."""
    return f"{number:09d}.json"


def number_of(name: str) -> int | None:
    """The number of an entry's file; None for another file."""
    digits = name.removesuffix(".json")
    return int(digits) if len(digits) >= 9 and digits.isdecimal() and name == name_of(int(digits)) else None


def written(entry: Mapping[str, Any]) -> bytes:
    """The file of an entry. ``entry``: all of it but ``sha256``, which is that of the rest."""
    return _canonical({**entry, "sha256": _hash(entry)})


def parsed(content: bytes, number: int) -> Entry | None:
    """The entry in a file; None if it is damaged, or another one than ``number``."""
    try:
        found = json.loads(content)
        check = found.pop("sha256")
        entry = Entry(
            int(found["number"]), str(found["kind"]), float(found["time"]), str(found["by"]), dict(found["body"]),
            str(found["previous"]), str(check),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return entry if entry.number == number and _hash(found) == check else None


def _canonical(content: Any) -> bytes:
    return (json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(dict(entry))).hexdigest()
