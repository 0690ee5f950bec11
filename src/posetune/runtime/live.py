"""Cameras and streams: always the newest frame, so that what is shown does not fall behind."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Generator
from urllib.parse import urlsplit

import numpy as np

from posetune.errors import PosetuneError
from posetune.opencv import cv2
from posetune.runtime.video import Frame

_URL = re.compile(r"(rtsps?|rtmps?|rtp|udp|srt|tcp|https?|mms)://", re.IGNORECASE)
#: So long is waited for a stream to open, and for its next frame, seconds.
_PATIENCE = 10.0


def is_live(source: str) -> bool:
    """Whether this names a camera ("0") or a stream ("rtsp://…"); a name with a colon alone does not."""
    return (source.isascii() and source.isdigit()) or bool(_URL.match(source))


class LiveSource:
    """The frames of a camera or a stream, as RGB (H, W, 3) uint8; those that nobody had time for are passed over."""

    def __init__(self, source: str | int) -> None:
        """``source``: a camera's number, from 0, or the URL of a stream. Raises PosetuneError if it gives no picture."""
        self.name = name_of(source)
        text = str(source)
        if text.isdigit():
            self._capture = cv2.VideoCapture(int(text))
            hint = "Is it plugged in, free, and allowed to this program?"
        elif not text.isascii() or not text.isprintable():  # OpenCV dies of names that are no UTF-8
            raise PosetuneError("The address of a stream has letters that no address has: write them as %XX.")
        else:
            patience = int(_PATIENCE * 1000)
            options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience, cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience]
            self._capture = cv2.VideoCapture(text, cv2.CAP_FFMPEG, options)
            hint = "Is the address right, and the stream running? (HLS playlists: save the video, or set "
            hint += "OPENCV_FFMPEG_CAPTURE_OPTIONS to a format_whitelist with hls.)"
        read, bgr = self._capture.read() if self._capture.isOpened() else (False, None)
        if not read or bgr is None:
            self._capture.release()
            raise PosetuneError(f"{self.name} gives no picture. {hint}")
        self.height, self.width = bgr.shape[:2]
        self._newest: np.ndarray | None = bgr
        self._at = self._begun = time.monotonic()
        self._fresh = threading.Condition()
        self._ended = self._closing = False
        #: How many frames were passed over.
        self.dropped = 0

    def frames(self) -> Generator[Frame, None, None]:
        """The newest frame each time one is asked for, with the seconds since the first, until the source ends."""
        thread = threading.Thread(target=self._keep_reading, name="posetune-live", daemon=True)
        thread.start()
        try:
            before = -1.0
            while True:
                with self._fresh:
                    while self._newest is None and not self._ended:
                        self._fresh.wait(0.1)
                    bgr, at, self._newest = self._newest, self._at - self._begun, None
                if bgr is None:
                    return
                before = max(at, before + 1e-4)
                yield Frame(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), before)
        finally:
            self._closing = True
            thread.join(timeout=1)

    def _keep_reading(self) -> None:
        while not self._closing:
            read, bgr = self._capture.read()
            with self._fresh:
                if not read or bgr is None:
                    self._ended = True
                else:
                    self.dropped += self._newest is not None
                    self._newest, self._at = bgr, time.monotonic()
                self._fresh.notify()
            if self._ended:
                break
        self._capture.release()


def name_of(source: str | int) -> str:
    """What a source is called in results and messages: without a password."""
    text = str(source)
    if text.isdigit():
        return f"camera {text}"
    parts = urlsplit(text)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
