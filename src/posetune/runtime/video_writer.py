"""Videos out, in a form that browsers play where this OpenCV can write one: H.264 in MP4, else VP8 in WebM."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from posetune.errors import PosetuneError
from posetune.opencv import cv2
from posetune.runtime.video import name_in_utf8, packets_of

#: By suffix, best first; what OpenCV's wheels have varies. MPEG-4 part 2 ("mp4v") is in all of them and in no browser.
_CODECS = {".mp4": ("avc1", "mp4v"), ".webm": ("VP80",)}
#: With less than this free, writing a video stops: OpenCV itself goes on without a word that one could catch.
_MIN_FREE_BYTES = 200_000


def suffix_for_browsers(width: int, height: int) -> str:
    """ ".mp4" where H.264 can be written, else ".webm" (VP8); ".mp4" where neither can, which then no browser plays."""
    odd = width % 2, height % 2  # some encoders of H.264 take even sides alone
    if not _can_write("avc1", ".mp4", *odd) and _can_write("VP80", ".webm", *odd):
        return ".webm"
    return ".mp4"


@cache
def _can_write(codec: str, suffix: str, odd_width: int, odd_height: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="posetune-") as folder:
        writer = _open(Path(folder) / f"try{suffix}", codec, 30.0, (256 + odd_width, 256 + odd_height))
        opened = writer.isOpened()
        writer.release()
        return bool(opened)


def _open(path: Path, codec: str, fps: float, size: tuple[int, int]) -> cv2.VideoWriter:
    with _without_remarks(), name_in_utf8(path) as name:
        return cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*codec), fps, size)


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep OpenCV's and FFmpeg's remarks on codecs that are not there off standard error; they know no switch for all."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class VideoWriter:
    """Writes frames into a video; made by :func:`writing_video`."""

    def __init__(self, path: Path, fps: float, width: int, height: int) -> None:
        self._folder, self._size = path.parent, (width, height)
        self._fps = fps
        odd = width % 2, height % 2
        codecs = _CODECS.get(path.suffix, ("mp4v",))
        codec = next((c for c in codecs if _can_write(c, path.suffix, *odd)), codecs[-1])
        self._writer = _open(path, codec, fps, self._size)
        if not self._writer.isOpened():
            raise PosetuneError(f"OpenCV cannot write video of {width}×{height} px here: use --frames.")
        self.count = 0

    def write(self, rgb: np.ndarray) -> None:
        """Add one frame, (H, W, 3) uint8 RGB; of another size than named at the beginning it is stretched to that."""
        if shutil.disk_usage(self._folder).free < _MIN_FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if rgb.shape[1::-1] != self._size:  # OpenCV would drop it without a word
            rgb = cv2.resize(rgb, self._size, interpolation=cv2.INTER_AREA)
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        self.count += 1

    def write_until(self, rgb: np.ndarray, seconds: float) -> None:
        """Add a frame as often as it takes to come to ``seconds``: of a live source, whose frames come as they may."""
        while self.count <= seconds * self._fps:
            self.write(rgb)

    def close(self) -> None:
        self._writer.release()


@contextmanager
def writing_video(
    path: str | Path, fps: float, width: int, height: int, remark: bytes | None = None
) -> Iterator[VideoWriter]:
    """Write ``path`` (.mp4 or .webm) atomically: it appears when the block has ended well, whole, or not at all.

    ``remark``: bytes to stand at the end of the file, where no player looks.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # OpenCV chooses the container by the suffix, so the temporary file must have the real one.
        with tempfile.TemporaryDirectory(prefix=".posetune-", dir=path.parent) as folder:
            part = Path(folder) / f"part{path.suffix}"
            writer = VideoWriter(part, fps, width, height)
            try:
                yield writer
            finally:
                with contextlib.suppress(cv2.error):
                    writer.close()
            packets = packets_of(part)  # OpenCV does not say when the disk is full
            if packets is not None and packets.count < writer.count:
                raise PosetuneError(f"Cannot write {path} whole: is the disk full? Free some space.")
            if remark:
                with part.open("ab") as file:
                    file.write(_trailing_box(path.suffix, remark))
            os.replace(part, path)
    except OSError as error:
        raise PosetuneError(
            f"Cannot write {path}: {error.strerror or error}. Free some space or choose another place."
        ) from error


def _trailing_box(suffix: str, content: bytes) -> bytes:
    """``content`` as what a player passes over: MP4's "free" box, Matroska's Void element."""
    if suffix == ".webm":
        return b"\xec" + bytes([0x80 | len(content)]) + content
    return (len(content) + 8).to_bytes(4, "big") + b"free" + content
