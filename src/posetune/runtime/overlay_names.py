"""Names for overlays: their image's, made to fit, and no name twice."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

#: Bytes of a name where the file system does not tell: all common ones take so many.
_USUAL_LIMIT = 255


class OverlayNames:
    """Says where overlays are written. May be asked from several threads."""

    def __init__(self, folder: Path) -> None:
        """``folder``: where overlays go; it need not be there yet."""
        self._folder = folder
        self._taken: dict[str, str] = {}
        self._lock = threading.Lock()
        self._limit: int | None = None

    def of(self, name: str, suffix: str) -> Path:
        """The path for the overlay of ``name`` (relative, with /), with ``suffix`` unless it ends so already."""
        *folders, last = name.split("/")
        ends = (suffix, ".jpeg") if suffix == ".jpg" else (suffix,)
        file = last if last.lower().endswith(ends) else last + suffix
        if self._limit is None:
            self._limit = _longest_name(self._folder)
        path = self._folder.joinpath(*(self._fitting(part, "") for part in folders), self._fitting(file, suffix))
        with self._lock:
            if self._taken.setdefault(str(path).casefold(), name) != name:  # a.png and a.png.jpg
                path = path.with_name(self._fitting(f"{last}-{_hash(name)}{suffix}", suffix))
                self._taken[str(path).casefold()] = name
        return path

    def _fitting(self, name: str, suffix: str) -> str:
        """``name``, or where it is too long its beginning, a hash of it and ``suffix``."""
        limit = self._limit or _USUAL_LIMIT
        if len(os.fsencode(name)) <= limit:
            return name
        end = f"~{_hash(name)}{suffix}"
        begin = name
        while len(os.fsencode(begin)) > limit - len(end):
            begin = begin[:-1]
        return begin + end


def _longest_name(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows has none
        return _USUAL_LIMIT


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
