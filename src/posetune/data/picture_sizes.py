"""How large the picture in an image file is, and how it is turned, from the head of the file: sets have 100,000 images."""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.errors import PosetuneError
from posetune.runtime.image_header import image_size, jpeg_segments
from posetune.runtime.images import read_image

#: So much of a file holds the head of nearly every image; of the others (a colour profile, a preview) all is read.
_HEAD = 65_536
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class PictureSize:
    """``width``, ``height``: of the picture as ``read_image`` gives it, px. ``orientation``: EXIF's 1…8, how the stored picture
    is turned and mirrored to be shown; 1: not at all.
    """

    width: int
    height: int
    orientation: int = 1

    @property
    def stored(self) -> tuple[int, int]:
        """(width, height) before it is turned."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def picture_size(path: Path) -> PictureSize | None:
    """The size of the picture in a file; None where there is no such file, or it is damaged. Read once for each state of a
    file in a process.
    """
    try:
        stat = path.stat()
    except OSError:
        return None
    return _size(str(path), stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=300_000)
def _size(path: str, size: int, _changed: int) -> PictureSize | None:
    try:
        with open(path, "rb") as file:
            content = file.read(_HEAD)
            if size > _HEAD and not _head_is_whole(content):
                content += file.read()
    except OSError:
        return None
    stored = image_size(content)
    if stored is None or min(stored) < 1:
        try:  # of a kind whose head is not known here
            height, width = read_image(path).shape[:2]
        except PosetuneError:
            return None
        return PictureSize(width, height)
    orientation = orientation_of(content)
    width, height = stored[::-1] if orientation >= 5 else stored
    return PictureSize(width, height, orientation)


def _head_is_whole(content: bytes) -> bool:
    """Whether size and orientation stand in this beginning of a file."""
    if content[:2] == b"\xff\xd8":
        return any(marker == 0xDA for marker, _ in jpeg_segments(content))
    if content[:4] == b"\x89PNG":
        return b"IDAT" in content
    if content[:4] == b"RIFF":
        return not (content[12:16] == b"VP8X" and content[20] & 8)  # its EXIF stands behind the picture
    return content[:2] not in (b"II", b"MM")


def orientation_of(content: bytes) -> int:
    """EXIF's orientation, 1…8, of JPEG, PNG, WebP and TIFF; 1 where none is given."""
    try:
        exif = _exif(content)
        return _tag(exif, _ORIENTATION) if exif is not None else 1
    except (struct.error, IndexError):  # damaged: OpenCV ignores it, too
        return 1


def _exif(content: bytes) -> bytes | None:
    if content[:2] == b"\xff\xd8":
        for marker, at in jpeg_segments(content):
            if marker == 0xE1 and content[at + 4 : at + 10] == b"Exif\0\0":
                return content[at + 10 : at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")]
    elif content[:4] == b"\x89PNG":
        at = content.find(b"eXIf", 8)
        return content[at + 4 : at + 4 + int.from_bytes(content[at - 4 : at], "big")] if at > 0 else None
    elif content[:4] == b"RIFF" and content[12:16] == b"VP8X" and content[20] & 8:
        at = content.rfind(b"EXIF")
        exif = content[at + 8 :]
        return exif[6:] if exif[:6] == b"Exif\0\0" else exif
    elif content[:4] in (b"II*\0", b"MM\0*"):
        return content
    return None


def _tag(tiff: bytes, wanted: int) -> int:
    order = "<" if tiff[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, _, _, value = struct.unpack_from(order + "HHIH", tiff, entry)
        if tag == wanted:
            return value if 1 <= value <= 8 else 1
    return 1


def to_shown(orientation: int, width: int, height: int) -> np.ndarray:
    """(2, 3) matrix from px of the stored picture, ``width`` × ``height``, to px of the picture as it is shown."""
    return np.array({
        1: [[1, 0, 0], [0, 1, 0]],
        2: [[-1, 0, width], [0, 1, 0]],
        3: [[-1, 0, width], [0, -1, height]],
        4: [[1, 0, 0], [0, -1, height]],
        5: [[0, 1, 0], [1, 0, 0]],
        6: [[0, -1, height], [1, 0, 0]],
        7: [[0, -1, height], [-1, 0, width]],
        8: [[0, 1, 0], [-1, 0, width]],
    }[orientation], float)  # fmt: skip
