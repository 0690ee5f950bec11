"""One system under measurement, in a process of its own: it gets nothing but its files, and its memory is its own.

The parent (``measure.bench``) starts it with a JSON of ``Spec``'s fields as only argument. It makes ready, takes its first
step, says so, and then takes as many steps as each line on stdin asks for and answers with the seconds they took.
At the end of stdin it says its peak memory. Every answer is one line of JSON on stdout.

Nothing is imported here that a user of the system would not import: start-up is measured too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Steps = Callable[[int], None]


@dataclass(frozen=True)
class Spec:
    """``system``: "mediapipe", "posetune" or "sgemm"; ``mode``: one of bench.MODES. ``landmarks``, ``detector``,
    ``task``: files. ``pictures``: image files, in order; in mode "video" the frames of a clip. ``backend``: what
    runs posetune's networks.
    """

    system: str
    mode: str
    threads: int
    landmarks: str = ""
    detector: str = ""
    task: str = ""
    pictures: tuple[str, ...] = ()
    backend: str = "litert"


def main() -> None:
    """Serve one parent."""
    spec = Spec(**json.loads(sys.argv[1]))
    steps = _SYSTEMS[spec.system](spec)
    steps(1)
    _say({"ready": True})
    for line in sys.stdin:
        count = int(line)
        begun = time.perf_counter()
        steps(count)
        _say({"seconds": time.perf_counter() - begun})
    _say({"peak_mb": peak_mb()})


def peak_mb() -> float | None:
    """The most memory that this process has held, MB; None where the system does not tell."""
    if sys.platform == "linux":  # getrusage would count the parent's memory at the moment of starting this process
        with open("/proc/self/status") as status:
            return next((int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM:")), None)
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (1e6 if sys.platform == "darwin" else 1e3)  # macOS counts bytes, others kB


def _say(answer: dict[str, Any]) -> None:
    sys.__stdout__.write(json.dumps(answer) + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


def _network(content: bytes, threads: int, backend: str) -> Steps:
    import numpy as np

    from posetune.backends.open import open_network

    network = open_network(content, threads, backend=backend)
    image = np.random.default_rng(0).random((network.size, network.size, 3), dtype=np.float32)

    def steps(count: int) -> None:
        for _ in range(count):
            network.run(image)

    return steps


def _posetune(spec: Spec) -> Steps:
    landmarks, detector = _read(spec.landmarks), _read(spec.detector)
    if spec.mode == "network":
        from posetune.graph.trim import without_segmentation

        return _network(without_segmentation(landmarks), spec.threads, spec.backend)
    from posetune.runtime.images import read_image
    from posetune.runtime.landmarker import Landmarker

    if spec.mode == "image":  # as posetune predict goes through a folder: several landmarkers of one thread each
        workers = [Landmarker(landmarks, detector, threads=1, backend=spec.backend) for _ in range(spec.threads)]
        return _folder(spec.pictures, workers, lambda worker, path: worker.predict(read_image(path), max_people=1))
    landmarker = Landmarker(landmarks, detector, threads=spec.threads, backend=spec.backend)
    if spec.mode == "cold_start":
        return _over(spec.pictures, lambda path: landmarker.predict(read_image(path), max_people=1))
    from posetune.runtime.track import Tracker

    tracker = Tracker(landmarker, max_people=1)
    return _film([read_image(path) for path in spec.pictures], tracker)


def _mediapipe(spec: Spec) -> Steps:
    if spec.mode == "network":
        return _network(_read(spec.landmarks), spec.threads, "litert")
    import mediapipe as mp

    vision = mp.tasks.vision
    mode = vision.RunningMode.VIDEO if spec.mode == "video" else vision.RunningMode.IMAGE
    base = mp.tasks.BaseOptions(model_asset_path=spec.task)
    options = vision.PoseLandmarkerOptions(base_options=base, running_mode=mode)
    landmarker = vision.PoseLandmarker.create_from_options(options)
    _alive.append(landmarker)
    if spec.mode != "video":
        return _over(spec.pictures, lambda path: landmarker.detect(mp.Image.create_from_file(path)))
    frames = [mp.Image.create_from_file(path) for path in spec.pictures]
    return _film(frames, lambda frame, seconds: landmarker.detect_for_video(frame, round(seconds * 1000)))


_alive: list[Any] = []  # a PoseLandmarker that is collected before the end may wait for itself for ever


def _over(pictures: tuple[str, ...], look: Callable[[str], object]) -> Steps:
    """Take the pictures one after the other, decoding included."""
    place = 0

    def steps(count: int) -> None:
        nonlocal place
        for _ in range(count):
            look(pictures[place % len(pictures)])
            place += 1

    return steps


def _folder(pictures: tuple[str, ...], workers: list[Any], look: Callable[[Any, str], object]) -> Steps:
    """The same on threads, a worker each."""
    import itertools

    from posetune.runtime.flow import in_order

    turn = itertools.cycle(pictures)

    def steps(count: int) -> None:
        for _ in in_order(look, itertools.islice(turn, count), workers):
            pass

    return steps


def _film(frames: list[Any], look: Callable[[Any, float], object]) -> Steps:
    """Play the frames forth and back, 30 a second, without decoding: a jump would lose the person."""
    turn = [*frames, *frames[-2:0:-1]]
    place = 0

    def steps(count: int) -> None:
        nonlocal place
        for _ in range(count):
            look(turn[place % len(turn)], place / 30)
            place += 1

    return steps


def _sgemm(_: Spec) -> Steps:
    """One step is SGEMM_FLOP operations of this machine's float32 matrix multiplication."""
    import numpy as np

    a, b = (np.random.default_rng(i).random((SGEMM_SIDE, SGEMM_SIDE), dtype=np.float32) for i in (0, 1))
    out = np.empty_like(a)

    def steps(count: int) -> None:
        for _ in range(count):
            np.matmul(a, b, out=out)

    return steps


SGEMM_SIDE = 768
SGEMM_FLOP = 2 * SGEMM_SIDE**3
_SYSTEMS: dict[str, Callable[[Spec], Steps]] = {"posetune": _posetune, "mediapipe": _mediapipe, "sgemm": _sgemm}


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    main()
