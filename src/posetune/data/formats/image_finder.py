"""Finding the image files that a label file names, whatever folder or machine its exporter had in mind."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from posetune.errors import PosetuneError
from posetune.files import walk

#: So many files are looked through for one that is not where its name says.
_MOST_FILES = 500_000
#: What Label Studio puts before the name of a file that is uploaded.
_UPLOADED = re.compile(r"[0-9a-f]{8}-(?=.)")


class ImageFinder:
    """Finds image files by listing each folder once; a stat per file is slow on network disks.

    ``folder``: where they ought to be; ``bases``: folders that names may be relative to, besides it, its parent and what
    ``split`` names in it; ``below``: what is searched where a name leads nowhere (default: ``folder``).
    """

    def __init__(self, folder: Path, split: str, bases: Iterable[Path] = (), below: Path | None = None) -> None:
        self.folder = folder
        # file_name is relative to the image folder, but some exporters write "images/a.jpg", others split/a.jpg.
        self.bases = tuple(dict.fromkeys((folder, folder.parent, folder / split, *bases)))
        self.below = below or folder
        self.listed: dict[Path, dict[str, str]] = {}
        self.missing: list[str] = []
        #: Names that were found elsewhere, as (name in the label file, place).
        self.elsewhere: list[tuple[str, Path]] = []
        #: Names that fit several files.
        self.ambiguous: list[str] = []
        self.count = 0
        self._searched: dict[str, list[Path]] | None = None

    def find(self, file_name: str) -> Path:
        self.count += 1
        relative = Path(_slashed(file_name))
        for base in self.bases:
            path = self._listed(base / relative)
            if path is not None:
                return path
        path = self._search(file_name)
        if path is not None:
            self.elsewhere.append((file_name, path))
            return path
        self.missing.append(file_name)
        return self.folder / relative

    def _listed(self, path: Path) -> Path | None:
        """``path`` as it is spelt on the disk, where accents may be composed or not."""
        names = self._names(path.parent)
        found = names.get(path.name) or names.get(_normal(path.name))
        if found is not None:
            return path.parent / found
        if not path.parent.name.isascii():  # the folder may be spelt in the other way as well
            parent = self._listed(path.parent) if path.parent != path.parent.parent else None
            if parent is not None and parent != path.parent:
                return self._listed(parent / path.name)
        return None

    def _names(self, folder: Path) -> dict[str, str]:
        """Every name in a folder, as it stands and normalised → as it stands."""
        if folder not in self.listed:
            try:
                names = os.listdir(folder)
            except OSError:
                names = []
            self.listed[folder] = {_normal(n): n for n in names} | {n: n for n in names}
        return self.listed[folder]

    def _search(self, file_name: str) -> Path | None:
        """The one file below the set that ``file_name``, a path or address on another machine, can mean."""
        wanted = _parts_of(file_name)
        if not wanted:
            return None
        found = self._everything().get(wanted[-1].casefold(), [])
        if not found and _UPLOADED.match(wanted[-1]):
            wanted[-1] = _UPLOADED.sub("", wanted[-1])
            found = self._everything().get(wanted[-1].casefold(), [])
        exact = [p for p in found if _normal(p.name) == wanted[-1]]
        best: list[Path] = []
        most = 0
        for path in exact or found:
            shared = _shared_tail(wanted, [_normal(part) for part in path.parts])
            if shared >= most:
                best, most = (best if shared == most else []) + [path], shared
        if len(best) > 1:
            self.ambiguous.append(f"{wanted[-1]} ({len(best)} times)")
        return best[0] if len(best) == 1 else None

    def _everything(self) -> dict[str, list[Path]]:
        if self._searched is None:
            self._searched = {}
            for count, path in enumerate(walk(self.below)):
                if count >= _MOST_FILES:
                    break
                self._searched.setdefault(_normal(path.name).casefold(), []).append(path)
        return self._searched

    def notes(self) -> list[str]:
        """What was found, but not where the label file says."""
        if not self.elsewhere:
            return []
        name, path = self.elsewhere[0]
        return [
            f"{len(self.elsewhere)} of {self.count} images are not where the label file says and were found by their name "
            f"({name} is {path})"
        ]

    def complain(self, annotations: Path) -> None:
        """Raise PosetuneError if an image was not found."""
        if self.missing:
            several = f"; {some(self.ambiguous)} lie in several folders, and nothing says which is meant" * bool(
                self.ambiguous
            )
            raise PosetuneError(
                f"{len(self.missing)} of {self.count} images of {annotations} are not in {self.folder} "
                f"({some(self.missing)}{several}); copy them there, give the right image folder, or take them out of the "
                "label file."
            )


def _slashed(file_name: str) -> str:
    """With slashes alone; "D:a.jpg", which lies in whatever folder that drive of Windows is at, without its drive."""
    return re.sub(r"^[A-Za-z]:(?=[^/])", "", file_name.replace("\\", "/"))


def _normal(name: str) -> str:
    """Accents composed: a Mac's disks decompose them, most exporters do not."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _parts_of(file_name: str) -> list[str]:
    """The folders and the name in a path of whatever system, or in an address: "C:\\set\\a.jpg", "s3://x/a.jpg",
    "/data/local-files/?d=images/a.jpg" (Label Studio), "https://x/a.jpg?token=…".
    """
    text = _slashed(file_name)
    inner = re.search(r"[?&]d=([^&]+)", text)
    if inner is not None:
        text = unquote(inner.group(1))
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        text = unquote(text.split("?")[0].split("#")[0])
    elif re.search("%[0-9A-Fa-f]{2}", text):
        text = unquote(text)
    return [_normal(part) for part in PurePosixPath(text).parts if part not in ("/", "..", ".")]


def _shared_tail(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x.casefold() != y.casefold():
            break
        count += 1
    return count


def some(items: Sequence[str], most: int = 3) -> str:
    """The first few of a list, for a sentence."""
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")
