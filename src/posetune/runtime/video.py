"""Video files: frames in, frames out, through OpenCV."""

from __future__ import annotations

import errno
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from posetune.errors import PosetuneError
from posetune.opencv import cv2

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts", ".3gp"})
_DEFAULT_FPS = 30.0
#: This many frames in a row that cannot be decoded are the end.
_ATTEMPTS = 30

#: With less than this free, writing a video stops: OpenCV itself goes on without a word that one could catch.
_MIN_FREE_BYTES = 200_000


class Frame(NamedTuple):
    """A frame of a video: ``rgb`` (H, W, 3) uint8 and the time at which it is shown, ``seconds``."""

    rgb: np.ndarray
    seconds: float


class VideoReader:
    """The frames of a video file as RGB (H, W, 3) uint8, turned as the file says."""

    def __init__(self, path: str | Path) -> None:
        """Raises PosetuneError if there is no such file or its first frame cannot be read."""
        self.path = Path(path)
        if not self.path.is_file():
            raise PosetuneError(f"Cannot read the video {path}: No such file.")
        self._capture = cv2.VideoCapture(str(path))
        opened, first = self._capture.read() if self._capture.isOpened() else (False, None)
        if not opened or first is None:
            self._capture.release()
            raise PosetuneError(
                f"Cannot read {path} as a video: it is damaged, empty, or of a kind that OpenCV does not "
                "read; convert it to MP4 (H.264)."
            )
        self._first: np.ndarray | None = first
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        #: Frames a second; 30 where the file does not say.
        self.fps: float = fps if np.isfinite(fps) and 0 < fps <= 1000 else _DEFAULT_FPS
        declared = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        #: How many frames the file says it has; None where it does not say. Off by a few in some files.
        self.declared_frames: int | None = int(declared) if np.isfinite(declared) and declared > 0 else None
        self.height, self.width = first.shape[:2]
        #: How many frames could not be decoded so far; those after them were.
        self.damaged = 0

    def __iter__(self) -> Iterator[np.ndarray]:
        """The frames, once."""
        for frame in self.frames():
            yield frame.rgb

    def frames(self) -> Iterator[Frame]:
        """The frames with their times, once; the times of a file without usable ones follow from its frame rate."""
        bgr, self._first = self._first, None
        seconds, before = self._shown_at(), -math.inf
        while bgr is not None:
            if not seconds > before:  # missing or broken time stamps
                seconds = before + 1 / self.fps
            yield Frame(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), seconds)
            bgr = self._next()
            seconds, before = self._shown_at(), seconds
        self._capture.release()

    def _next(self) -> np.ndarray | None:
        """The next frame (BGR) that can be decoded. OpenCV tells a damaged one from the end by nothing, so it is asked
        again.
        """
        for failures in range(_ATTEMPTS):
            read, bgr = self._capture.read()
            if read and bgr is not None:
                self.damaged += failures
                return bgr
        return None

    def _shown_at(self) -> float:
        """When the frame read last is shown, seconds."""
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000


class VideoWriter:
    """Writes frames into an .mp4; made by :func:`writing_video`."""

    def __init__(self, path: Path, fps: float, width: int, height: int) -> None:
        self._folder, self._size = path.parent, (width, height)
        self._writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
        if not self._writer.isOpened():
            raise PosetuneError(f"OpenCV cannot write MP4 video of {width}×{height} px here: use --frames.")
        self.count = 0

    def write(self, rgb: np.ndarray) -> None:
        """Add one frame, (H, W, 3) uint8 RGB; of another size than named at the beginning it is stretched to that."""
        if shutil.disk_usage(self._folder).free < _MIN_FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if rgb.shape[1::-1] != self._size:  # OpenCV would drop it without a word
            rgb = cv2.resize(rgb, self._size, interpolation=cv2.INTER_AREA)
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        self.count += 1

    def close(self) -> None:
        self._writer.release()


@contextmanager
def writing_video(path: str | Path, fps: float, width: int, height: int) -> Iterator[VideoWriter]:
    """Write ``path`` (.mp4) atomically: it appears when the block has ended well, whole, or not at all."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # OpenCV chooses the container by the suffix, so the temporary file must have the real one.
        with tempfile.TemporaryDirectory(prefix=f".{path.stem[:40]}-", dir=path.parent) as folder:
            part = Path(folder) / "part.mp4"
            writer = VideoWriter(part, fps, width, height)
            try:
                yield writer
            finally:
                writer.close()
            check = cv2.VideoCapture(str(part))  # OpenCV does not say when the disk is full
            complete = check.get(cv2.CAP_PROP_FRAME_COUNT) >= writer.count
            check.release()
            if not complete:
                raise PosetuneError(f"Cannot write {path} whole: is the disk full? Free some space.")
            os.replace(part, path)
    except OSError as error:
        raise PosetuneError(
            f"Cannot write {path}: {error.strerror or error}. Free some space or choose another place."
        ) from error
