"""The pictures of a set that somebody labels: those that its label file names, and those that lie in its folder besides."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posetune.runtime.images import IMAGE_SUFFIXES


@dataclass(frozen=True)
class Picture:
    """A file as it is now. ``path``: None where there is none. ``moved``: it lies elsewhere than the label file says."""

    path: Path | None
    moved: bool = False


class Pictures:
    """Finds pictures below the set's folder ``root``; each folder is listed once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "images" if (root / "images").is_dir() else root
        self._below: dict[str, list[Path]] | None = None
        self._hashes: dict[Path, tuple[int, int, str]] = {}

    def names(self) -> list[str]:
        """The names of all pictures in the folder, relative to it, in natural order (frame 9 before frame 10)."""
        found = []
        for here, folders, files in os.walk(self.folder):
            folders[:] = [f for f in folders if not f.startswith(".") and f != "annotations"]
            inside = Path(here).relative_to(self.folder)
            found += [
                (inside / name).as_posix()
                for name in files
                if Path(name).suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".")
            ]
        return sorted(found, key=natural)

    def find(self, file_name: str) -> Picture:
        """The file that a label file means by ``file_name``; one that was moved is found by its name, if no other has it."""
        relative = Path(file_name.replace("\\", "/"))
        for base in (self.folder, self.root):
            if (base / relative).is_file():
                return Picture(base / relative)
        found = self._everything().get(relative.name, [])
        return Picture(found[0], moved=True) if len(found) == 1 else Picture(None)

    def _everything(self) -> dict[str, list[Path]]:
        if self._below is None:
            self._below = {}
            for name in self.names():
                self._below.setdefault(Path(name).name, []).append(self.folder / name)
        return self._below

    def sha256(self, path: Path) -> str:
        """Of the file as it is; read again when its size or time has changed. Raises OSError."""
        state = path.stat()
        size, time, digest = self._hashes.get(path, (0, 0, ""))
        if (size, time) != (state.st_size, state.st_mtime_ns):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            self._hashes[path] = (state.st_size, state.st_mtime_ns, digest)
        return digest


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key for sorting by which numbers in names count as numbers."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def group_of(name: str) -> str:
    """What frames of one clip share: the name without its last number."""
    stem = str(Path(name).with_suffix(""))
    return re.sub(r"[-_. ]*\d+$", "", stem) or stem


@dataclass(frozen=True)
class Looked:
    """A picture beside what the label file says of it. ``problem``: None, "missing", "damaged", "changed" (its bytes are others
    than when it was labelled), "moved" (found elsewhere by its name), "turned" (EXIF turns it, and its labels are of the unturned
    one) or "resized". ``width``, ``height``: px of the frame that the labels are in. ``version``: changes with the file.
    """

    path: Path | None
    problem: str | None
    width: int
    height: int
    version: str


def look(pictures: Pictures, name: str, row: Mapping[str, Any]) -> Looked:
    """``row``: the image's entry in the label file, empty where there is none."""
    from posetune.data.picture_sizes import picture_size

    found = pictures.find(name)
    said = (int(row.get("width") or 0), int(row.get("height") or 0))
    size = None if found.path is None else picture_size(found.path)
    if found.path is None or size is None:
        return Looked(found.path, "missing" if found.path is None else "damaged", *said, "")
    shown = (size.width, size.height)
    try:
        digest = pictures.sha256(found.path)
    except OSError:
        return Looked(None, "missing", *said, "")
    problem = "moved" if found.moved else None
    if row.get("sha256") not in (None, digest):
        problem = "changed"
    if 0 in said:
        said = shown
    elif max(abs(a - b) for a, b in zip(said, shown, strict=True)) > 1:
        problem = "turned" if said == size.stored and said != shown else "resized"
    return Looked(found.path, problem, *said, digest[:16])
