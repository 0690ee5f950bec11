"""A ``.task`` bundle: a ZIP with the detector and the landmark network, laid out for MediaPipe to map.

MediaPipe Tasks reads the members in place, so they must be stored, not deflated, and aligned.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import ZIP_ERRORS, read_bytes

DETECTOR_MEMBER = "pose_detector.tflite"
LANDMARKS_MEMBER = "pose_landmarks_detector.tflite"
ALIGNMENT = 64
# Any moment will do, as long as the same networks give the same bytes; 1980 is where ZIP's calendar starts.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_LOCAL_HEADER_BYTES = 30
_ALIGNMENT_EXTRA_ID = 0xD935  # the extra field that Android's zipalign writes: alignment, then padding


@dataclass(frozen=True)
class Bundle:
    """The two networks of a bundle, as bytes."""

    detector: bytes
    landmarks: bytes


def pack(landmarks: bytes, detector: bytes) -> bytes:
    """The ``.task`` of two networks that carry their metadata already. Same networks, same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in ((DETECTOR_MEMBER, detector), (LANDMARKS_MEMBER, landmarks)):
            info = zipfile.ZipInfo(name, _TIMESTAMP)
            info.create_system = 3  # the same bytes on every platform
            info.external_attr = 0o644 << 16
            header = stream.tell() + _LOCAL_HEADER_BYTES + len(name.encode()) + 6
            padding = -header % ALIGNMENT
            info.extra = struct.pack("<HHH", _ALIGNMENT_EXTRA_ID, 2 + padding, ALIGNMENT) + bytes(padding)
            archive.writestr(info, content)
    return stream.getvalue()


def unpack(source: bytes | str | Path, name: str | None = None) -> Bundle:
    """The two networks of a ``.task`` (bytes or a path), whatever the storage of its members.

    Raises PosetuneError if it is no ZIP, is damaged, or lacks a member. What MediaPipe would say of it is
    another question: see ``doctor``.
    """
    if isinstance(source, bytes):
        content, name = source, name or "the bundle"
    else:
        name = name or str(source)
        content = read_bytes(source)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            missing = {DETECTOR_MEMBER, LANDMARKS_MEMBER} - set(archive.namelist())
            if missing:
                raise PosetuneError(
                    f"{name} is a ZIP but not a pose bundle: it holds no {' and no '.join(sorted(missing))}."
                )
            return Bundle(archive.read(DETECTOR_MEMBER), archive.read(LANDMARKS_MEMBER))
    except ZIP_ERRORS as error:
        raise PosetuneError(f"{name} is not a readable .task bundle: {error}.") from error
