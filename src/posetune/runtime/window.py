"""A window that shows what is found, where there is a screen."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from posetune.errors import PosetuneError
from posetune.opencv import cv2, installed_wheels

_TITLE = "posetune: q ends"
_LARGEST = 1280  # px, the longer side of a picture in the window
_ENDS = (ord("q"), 27)
_TRY = "import cv2; cv2.namedWindow('posetune'); cv2.destroyAllWindows()"


class Window:
    """A window on the screen. Only the main thread may use it."""

    def __init__(self) -> None:
        """Raises PosetuneError where there is no screen, or an OpenCV without windows."""
        if _without_windows():
            raise PosetuneError(
                f"--show needs an OpenCV with windows, and {', '.join(installed_wheels()) or 'this one'} has none: uninstall it, "
                "then pip install 'opencv-contrib-python>=4.12,<5'; or leave out --show."
            )
        if not _has_screen():
            raise PosetuneError(
                "--show needs a screen, and there is none here: leave it out, and look at the overlays."
            )

    def show(self, rgb: np.ndarray) -> bool:
        """Show (H, W, 3) uint8 RGB. False once the user closed the window, or pressed q or Esc."""
        scale = _LARGEST / max(rgb.shape[:2])
        if scale < 1:
            rgb = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cv2.imshow(_TITLE, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        if cv2.waitKey(1) & 0xFF in _ENDS:
            return False
        return bool(cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) >= 1)

    def close(self) -> None:
        """Close it."""
        cv2.destroyAllWindows()


def _without_windows() -> bool:
    lines = cv2.getBuildInformation().splitlines()
    return any(line.strip().startswith("GUI:") and "NONE" in line for line in lines)


def _has_screen() -> bool:
    """Whether a window opens. Asked of a process of its own: without a screen, Qt ends the one that asks."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    if not sys.platform.startswith("linux"):
        return True
    try:
        return (
            subprocess.run([sys.executable, "-c", _TRY], capture_output=True, timeout=20, check=False).returncode == 0
        )
    except subprocess.TimeoutExpired:
        return False
