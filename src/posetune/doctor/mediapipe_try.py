"""Loading a bundle with MediaPipe itself and running it on one picture. In a process of its own: it may abort, and it talks."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError, pip_install

_MODES = ("IMAGE", "VIDEO")
_MARK = "posetune-trial:"
_SECONDS_EACH = 60


@dataclass(frozen=True)
class Trial:
    """What MediaPipe did. ``poses``: how many it found in the picture, in the mode that found fewer, however unlikely the
    landmark network took them for.
    """

    version: str
    error: str | None
    poses: int

    @property
    def worked(self) -> bool:
        return self.error is None and self.poses > 0


def try_in_mediapipe(path: str | Path, picture: np.ndarray) -> Trial:
    """Run a bundle in MediaPipe's PoseLandmarker, IMAGE and VIDEO mode.

    ``picture``: (H, W, 3) uint8 RGB, one person on it whom the detector sees, so that every part of the graph has its
    turn. Raises PosetuneError if mediapipe is not installed.
    """
    return try_all([path], picture)[0]


def try_all(paths: Sequence[str | Path], picture: np.ndarray) -> list[Trial]:
    """The same for several bundles, one after the other in one process; after one that kills it, in another."""
    if importlib.util.find_spec("mediapipe") is None:
        raise PosetuneError(f"Trying needs mediapipe, which is not installed: {pip_install('mediapipe')}.")
    command = [sys.executable, "-m", "posetune.doctor.mediapipe_try", *map(str, paths)]
    seconds = _SECONDS_EACH * (1 + len(paths))
    pixels = io.BytesIO()
    np.save(pixels, picture)
    try:
        result = subprocess.run(command, input=pixels.getvalue(), capture_output=True, check=False, timeout=seconds)
        said, end = result.stdout, f"the process ended with code {result.returncode}"
    except subprocess.TimeoutExpired as error:
        said, end = error.stdout or b"", f"it did not end within {seconds} seconds"
    output = said.decode("utf-8", "replace")
    lines = [line.removeprefix(_MARK) for line in output.splitlines() if line.startswith(_MARK)]
    trials = [Trial(**json.loads(line)) for line in lines]
    if len(trials) == len(paths):
        return trials
    rest = paths[len(trials) + 1 :]
    return [*trials, Trial("", end, 0), *(try_all(rest, picture) if rest else [])]


# PoseLandmarkers live until the process ends. One that failed is closed once more when it is collected, and MediaPipe
# 1.2.2 may then wait for itself for ever.
_alive: list[Any] = []


def _try_here(path: str, picture: np.ndarray) -> Trial:
    import mediapipe

    try:
        poses = min(_poses(path, mode, picture) for mode in _MODES)
    except Exception as error:  # whatever MediaPipe raises is the answer
        return Trial(mediapipe.__version__, _essence(str(error)), 0)
    return Trial(mediapipe.__version__, None, poses)


def _poses(path: str, mode: str, picture: np.ndarray) -> int:
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=path),
        running_mode=vision.RunningMode[mode],
        # The other thresholds stay: at a detection confidence of 0, VIDEO mode looks at the crop of any of the thousands of
        # boxes, and a good network rightly sees nobody in that.
        min_pose_presence_confidence=0.0,
    )
    landmarker = vision.PoseLandmarker.create_from_options(options)
    _alive.append(landmarker)
    result = landmarker.detect(image) if mode == "IMAGE" else landmarker.detect_for_video(image, 0)
    landmarker.close()
    return len(result.pose_landmarks)


def _essence(message: str) -> str:
    """The words that say why, without the names of the graph's nodes."""
    last = message.strip().split('" failed: ')[-1]
    return " ".join(last.split())[:300]


if __name__ == "__main__":
    given = np.load(io.BytesIO(sys.stdin.buffer.read()))
    for argument in sys.argv[1:]:
        print(_MARK + json.dumps(asdict(_try_here(argument, given))), flush=True)
    os._exit(0)
