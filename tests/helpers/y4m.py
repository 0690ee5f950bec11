"""Clips that Chromium takes for a camera."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np


def write_y4m(path: Path, frames: Iterable[np.ndarray], fps: int = 30) -> None:
    """``frames``: (H, W, 3) uint8 RGB each, of one size with even sides. Chromium begins anew where the clip ends."""
    frames = list(frames)
    height, width = frames[0].shape[:2]
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames:
            file.write(b"FRAME\n" + cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes())
