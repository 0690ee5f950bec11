"""WebM (RFC 9559) written cluster by cluster: it can be watched while it is made, and every picture has its own time.

OpenCV writes a WebM at a constant frame rate, and only whole. So it encodes a second at a time, and what it wrote is taken apart
and put together here, with the times that the frames have.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Milliseconds are the unit of all times here.
_SCALE_NS = 1_000_000
#: A block's time within its cluster has 16 bits.
MOST_CLUSTER_MS = 30_000
_SEEK_ROOM = 64


@dataclass(frozen=True)
class Packet:
    """A compressed picture; ``key``: it needs none before it."""

    data: bytes
    key: bool


def _size(length: int, width: int = 8) -> bytes:
    return (length | 1 << 7 * width).to_bytes(width, "big")


def _element(identity: int, body: bytes | int | str) -> bytes:
    if isinstance(body, int):
        body = body.to_bytes(max(1, (body.bit_length() + 7) // 8), "big")
    if isinstance(body, str):
        body = body.encode()
    short = 1 if len(body) < 127 else 8
    return _id(identity) + _size(len(body), short) + body


def _id(identity: int) -> bytes:
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big")


@dataclass
class Film:
    """The parts of one VP8 film, to be written one after the other: ``head``, any number of ``cluster``, ``tail``; then
    ``patches``, which say how long it became and where its clusters are.
    """

    width: int
    height: int
    written: int = 0
    _clusters: list[tuple[int, int]] | None = None
    _end_ms: int = 0
    _body: int = 0
    _duration: int = 0
    _seek: int = 0
    _tracks: int = 0
    _cues: int = 0

    def head(self) -> bytes:
        """What stands before the pictures."""
        ebml = b"".join(
            (_element(0x4286, 1), _element(0x42F7, 1), _element(0x42F2, 4), _element(0x42F3, 8), _element(0x4282, "webm"),
             _element(0x4287, 4), _element(0x4285, 2))
        )  # fmt: skip
        video = _element(0xB0, self.width) + _element(0xBA, self.height)
        track = b"".join(
            (_element(0xD7, 1), _element(0x73C5, 1), _element(0x9C, 0), _element(0x83, 1), _element(0x86, "V_VP8"),
             _element(0xE0, video))
        )  # fmt: skip
        begin = _element(0x1A45DFA3, ebml) + _id(0x18538067)
        start = begin + b"\x01" + b"\xff" * 7  # of a length that nobody knows yet
        self._body = len(start)
        self._seek = len(start)
        start += _void(_SEEK_ROOM)
        about = _element(0x2AD7B1, _SCALE_NS) + _element(0x4D80, "posetune") + _element(0x5741, "posetune")
        about = _void(11) + about
        start += _id(0x1549A966) + _size(len(about), 1)
        self._duration = len(start)
        start += about
        self._tracks = len(start)
        start += _element(0x1654AE6B, _element(0xAE, track))
        self._clusters = []
        self.written = len(start)
        return start

    def cluster(self, packets: Sequence[Packet], times_ms: Sequence[int]) -> bytes:
        """Pictures that follow, the first of which is a key, with when they are shown."""
        assert self._clusters is not None, "the head comes first"
        self._clusters.append((times_ms[0], self.written))
        content, blocks, begin = b"", b"", times_ms[0]
        for packet, at in zip(packets, times_ms, strict=True):
            if at - begin > MOST_CLUSTER_MS:
                content += _element(0x1F43B675, _element(0xE7, begin) + blocks)
                blocks, begin = b"", at
            flags = b"\x80" if packet.key else b"\0"
            blocks += _element(0xA3, b"\x81" + struct.pack(">h", at - begin) + flags + packet.data)
        content += _element(0x1F43B675, _element(0xE7, begin) + blocks)
        self.written += len(content)
        self._end_ms = max(self._end_ms, times_ms[-1])
        return content

    def tail(self) -> bytes:
        """What stands behind the pictures: where each cluster is."""
        points = b"".join(
            _element(0xBB, _element(0xB3, at) + _element(0xB7, _element(0xF7, 1) + _element(0xF1, place - self._body)))
            for at, place in self._clusters or ()
        )
        self._cues = self.written
        content = _element(0x1C53BB6B, points)
        self.written += len(content)
        return content

    def patches(self, last_ms: int) -> Iterator[tuple[int, bytes]]:
        """(place, bytes) to be written over what stands there; ``last_ms``: how long the last picture is shown."""
        yield self._body - 8, _size(self.written - self._body)
        yield self._duration, _element(0x4489, struct.pack(">d", self._end_ms + last_ms))
        entries = b"".join(
            _element(0x4DBB, _element(0x53AB, _id(identity)) + _element(0x53AC, place - self._body))
            for identity, place in ((0x1654AE6B, self._tracks), (0x1C53BB6B, self._cues))
        )
        seek = _element(0x114D9B74, entries)
        yield self._seek, seek + _void(_SEEK_ROOM - len(seek))


def _void(length: int) -> bytes:
    """``length`` bytes that players pass over."""
    return b"\xec" + _size(length - 2, 1) + bytes(length - 2)


def packets_in(content: bytes) -> list[Packet]:
    """The pictures of a WebM or Matroska file that OpenCV wrote, in order. Raises ValueError for anything else."""
    found: list[Packet] = []
    _collect(content, 0, len(content), found)
    return found


def _collect(content: bytes, at: int, end: int, found: list[Packet]) -> None:
    while at < end:
        length = 9 - content[at].bit_length()
        identity = int.from_bytes(content[at : at + length], "big")
        at += length
        length = 9 - content[at].bit_length()
        size = int.from_bytes(content[at : at + length], "big") & ((1 << 7 * length) - 1)
        at += length
        stop = end if size == (1 << 7 * length) - 1 else at + size
        if stop > end:
            raise ValueError("cut off")
        if identity in (0x18538067, 0x1F43B675, 0xA0):  # Segment, Cluster, BlockGroup
            _collect(content, at, stop, found)
        elif identity in (0xA3, 0xA1):  # SimpleBlock, Block
            data = content[at + 4 : stop]  # one byte of track number, two of time, one of flags
            found.append(Packet(data, bool(data) and not data[0] & 1))  # VP8 (RFC 6386): the first bit is 0 in a key
        at = stop
