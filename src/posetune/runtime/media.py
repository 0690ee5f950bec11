"""Which files are images and videos: by what is in them, not by their names; and all of those in a folder."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from posetune.files import MAX_BYTES
from posetune.opencv import cv2
from posetune.runtime.image_header import frame_count, image_size, page_count
from posetune.runtime.images import IMAGE_SUFFIXES, hint_for
from posetune.runtime.video import open_video

VIDEO_SUFFIXES = frozenset(
    (
        ".mp4",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".m4v",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".mts",
        ".m2ts",
        ".3gp",
        ".3g2",
        ".flv",
        ".f4v",
    )
    + (".asf", ".ogv", ".vob", ".mxf", ".divx", ".dv")
)
#: What lies beside footage and looks like it, or is no footage though it could be opened: a second copy in small, or sound.
_COMPANIONS = frozenset((".lrv", ".lrf", ".thm", ".m4a", ".mp3", ".ogg", ".oga", ".opus", ".mka", ".wma", ".aac"))
#: Written into what posetune draws, so that it does not take it for footage.
DRAWN = b"drawn by posetune"
File = tuple[Path, str]  # where it is, and its name in the results


def kind_of(path: Path) -> str | None:
    """ "image" or "video" by the first bytes, or else by the suffix; None for what is neither. A moving image is a video."""
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            if image_size(head) is not None or head[:3] == b"\xff\xd8\xff":
                return (
                    "video"
                    if _moves(head, file.read(MAX_BYTES) if head[:4] in (b"GIF8", b"RIFF") else b"")
                    else "image"
                )
    except OSError:
        head = b""
    if _is_container(head):
        return "video"
    if suffix in IMAGE_SUFFIXES:
        return "image"
    return "video" if suffix in VIDEO_SUFFIXES else None


def pages_of(path: Path) -> int:
    """How many pages the file has, if it is a TIFF, of which the first alone is read; 1 for any other."""
    with path.open("rb") as file:
        head = file.read(4)
        return page_count(head + file.read(MAX_BYTES)) if head[:2] in (b"II", b"MM") else 1


def is_drawn(path: Path) -> bool:
    """Whether posetune drew this picture or video."""
    try:
        with path.open("rb") as file:
            if DRAWN in file.read(256):
                return True
            file.seek(max(0, file.seek(0, os.SEEK_END) - 64))
            return DRAWN in file.read()
    except OSError:
        return False


@dataclass
class LeftOut:
    """What a search passed over: how many files by suffix, links that lead nowhere, and pictures that posetune drew."""

    kinds: Counter[str] = field(default_factory=Counter)
    broken_links: int = 0
    drawn: int = 0

    @property
    def others(self) -> int:
        """How many files are neither images nor videos."""
        return self.kinds.total()

    def phrases(self) -> Iterator[str]:
        """What was left out, once a kind: "2 .heic files (convert to JPEG)"."""
        for suffix, count in sorted(self.kinds.items()):
            hint = hint_for(suffix)
            what = f"{count} {suffix + ' ' if suffix else ''}file{'s' * (count > 1)}{'' if suffix else ' without a suffix'}"
            yield f"{what} ({hint})" if hint else what
        if self.broken_links:
            yield f"{self.broken_links} link{'s' * (self.broken_links > 1)} that lead nowhere"
        if self.drawn:
            yield f"{self.drawn} that posetune drew"

    def add(self, other: LeftOut) -> None:
        """Count what another search passed over as well."""
        self.kinds += other.kinds
        self.broken_links += other.broken_links
        self.drawn += other.drawn


def media_in(folder: Path, leave_out: Callable[[Path], bool] = lambda _: False) -> tuple[list[Path], LeftOut]:
    """The images and videos below ``folder``, in the order of their names, without hidden ones; links to folders are
    followed, every folder once. ``leave_out``: folders and files that are passed over without a word.
    """
    found: list[Path] = []
    left_out = LeftOut()
    seen = {_identity(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):
        entered = []
        for name in sorted(folders):
            below = Path(place) / name
            if name.startswith(".") or leave_out(below):
                continue
            identity = _identity(below)
            if identity not in seen:
                seen.add(identity)
                entered.append(name)
        folders[:] = entered
        for name in sorted(names):
            path = Path(place) / name
            if not name.startswith(".") and not leave_out(path):
                _sort(path, found, left_out)
    return found, left_out


def _sort(path: Path, found: list[Path], left_out: LeftOut) -> None:
    try:
        mode = path.stat().st_mode
    except OSError:
        if path.is_symlink():
            left_out.broken_links += 1
        else:
            found.append(path)  # reading it says why not
        return
    suffix = path.suffix.lower()
    if not stat.S_ISREG(mode) or suffix in _COMPANIONS:  # a pipe or a device: opening it would wait for ever
        left_out.kinds[suffix] += 1
    elif is_drawn(path):
        left_out.drawn += 1
    elif _is_footage(path, suffix):
        found.append(path)
    else:
        left_out.kinds[suffix] += 1


def _is_footage(path: Path, suffix: str) -> bool:
    if suffix in IMAGE_SUFFIXES or suffix in VIDEO_SUFFIXES:
        return True
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return True
    return _is_container(head) and _opens(path)


def _opens(path: Path) -> bool:
    capture = open_video(path)
    opened = capture.isOpened() and capture.get(cv2.CAP_PROP_FRAME_WIDTH) > 0
    capture.release()
    return bool(opened)


def _identity(folder: Path) -> tuple[int, int]:
    try:
        state = folder.stat()
    except OSError:
        return (-1, hash(folder))
    return state.st_dev, state.st_ino


def _moves(head: bytes, rest: bytes) -> bool:
    return head[4:12] == b"ftypavis" or frame_count(head + rest) > 1


def _is_container(head: bytes) -> bool:
    """Whether a file begins as a video does (ISO, Matroska, AVI, FLV, Ogg, ASF, MPEG program and transport streams)."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return head[8:12] not in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"hevx", b"M4A ", b"crx ")
    begins = (b"\x1aE\xdf\xa3", b"FLV\1", b"OggS", b"0&\xb2u\x8ef\xcf\x11", b"\0\0\1\xba", b"\x06\x0e\x2b\x34")
    if head.startswith(begins) or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return True
    return any(head[at : at + 1] == head[at + step : at + step + 1] == b"G" for at, step in ((0, 188), (4, 192)))


def shown_name(name: str) -> str:
    """A name that can be written and printed: bytes that are no UTF-8, and control characters, are escaped."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == " " else c.encode("unicode_escape").decode() for c in text)
