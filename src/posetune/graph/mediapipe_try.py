"""Loading a bundle with MediaPipe itself and running it once. In a process of its own: it may abort, and it
talks.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.errors import PosetuneError

_MODES = ("IMAGE", "VIDEO")
_TIMEOUT = 120
_MARK = "posetune-trial:"


@dataclass(frozen=True)
class Trial:
    """What MediaPipe did. ``poses``: how many it found at threshold 0 in noise, where a sound bundle finds
    one.
    """

    version: str
    error: str | None
    poses: int

    @property
    def worked(self) -> bool:
        return self.error is None and self.poses > 0


def try_in_mediapipe(path: str | Path) -> Trial:
    """Run a bundle in MediaPipe's PoseLandmarker, IMAGE and VIDEO mode, with thresholds at 0 so that every
    part of the graph has its turn. Raises PosetuneError if mediapipe is not installed.
    """
    if importlib.util.find_spec("mediapipe") is None:
        raise PosetuneError("Trying needs mediapipe, which is not installed: pip install 'posetune[mediapipe]'.")
    command = [sys.executable, "-m", "posetune.graph.mediapipe_try", str(path)]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return Trial("", f"it did not end within {_TIMEOUT} seconds", 0)
    for line in result.stdout.splitlines():
        if line.startswith(_MARK):
            return Trial(**json.loads(line.removeprefix(_MARK)))
    return Trial("", f"the process ended with code {result.returncode}", 0)


def run_here(path: str) -> Trial:
    """The same in this process."""
    import mediapipe

    # A PoseLandmarker that failed is closed a second time when it is collected, and if that happens while another
    # one closes, MediaPipe 1.2.2 waits for itself for ever. So nothing is collected meanwhile.
    collecting = gc.isenabled()
    gc.disable()
    try:
        poses, error = min(_poses(path, mode) for mode in _MODES), None
    except Exception as reason:  # whatever MediaPipe raises is the answer
        poses, error = 0, _essence(str(reason))
    finally:
        gc.collect()
        if collecting:
            gc.enable()
    return Trial(mediapipe.__version__, error, poses)


def _poses(path: str, mode: str) -> int:
    """The number of poses in noise."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=path),
        running_mode=vision.RunningMode[mode],
        min_pose_detection_confidence=0.0,
        min_pose_presence_confidence=0.0,
        min_tracking_confidence=0.0,
    )
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        result = landmarker.detect(image) if mode == "IMAGE" else landmarker.detect_for_video(image, 0)
    return len(result.pose_landmarks)


def _essence(message: str) -> str:
    """The words that say why, without the names of the graph's nodes."""
    last = message.strip().split('" failed: ')[-1]
    return " ".join(last.split())[:300]


if __name__ == "__main__":
    print(_MARK + json.dumps(run_here(sys.argv[1]).__dict__))
