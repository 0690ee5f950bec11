"""posetune against MediaPipe on this machine: time, rate and memory of the same work, side by side in one run.

Every system runs in a process of its own. They take turns, a block of work each, round after round, so that whatever
else the machine does meets all of them; the figure is the median over the rounds. The ratios carry over to other
machines, the times do not.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError, pip_install
from posetune.measure import bench_worker
from posetune.measure.bench_worker import Spec
from posetune.progress import Counter, Reporter

MODES = ("network", "video", "image", "cold_start")
#: Steps of a block: long against the clock and the change of processes, short against the machine's moods.
_BLOCK = {"network": 20, "video": 15, "image": 16}
LONGEST_BLOCK = max(_BLOCK.values())
_START_SECONDS = 120


@dataclass(frozen=True)
class Contender:
    """What is measured. ``landmarks``, ``detector``: bytes of ``.tflite``; ``task``: the bundle, for MediaPipe only.

    ``macs``: multiplications of the landmark network as this system runs it. ``backend``: what runs it in posetune.
    """

    system: str
    model: str
    size: int
    precision: str
    landmarks: bytes
    detector: bytes
    task: bytes
    macs: int
    backend: str = "litert"


@dataclass(frozen=True)
class Row:
    """One figure: median ms of a step, steps a second, and the peak memory of the process."""

    system: str
    model: str
    mode: str
    size: int
    precision: str
    median_ms: float
    per_second: float
    peak_mb: float | None
    backend: str = "litert"


@dataclass(frozen=True)
class Report:
    """``rows``: in the order of the modes and contenders. ``machine``: what it is, and its matrix multiplication's GFLOP/s."""

    machine: dict[str, Any]
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        return {"machine": self.machine, "rows": [asdict(row) for row in self.rows]}


def measure(
    contenders: Sequence[Contender],
    pictures: Sequence[Path],
    clip: Sequence[Path],
    *,
    modes: Sequence[str] = MODES,
    rounds: int = 9,
    threads: int,
    report: Reporter | None = None,
) -> Report:
    """Measure ``contenders`` in ``modes``. ``pictures``: image files for the modes image and cold_start; ``clip``: the
    frames of a video, as image files. ``threads``: of posetune, and of the network alone; MediaPipe offers no choice.

    Raises PosetuneError if a system cannot start or stops on the way.
    """
    with tempfile.TemporaryDirectory(prefix="posetune-bench-") as folder:
        specs = [_spec(c, Path(folder) / str(i), threads) for i, c in enumerate(contenders)]
        found: dict[tuple[str, int], tuple[list[float], float | None]] = {}
        speed = 0.0
        with (report or Reporter()).counting("rounds", len(modes) * rounds) as progress:
            for mode in modes:
                shown = tuple(map(str, clip if mode == "video" else pictures))
                here = [replace(spec, mode=mode, pictures=shown) for spec in specs]
                if mode == "network":
                    here.append(Spec("sgemm", mode, threads))
                results = (
                    _cold_starts(here, rounds, progress) if mode == "cold_start" else _race(here, rounds, progress)
                )
                found |= {(mode, i): result for i, result in enumerate(results)}
                if mode == "network":
                    speed = bench_worker.SGEMM_FLOP / float(np.median(results[-1][0])) / 1e9
    rows = [_row(c, mode, *found[mode, i]) for mode in modes for i, c in enumerate(contenders)]
    return Report(_machine(threads, speed), tuple(rows))


def _row(contender: Contender, mode: str, seconds: list[float], peak: float | None) -> Row:
    median = float(np.median(seconds))
    return Row(
        contender.system, contender.model, mode, contender.size, contender.precision,
        round(median * 1e3, 3), round(1 / median, 3), None if peak is None else round(peak, 1), contender.backend,
    )  # fmt: skip


def _spec(contender: Contender, folder: Path, threads: int) -> Spec:
    folder.mkdir()
    files: dict[str, Any] = {}
    for name, content in (
        ("landmarks", contender.landmarks),
        ("detector", contender.detector),
        ("task", contender.task),
    ):
        file = folder / (f"{name}.task" if name == "task" else f"{name}.tflite")
        file.write_bytes(content)
        files[name] = str(file)
    return Spec(contender.system, "", threads, **files, backend=contender.backend)


class _Worker:
    """A measured process."""

    def __init__(self, spec: Spec) -> None:
        threads = str(spec.threads)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        self._spec = spec
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        begun = time.perf_counter()
        command = [sys.executable, "-c", "from posetune.measure.bench_worker import main; main()"]
        self._process = subprocess.Popen(
            [*command, json.dumps(asdict(spec))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True, env=environment,
        )  # fmt: skip
        self._answer()
        self.seconds_to_first = time.perf_counter() - begun

    def block(self, steps: int) -> float:
        """Seconds a step."""
        assert self._process.stdin is not None
        print(steps, file=self._process.stdin, flush=True)
        return float(self._answer()["seconds"]) / steps

    def finish(self) -> float | None:
        """Its peak memory, MB."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        peak = self._answer()["peak_mb"]
        self.stop()
        return None if peak is None else float(peak)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(_START_SECONDS)
        self._said.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line.startswith("{"):
            return dict(json.loads(line))
        self._process.wait(_START_SECONDS)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        reason = said[-1].strip() if said else f"exit code {self._process.returncode}"
        if "No module named 'mediapipe'" in reason:
            raise PosetuneError(
                f"Comparing needs mediapipe, which is not installed: {pip_install('mediapipe')}, or leave it out "
                "with --no-mediapipe."
            )
        raise PosetuneError(f"The benchmark of {self._spec.system}, mode {self._spec.mode}, failed: {reason}.")


def _race(specs: Sequence[Spec], rounds: int, progress: Counter) -> list[tuple[list[float], float | None]]:
    """Per spec: seconds a step in each round, and its peak memory."""
    with ExitStack() as stack:
        workers = []
        for spec in specs:
            workers.append(_Worker(spec))
            stack.callback(workers[-1].stop)
        steps = _BLOCK[specs[0].mode]
        for worker in workers:
            worker.block(steps)  # warm
        times: list[list[float]] = [[] for _ in workers]
        for turn in range(rounds):
            order = range(len(workers)) if turn % 2 == 0 else reversed(range(len(workers)))
            for i in order:
                times[i].append(workers[i].block(steps))
            progress.step(specs[0].mode)
        return [(t, worker.finish()) for t, worker in zip(times, workers, strict=True)]


def _cold_starts(specs: Sequence[Spec], rounds: int, progress: Counter) -> list[tuple[list[float], float | None]]:
    """Per spec: seconds from the start of the interpreter to the first answer, and the peak memory until then."""
    times: list[list[float]] = [[] for _ in specs]
    peaks: list[float | None] = [None] * len(specs)
    for turn in range(rounds + 1):
        for i, spec in enumerate(specs):
            worker = _Worker(spec)
            try:
                if turn:  # the first start reads everything from disk
                    times[i].append(worker.seconds_to_first)
                    peaks[i] = worker.finish()
            finally:
                worker.stop()
        if turn:
            progress.step("cold_start")
    return list(zip(times, peaks, strict=True))


def _machine(threads: int, gflops: float) -> dict[str, Any]:
    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "threads": threads,
        "sgemm_gflops": round(gflops, 1) if gflops else None,  # measured with mode network
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
