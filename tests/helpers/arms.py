"""A small clip of a drawn person who lifts the arms, stands still for a while, and of an empty room."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.helpers.clips import write_clip
from tests.helpers.figures import draw_person, room

SIZE = (240, 320)


def moving(count: int, x: float = 120.0) -> list[np.ndarray]:
    """``count`` frames in which the arms go up."""
    return [draw_person(room(*SIZE), (x, 170), 0.42, arms=0.2 + 2.2 * i / max(count - 1, 1)) for i in range(count)]


def clip_of_arms(path: Path, frames: int = 12, still: int = 12, fps: float = 10.0) -> Path:
    pictures = moving(frames)
    return write_clip(path, [*pictures, *([pictures[-1]] * still)], fps)


def clip_of_nobody(path: Path, frames: int = 8) -> Path:
    return write_clip(path, [room(*SIZE)] * frames, 10.0)
