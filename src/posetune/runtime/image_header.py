"""What the head of an image file says: its size, whether it moves, whether it may be transparent. Nothing is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"


def image_size(content: bytes) -> tuple[int, int] | None:
    """(width, height) that the head of an image file claims, before any EXIF turn; None where none is found.

    Reads JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 and PNM. ``content``: the file's bytes.
    """
    try:
        if content.startswith(_PNG):
            return struct.unpack(">II", content[16:24])
        if content.startswith(_JPEG):
            return _jpeg_size(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp_size(content)
        if content[:3] == b"GIF":
            return struct.unpack("<HH", content[6:10])
        if content[:2] == b"BM":
            return _bmp_size(content)
        if content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return _tiff_size(content)
        if content[4:8] == b"ftyp":
            return _largest(struct.unpack(">II", content[at + 8 : at + 16]) for at in _places(content, b"ispe"))
        if content[4:8] == b"jP  ":
            return _largest(struct.unpack(">II", content[at + 4 : at + 12])[::-1] for at in _places(content, b"ihdr"))
        if re.match(rb"P[1-6][\s#]", content):
            return _pnm_size(content)
    except (struct.error, ValueError, IndexError):  # cut off within the head
        return None
    return None


def frame_count(content: bytes) -> int:
    """How many pictures an animated GIF, WebP or PNG shows; 1 for any other image, and for one that does not move."""
    if content.startswith(_PNG):
        place = content.find(b"acTL", 0, 4096)
        return int.from_bytes(content[place + 4 : place + 8], "big") if place > 0 else 1
    if content[:3] == b"GIF":
        return max(1, sum(1 for _ in _gif_pictures(content)))
    if content[:4] == b"RIFF" and content[8:16] == b"WEBPVP8X" and content[20] & 2:
        return max(1, sum(kind == b"ANMF" for kind, _ in _riff_chunks(content)))
    return 1


def is_untimed_gif(content: bytes) -> bool:
    """Whether a GIF has pictures that no graphic control block precedes, which says how long they are shown."""
    if content[:3] != b"GIF":
        return False
    kinds = [content[at : at + 2] for at in _gif_blocks(content)]
    return sum(kind == b"\x21\xf9" for kind in kinds) < sum(kind[:1] == b"\x2c" for kind in kinds)


def page_count(content: bytes) -> int:
    """How many pictures a TIFF holds, smaller versions of another (thumbnails, pyramids) and masks not counted; 1 for any other
    file.
    """
    if content[:4] not in (b"II*\0", b"MM\0*"):
        return 1
    order = "<" if content[:2] == b"II" else ">"
    pages, seen = 0, set[int]()
    try:
        (at,) = struct.unpack_from(order + "I", content, 4)
        while at and at not in seen:
            seen.add(at)
            (count,) = struct.unpack_from(order + "H", content, at)
            entries = (struct.unpack_from(order + "HHII", content, at + 2 + 12 * i) for i in range(count))
            # NewSubfileType: a smaller version of another picture, or its mask.
            pages += not any(tag == 254 and value & 5 for tag, _, _, value in entries)
            (at,) = struct.unpack_from(order + "I", content, at + 2 + 12 * count)
    except struct.error:  # cut off
        pass
    return max(1, pages)


def may_be_transparent(content: bytes) -> bool:
    """False where the head rules transparency out: JPEG, and PNG of grey or colour without a transparent one."""
    if content.startswith(_PNG):
        return content[25:26] not in (b"\0", b"\2") or b"tRNS" in content[: content.find(b"IDAT")]
    return not content.startswith(_JPEG)


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    for marker, at in jpeg_segments(content):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # start of frame, of whatever coding
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
    return None


def jpeg_segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place (of the length behind it, less two) of a JPEG's segments, up to the start of the picture."""
    position = 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        yield marker, position
        if marker == 0xDA:  # start of scan: the compressed picture follows
            return
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _bmp_size(content: bytes) -> tuple[int, int]:
    if int.from_bytes(content[14:18], "little") == 12:
        return struct.unpack("<HH", content[18:22])
    width, height = struct.unpack("<ii", content[18:26])
    return abs(width), abs(height)


def _tiff_size(content: bytes) -> tuple[int, int] | None:
    order = "<" if content[:2] == b"II" else ">"
    big = content[2:4] in (b"+\0", b"\0+")
    (at,) = struct.unpack(order + "Q", content[8:16]) if big else struct.unpack(order + "I", content[4:8])
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), content, at)
    first, length = (at + 8, 20) if big else (at + 2, 12)
    sides = {}
    for entry in range(first, first + min(count, 1000) * length, length):
        tag, kind = struct.unpack_from(order + "HH", content, entry)
        if tag in (256, 257):
            form = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind)
            if form is None:
                return None
            (sides[tag],) = struct.unpack_from(order + form, content, entry + (12 if big else 8))
    return (sides[256], sides[257]) if len(sides) == 2 else None


def _pnm_size(content: bytes) -> tuple[int, int]:
    words = re.sub(rb"#[^\n]*", b"", content[2:1000]).split()
    return int(words[0]), int(words[1])


def _places(content: bytes, name: bytes) -> Iterator[int]:
    at = content.find(name)
    while at >= 0:
        yield at
        at = content.find(name, at + 4)


def _largest(sizes: Iterator[tuple[int, int]]) -> tuple[int, int] | None:
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _riff_chunks(content: bytes) -> Iterator[tuple[bytes, int]]:
    at = 12
    while at + 8 <= len(content):
        yield content[at : at + 4], at + 8
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2


def _gif_pictures(content: bytes) -> Iterator[int]:
    """Where the pictures of a GIF begin."""
    return (at for at in _gif_blocks(content) if content[at] == 0x2C)


def _gif_blocks(content: bytes) -> Iterator[int]:
    """Where the pictures and extensions of a GIF begin."""
    at = 13 + _palette_bytes(content, 10)
    while at < len(content):
        kind = content[at]
        if kind not in (0x2C, 0x21):
            return
        yield at
        if kind == 0x2C:  # a picture
            at += 10 + _palette_bytes(content, at + 9) + 1
        else:  # an extension
            at += 2
        while at < len(content) and content[at]:  # its blocks
            at += 1 + content[at]
        at += 1


def _palette_bytes(content: bytes, at: int) -> int:
    flags = content[at] if at < len(content) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
