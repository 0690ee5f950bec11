"""What a video file says about itself, and what is in it: how long it claims to be, what an edit hides, when its pictures come.

Headers lie: a clip cut without re-encoding counts pictures that nobody is shown, a browser's recording names 1000 frames a
second. So the pictures themselves are counted, which costs reading the file once and no decoding.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MOST_INDEX_BYTES = 256 << 20  # no index of a film is larger
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


@dataclass(frozen=True)
class Packets:
    """The compressed pictures of a file: how many, and when the first and the last are due, seconds."""

    count: int
    first: float
    last: float

    @property
    def fps(self) -> float | None:
        """Their mean rate, a second; None where there are no times."""
        return (self.count - 1) / (self.last - self.first) if self.last > self.first else None


@dataclass(frozen=True)
class Track:
    """The first video track of an MP4 or MOV: how many pictures its table lists (None: in parts, without a table), and what an
    edit list shows of them: from ``lead`` seconds on, for ``seconds``.
    """

    samples: int | None = None
    lead: float = 0.0
    seconds: float = math.inf


def claimed_bytes(path: Path) -> int | None:
    """How long the file says it is: more than it has where it is cut off. None for kinds that do not say."""
    with path.open("rb") as file:
        head = file.read(8192)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return max((end for _, _, end in _boxes(file, 0, None)), default=None)
        if head[:4] == b"RIFF":
            return _riff_bytes(file)
        if head[:4] == b"\x1aE\xdf\xa3":
            return _matroska_bytes(head)
    if head[:3] == b"FLV":
        place = head.find(b"filesize\0")
        return int(struct.unpack(">d", head[place + 9 : place + 17])[0]) if place > 0 else None
    if _ASF_FILE in head:
        at = head.index(_ASF_FILE) + 40
        return int.from_bytes(head[at : at + 8], "little") or None
    return None


def track_of(path: Path) -> Track:
    """What an MP4 or MOV says of its first video track; of other files, and of damaged ones, nothing."""
    with path.open("rb") as file:
        moov = next((body for kind, body, _ in _boxes(file, 0, b"moov")), None)
    if moov is None:
        return Track()
    try:
        movie_scale = _time_scale(_inside(moov, b"mvhd")[0])
        for track in _inside(moov, b"trak"):
            media = _inside(track, b"mdia")[0]
            if _inside(media, b"hdlr")[0][8:12] == b"vide":
                table = _inside(_inside(media, b"minf")[0], b"stbl")[0]
                (size,) = _inside(table, b"stsz") or _inside(table, b"stz2")
                edits = [e for edits in _inside(track, b"edts") for e in _inside(edits, b"elst")]
                shown = _shown(edits[0], movie_scale, _time_scale(_inside(media, b"mdhd")[0])) if edits else None
                return Track(int.from_bytes(size[8:12], "big") or None, *(shown or (0.0, math.inf)))
    except (IndexError, ValueError, struct.error, ZeroDivisionError):
        return Track()
    return Track()


def _shown(elst: bytes, movie_scale: int, media_scale: int) -> tuple[float, float] | None:
    form, size = (">Qq", 20) if elst[0] == 1 else (">Ii", 12)
    (count,) = struct.unpack(">I", elst[4:8])
    entries = [struct.unpack_from(form, elst, 8 + i * size) for i in range(min(count, 1000))]
    shown = [(length, begin) for length, begin in entries if begin >= 0]  # -1: nothing is shown for a while
    if not shown:
        return None
    seconds = sum(length for length, _ in shown) / movie_scale
    return shown[0][1] / media_scale, seconds if seconds > 0 else math.inf


def _time_scale(header: bytes) -> int:
    at = 20 if header[0] == 1 else 12
    return int.from_bytes(header[at : at + 4], "big")


def _inside(body: bytes, wanted: bytes) -> list[bytes]:
    """The bodies of the boxes named ``wanted`` directly inside ``body``."""
    found, at = [], 0
    while at + 8 <= len(body):
        size, kind = struct.unpack_from(">I4s", body, at)
        if size < 8:
            break
        if kind == wanted:
            found.append(body[at + 8 : at + size])
        at += size
    return found


def _boxes(file: BinaryIO, at: int, wanted: bytes | None) -> Iterator[tuple[bytes, bytes, int]]:
    """(kind, body, end) of an MP4's outermost boxes; the body of those named ``wanted`` alone, which are the only ones
    then.
    """
    length = file.seek(0, 2)
    while at + 8 <= length:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        begin = at + 8
        if size == 1:
            size, begin = int.from_bytes(file.read(8), "big"), begin + 8
        end = length if size == 0 else at + size
        if end < begin or not re.fullmatch(rb"[ -~\xa9]{4}", kind):
            return
        if wanted is None:
            yield kind, b"", end
        elif kind == wanted and end - begin <= _MOST_INDEX_BYTES:
            yield kind, file.read(end - begin), end
        at = end


def _riff_bytes(file: BinaryIO) -> int | None:
    """Of an AVI, whose parts over 2 GB follow one another; None where the recording was not finished."""
    length, at = file.seek(0, 2), 0
    while at + 8 <= length:
        file.seek(at)
        kind, size = struct.unpack("<4sI", file.read(8))
        if kind != b"RIFF":
            break
        if size == 0:
            return None
        at += 8 + size + size % 2
    return at


def _matroska_bytes(head: bytes) -> int | None:
    """Where the only segment ends; None where the recorder left that open, as browsers do."""
    size, at = _vint(head, 4)
    if size is None or head[at + size : at + size + 4] != b"\x18\x53\x80\x67":
        return None
    length, begin = _vint(head, at + size + 4)
    return None if length is None else begin + length


def _vint(content: bytes, at: int) -> tuple[int | None, int]:
    """A number of Matroska's and where the next byte stands; None for "unknown"."""
    if at >= len(content) or content[at] == 0:
        return None, at
    length = 9 - content[at].bit_length()
    value = int.from_bytes(content[at : at + length], "big") & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), at + length
