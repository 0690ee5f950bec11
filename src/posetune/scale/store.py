"""What a job's store does, folder or bucket: six calls, and one of them decides: ``create``.

A name is relative, with slashes. Content appears whole or not at all; what ``create`` or ``put`` has returned from is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from posetune.errors import PosetuneError


class StoreError(PosetuneError):
    """The store did not do it, though it was asked again: nothing is known to be lost, the same command goes on."""


class StoreRefused(PosetuneError):
    """The store will never do it: no right, no space, no such bucket."""


@dataclass(frozen=True)
class Entry:
    """``name``: relative to the store; ``size``: bytes; ``modified``: seconds since 1970, by the store's clock."""

    name: str
    size: int
    modified: float


class Store(Protocol):
    """A folder or a bucket. Every method raises StoreError or StoreRefused."""

    url: str

    def create(self, name: str, content: bytes, lasting: bool = True) -> bool:
        """Write ``name`` if there is none; whether there was none. Of several at the same time one gets True. ``lasting``: False
        for what may be lost when the power goes.
        """

    def put(self, name: str, content: bytes, lasting: bool = True) -> None:
        """Write ``name``, over what was there."""

    def put_file(self, name: str, path: Path) -> None:
        """Write the content of a file, of any size."""

    def get(self, name: str) -> bytes | None:
        """The content; None if there is no such name."""

    def list(self, prefix: str) -> Iterator[Entry]:
        """What lies below the folder ``prefix`` ("" for all), in the order of the names."""

    def delete(self, name: str) -> None:
        """Remove ``name``, if it is there."""


def is_bucket(text: str) -> bool:
    """Whether ``text`` names a bucket, not a file."""
    return text.startswith(("s3://", "gs://", "az://", "memory://"))
