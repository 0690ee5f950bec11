"""Finding the image files that a label file names, whatever folder its exporter had in mind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from posetune.errors import PosetuneError


class ImageFinder:
    """Finds image files by listing each folder once; a stat per file is slow on network disks."""

    def __init__(self, folder: Path, split: str) -> None:
        self.folder = folder
        # file_name is relative to the image folder, but some exporters write "images/a.jpg", others
        # split/a.jpg.
        self.bases = (folder, folder.parent, folder / split)
        self.listed: dict[Path, frozenset[str]] = {}
        self.missing: list[str] = []
        self.count = 0

    def find(self, file_name: str) -> Path:
        self.count += 1
        relative = Path(file_name.replace("\\", "/"))
        for base in self.bases:
            path = base / relative
            if path.name in self._names(path.parent):
                return path
        self.missing.append(file_name)
        return self.folder / relative

    def _names(self, folder: Path) -> frozenset[str]:
        if folder not in self.listed:
            try:
                self.listed[folder] = frozenset(os.listdir(folder))
            except OSError:
                self.listed[folder] = frozenset()
        return self.listed[folder]

    def complain(self, annotations: Path) -> None:
        """Raise PosetuneError if an image was not found."""
        if self.missing:
            which = some(self.missing)
            raise PosetuneError(
                f"{len(self.missing)} of {self.count} images of {annotations} are not in {self.folder} "
                f"({which}); copy them there, give the right image folder, or take them out of the label "
                "file."
            )


def some(items: Sequence[str], most: int = 3) -> str:
    """The first few of a list, for a sentence."""
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")
