"""Change an .mp4 that OpenCV wrote: its rotation, the times of its frames. (OpenCV itself can write neither.)"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_PARENTS = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl"}
_TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def frame(index: int) -> np.ndarray:
    """(64, 96, 3) uint8 RGB: all of one colour, redder from frame to frame."""
    return np.full((64, 96, 3), (20 * index, 100, 200), np.uint8)


def set_rotation(path: Path, degrees: int) -> None:
    """Make players turn the picture by ``degrees`` clockwise, as a phone that was held so does."""

    def turned(body: bytes) -> bytes:
        a, b, c, d = (value * 0x10000 for value in _TURNS[degrees])
        matrix = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
        return body[:40] + matrix + body[76:]  # version 0: the matrix stands at byte 40 of tkhd's body

    path.write_bytes(_rewritten(path.read_bytes(), b"tkhd", turned))


def set_durations(path: Path, ticks: list[int]) -> None:
    """Show the frames for ``ticks`` of the track's time scale each."""
    body = struct.pack(">II", 0, len(ticks)) + b"".join(struct.pack(">II", 1, n) for n in ticks)
    path.write_bytes(_rewritten(path.read_bytes(), b"stts", lambda _: body))


def set_edit(path: Path, begin_ticks: int, seconds: float) -> None:
    """Show ``seconds`` from ``begin_ticks`` of the track's time scale on, as a clip does that was cut without re-encoding."""
    body = struct.pack(
        ">IIIiI", 0, 1, round(seconds * 1000), begin_ticks, 0x10000
    )  # OpenCV's movies count milliseconds
    path.write_bytes(_rewritten(path.read_bytes(), b"elst", lambda _: body))


def _rewritten(content: bytes, kind: bytes, change) -> bytes:
    """``content`` with the boxes of ``kind`` changed; OpenCV puts them behind the pictures, so no offset moves."""
    out, at = b"", 0
    while at < len(content):
        size, name = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + size]
        if name == kind:
            body = change(body)
        elif name in _PARENTS:
            body = _rewritten(body, kind, change)
        out += struct.pack(">I4s", len(body) + 8, name) + body
        at += size
    return out
