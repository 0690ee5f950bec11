"""Video files in: frames with their times, through OpenCV, and whether all of the file was there."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from posetune.errors import PosetuneError
from posetune.opencv import cv2, max_pixels
from posetune.runtime.container import Packets, claimed_bytes, track_of
from posetune.runtime.image_header import frame_count, image_size, is_untimed_gif

_DEFAULT_FPS = 30.0
_UNTIMED_MS = 100.0
#: This many frames in a row that cannot be decoded are the end.
ATTEMPTS = 30
#: A video whose frames end before this part of the time that they should last is damaged, not merely miscounted.
_COMPLETE = 0.9
#: A header's frame rate that is farther from the pictures' own than this is not believed.
_RATE_TOLERANCE = 0.04


class Frame(NamedTuple):
    """A frame of a video: ``rgb`` (H, W, 3) uint8 and the time at which it is shown, ``seconds``."""

    rgb: np.ndarray
    seconds: float


class _Source(Protocol):
    """What cv2.VideoCapture gives, as far as it is used here."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, np.ndarray | None]: ...
    def get(self, property: int) -> float: ...
    def release(self) -> None: ...


class VideoReader:
    """The frames of a video file, or of an animated GIF, WebP or PNG, as RGB (H, W, 3) uint8, turned as the file says."""

    def __init__(self, path: str | Path) -> None:
        """Raises PosetuneError if there is no such file or its first frame cannot be read."""
        self.path = Path(path)
        if not self.path.is_file():
            raise PosetuneError(f"Cannot read the video {path}: No such file.")
        self._capture = open_video(self.path)
        declared_size = [self._capture.get(side) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
        if math.prod(declared_size) > max_pixels():
            self._capture.release()
            raise PosetuneError(
                f"The video {path} claims frames of {declared_size[0]:.0f}×{declared_size[1]:.0f} pixels, more than the "
                f"{max_pixels() // 1_000_000} million that are read: shrink it, or set OPENCV_IO_MAX_IMAGE_PIXELS higher if "
                "you trust it."
            )
        opened, first = self._capture.read() if self._capture.isOpened() else (False, None)
        if not opened or first is None:
            self._capture.release()
            raise PosetuneError(
                f"Cannot read {path} as a video: it is damaged, empty, or of a kind that OpenCV does not "
                "read; convert it to MP4 (H.264)."
            )
        self._first: np.ndarray | None = first
        declared = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        #: How many frames the file says it has; None where it does not say. Some count what they do not show.
        self.declared_frames: int | None = int(declared) if 0 < declared < 1e12 else None
        self._declared_fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.height, self.width = first.shape[:2]
        #: How many frames could not be decoded so far; those after them were.
        self.damaged = 0
        #: How many frames were read so far, and when the last of them is shown, seconds.
        self.count, self.last = 0, 0.0

    @cached_property
    def fps(self) -> float:
        """Frames a second: as the header says, unless its pictures tell otherwise (their mean rate); 30 where neither does."""
        declared = self._declared_fps
        known = math.isfinite(declared) and 0 < declared <= 1000
        measured = None if self._packets is None else self._packets.fps
        if measured is None or measured > 1000:
            return declared if known else _DEFAULT_FPS
        # Twice the rate: the two halves of interlaced frames, each a picture of its own in the file.
        if known and any(abs(measured - declared * n) <= _RATE_TOLERANCE * declared * n for n in (1, 2)):
            return declared
        return measured

    @property
    def expected_frames(self) -> int | None:
        """How many frames there should be: what the header says, at the rate that the frames have; None where it is silent."""
        if self.declared_frames is None or not self._declared_fps > 0:
            return self.declared_frames
        return round(self.declared_frames * self.fps / self._declared_fps)

    @cached_property
    def _packets(self) -> Packets | None:
        return None if isinstance(self._capture, _Animation) else packets_of(self.path)

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
            self.count, self.last = self.count + 1, seconds
            yield Frame(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), seconds)
            bgr = self._next()
            seconds, before = self._shown_at(), seconds
        self._capture.release()

    def shortfall(self) -> str | None:
        """What is missing, in words, where the frames have come to their end too early; None where all was there.

        Certain alone is said: that the file is shorter than it says of itself, or holds pictures that could not be decoded.
        """
        until = self.last + 1 / self.fps
        packets = self._packets
        if packets is None:  # a moving image, or an OpenCV without FFmpeg
            few = self.declared_frames and self.count < _COMPLETE * self.declared_frames
            return f"the results hold {self.count} of its {self.declared_frames} frames" if few else None
        claimed, there = claimed_bytes(self.path), self.path.stat().st_size
        announced = (self.declared_frames or 0) / self._declared_fps if self._declared_fps > 0 else 0.0
        if claimed is not None and there < claimed:
            if announced and until < _COMPLETE * announced:
                return f"the results hold {self.count} of its {self.declared_frames} frames"
            if not announced and there < _COMPLETE * claimed:
                return f"{there:,} of its {claimed:,} bytes are there"
        track = track_of(self.path)
        if track.samples and packets.count < _COMPLETE * track.samples:
            return f"the results hold {self.count} of its {track.samples} frames"
        expected = min(packets.last - track.lead + 1 / self.fps, track.seconds)
        if until < _COMPLETE * expected:
            return f"its frames can be read up to {until:.1f} of {expected:.1f} s"
        return None

    def _next(self) -> np.ndarray | None:
        """The next frame (BGR) that can be decoded. OpenCV tells a damaged one from the end by nothing, so it is asked
        again.
        """
        for failures in range(ATTEMPTS):
            read, bgr = self._capture.read()
            if read and bgr is not None:
                self.damaged += failures
                return bgr
        return None

    def _shown_at(self) -> float:
        """When the frame read last is shown, seconds."""
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000


