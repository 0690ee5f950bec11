"""Small videos that OpenCV writes, whose frames say their number."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posetune.opencv import cv2

CODECS = {".mp4": "mp4v", ".mov": "mp4v", ".webm": "VP80", ".mkv": "VP80", ".avi": "MJPG"}
#: A frame's number stands in so many squares along its upper edge, black for 0 and white for 1, the lowest bit first.
BITS = 10


def numbered(number: int, width: int = 160, height: int = 96) -> np.ndarray:
    """(height, width, 3) uint8 RGB."""
    frame = np.full((height, width, 3), 90, np.uint8)
    side = width // BITS
    for bit in range(BITS):
        frame[:side, bit * side : (bit + 1) * side] = 255 if number >> bit & 1 else 0
    return frame


def number_of(frame: np.ndarray) -> int:
    """Which number an RGB or grey frame of :func:`numbered` says, of any size."""
    grey = frame if frame.ndim == 2 else frame.mean(axis=2)
    side = grey.shape[1] / BITS
    middle = slice(int(side / 4), int(side * 3 / 4))
    bits = [grey[middle, int((b + 0.3) * side) : int((b + 0.7) * side)].mean() > 127 for b in range(BITS)]
    return sum(1 << b for b, set_ in enumerate(bits) if set_)


def write_clip(path: Path, frames, fps: float = 25.0, codec: str | None = None) -> Path:
    """``frames``: how many numbered ones, or RGB arrays of one size."""
    pictures = [numbered(n) for n in range(frames)] if isinstance(frames, int) else list(frames)
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*(codec or CODECS[path.suffix])), fps, (width, height))
    assert writer.isOpened()
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return path
