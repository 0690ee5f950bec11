"""Which images a run learned from and which it held out, so that whoever measures it later can tell.

A run writes it as ``split.json``. Images are known by their content, so that a set that was moved, or whose files were
renamed, is still recognised; the names are for people to read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.people import ImageRecord, Person
from posetune.files import write_json

#: Its name in a run folder.
SPLIT = "split.json"
#: So much of a file is read: with the size it tells images apart, and a set of thousands is looked through in a second.
_LOOKED_AT = 65536


@dataclass(frozen=True)
class RecordedImage:
    """``name``: the path below the set's folder, with "/". ``bytes``: the file's size. ``sha256``: of its first 64 KiB.
    ``people``: how many people in it were learned from (or held out).
    """

    name: str
    bytes: int
    sha256: str
    people: int


@dataclass(frozen=True)
class SplitRecord:
    """What ``split.json`` holds.

    ``data``: the labelled set as it was given, None without one. ``train_split``, ``val_split``: the splits' names.
    ``val_is_part_of_train``: there was no ``val_split``, so ``held_out`` was kept back from ``train_split``.
    ``trained_on``, ``held_out``: images of this run. ``trained_on_before``: what the network it began from had seen.
    """

    data: str | None
    train_split: str
    val_split: str
    val_is_part_of_train: bool
    trained_on: tuple[RecordedImage, ...]
    held_out: tuple[RecordedImage, ...]
    trained_on_before: tuple[RecordedImage, ...] = ()

    def learned_from(self, people: Sequence[Person]) -> np.ndarray:
        """(N,) bool: who is in an image that this run, or the network it began from, was trained on."""
        return self._in(people, self._seen)

    def held_back(self, people: Sequence[Person]) -> np.ndarray:
        """(N,) bool: who is in an image that the run held out (and chose its result on)."""
        return self._in(people, self._held)

    @cached_property
    def _seen(self) -> frozenset[tuple[int, str]]:
        return _contents((*self.trained_on, *self.trained_on_before))

    @cached_property
    def _held(self) -> frozenset[tuple[int, str]]:
        return _contents(self.held_out)

    @staticmethod
    def _in(people: Sequence[Person], contents: frozenset[tuple[int, str]]) -> np.ndarray:
        sizes = {size for size, _ in contents}
        known: dict[Path, bool] = {}
        for path in {p.image.path for p in people}:
            try:
                known[path] = path.stat().st_size in sizes and _content(path) in contents
            except OSError:  # whoever reads the image complains
                known[path] = False
        return np.array([known[p.image.path] for p in people], bool)

    def save(self, folder: Path) -> None:
        """Write it into a run folder. Raises PosetuneError if that cannot be."""
        write_json(folder / SPLIT, dataclasses.asdict(self))

    @classmethod
    def of_run(cls, folder: str | Path) -> SplitRecord | None:
        """What a run folder says; None where it says nothing (a run of an earlier version, no run at all)."""
        try:
            content: dict[str, Any] = json.loads((Path(folder) / SPLIT).read_text(encoding="utf-8"))
            images: dict[str, Any] = {
                key: tuple(RecordedImage(**image) for image in content.get(key, ()))
                for key in ("trained_on", "held_out", "trained_on_before")
            }
            names = {f.name: content[f.name] for f in dataclasses.fields(cls) if f.name not in images}
            return cls(**names, **images)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None


def recorded(images: Iterable[ImageRecord], root: Path | None) -> tuple[RecordedImage, ...]:
    """``images``, one for each person, as they are recorded; ``root``: the set's folder. Files that are gone are left out."""
    counts: Counter[Path] = Counter(image.path for image in images)
    result = []
    for path, people in sorted(counts.items()):
        try:
            size, digest = _content(path)
        except OSError:
            continue
        result.append(RecordedImage(_name(path, root), size, digest, people))
    return tuple(result)


def _name(path: Path, root: Path | None) -> str:
    for below, folder in ((path, root), (path.resolve(), root.resolve())) if root is not None else ():
        if below.is_relative_to(folder):
            return below.relative_to(folder).as_posix()
    return path.as_posix()


def _contents(images: Iterable[RecordedImage]) -> frozenset[tuple[int, str]]:
    return frozenset((image.bytes, image.sha256) for image in images)


def _content(path: Path) -> tuple[int, str]:
    with path.open("rb") as stream:
        return path.stat().st_size, hashlib.sha256(stream.read(_LOOKED_AT)).hexdigest()