def open_video(path: Path, *, raw: bool = False) -> _Source:
    """A video file opened; whether that went well is for the caller to ask. ``raw``: for its packets, nothing is decoded.

    Always as a file: never as a URL, a camera, or a pattern of numbered images, whatever its name looks like.
    """
    if not raw and _moves_as_image(path):
        return _Animation(path)
    options = [cv2.CAP_PROP_FORMAT, -1] if raw else []
    backend = cv2.CAP_FFMPEG if has_ffmpeg() else cv2.CAP_ANY
    with name_in_utf8(path) as name:  # which is enough while opening
        return cv2.VideoCapture(name, backend, options)


@contextmanager
def name_in_utf8(path: Path) -> Iterator[str]:
    """The absolute name of a file; for one that is no UTF-8, of which OpenCV dies, a link to it that is."""
    whole = os.path.abspath(path)
    try:
        whole.encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory(prefix="posetune-") as folder:
            link = Path(folder) / f"video{path.suffix if path.suffix.isascii() else ''}"
            link.symlink_to(whole)
            yield str(link)
    else:
        yield whole


@cache
def has_ffmpeg() -> bool:
    """Whether this OpenCV reads videos by FFmpeg, as all its wheels do."""
    return cv2.CAP_FFMPEG in cv2.videoio_registry.getStreamBackends()


def packets_of(path: Path) -> Packets | None:
    """The compressed pictures of a video, counted without decoding; None where this OpenCV cannot, or there are none."""
    if not has_ffmpeg():
        return None
    count, first, last = 0, math.inf, -math.inf
    for at in packet_times(path):
        count, first, last = count + 1, min(first, at), max(last, at)
    return Packets(count, first, last) if count else None


def packet_times(path: Path) -> Iterator[float]:
    """When the compressed pictures of a video are shown, seconds, in the order of the file, which may be another; by FFmpeg."""
    capture = open_video(path, raw=True)
    try:
        while capture.isOpened() and capture.grab():  # type: ignore[attr-defined]
            yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    finally:
        capture.release()


def _moves_as_image(path: Path) -> bool:
    """Whether this is a moving image that FFmpeg does not read: WebP, a GIF that does not say how long it shows a picture (FFmpeg
    gives one alone), and PNG and any GIF where there is no FFmpeg.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if head[:3] == b"GIF" and is_untimed_gif(head + file.read()):
            return True
        kinds = [head[8:12] == b"WEBP", head[4:12] == b"ftypavis"]
        kinds += [] if has_ffmpeg() else [head[:3] == b"GIF", head[:4] == b"\x89PNG"]
    return any(kinds)


class _Animation:
    """A moving image through OpenCV's image decoders, as if it were a cv2.VideoCapture; a few frames are held at a time."""

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()
        width, height = image_size(self._content) or (0, 0)
        self._size = width, height
        self._chunk = max(1, min(64, 2**26 // max(1, width * height)))
        # An AVIF does not count its pictures in the head: they are read until there are no more.
        # Viewers show a picture that says no time for so long.
        self._pace = _UNTIMED_MS if is_untimed_gif(self._content) else None
        self._total = None if self._content[4:12] == b"ftypavis" else frame_count(self._content)
        self._frames: list[np.ndarray] = []
        self._durations: list[float] = []
        self._read = 0
        self._at, self._shown = 0.0, 0.0

    def isOpened(self) -> bool:
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        if not self._frames and (self._total is None or self._total > self._read):
            buffer = np.frombuffer(self._content, np.uint8).reshape(1, -1)
            try:
                done, animation = cv2.imdecodeanimation(buffer, self._read, self._chunk)
            except (cv2.error, MemoryError):
                return False, None
            if not done:
                return False, None
            self._frames = list(animation.frames)
            self._durations = [float(d) for d in np.ravel(animation.durations)]
        if not self._frames:
            return False, None
        frame = self._frames.pop(0)
        self._read += 1
        self._shown = self._at
        duration = self._durations.pop(0) if self._durations else 0
        self._at += self._pace or duration or 1000 / _DEFAULT_FPS
        return True, cv2.cvtColor(frame, cv2.COLOR_BGRA2BGR) if frame.shape[2] == 4 else frame

    def get(self, property: int) -> float:
        return {
            cv2.CAP_PROP_POS_MSEC: self._shown,
            cv2.CAP_PROP_FRAME_COUNT: self._total or 0,
            cv2.CAP_PROP_FPS: 1000 * self._read / self._at if self._at else 0.0,
            cv2.CAP_PROP_FRAME_WIDTH: self._size[0],
            cv2.CAP_PROP_FRAME_HEIGHT: self._size[1],
        }.get(property, 0.0)

    def release(self) -> None:
        self._frames = []
