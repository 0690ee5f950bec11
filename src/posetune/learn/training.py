"""One training in a process of its own, which may take so long and so much memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.progress import Say
from posetune.tune.run_folder import resumable

#: What a full training takes on two processors, seconds, and how many crops it sees then; a smaller budget sees fewer.
_FULL_SECONDS, _LEAST, _MOST = 1500.0, 4000, 10500
_FEWEST = 200
#: Of the budget, what choosing among the blends and writing take after the last step.
_FINISH = 0.25
#: How many budgets a training may take to have anything to give.
_PATIENCE = 2.0
#: How often the training's last line is passed on, seconds.
_SAY_EVERY = 30.0


@dataclass(frozen=True)
class Training:
    """``data``: a data set folder; ``base``: what is trained; ``settings``: keys of train.yaml; ``budget_s``, ``memory_bytes``:
    None for no bound.
    """

    data: Path
    run: Path
    base: str
    seed: int = 0
    budget_s: float | None = None
    memory_bytes: int | None = None
    settings: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        begin = [sys.executable, "-m", "posetune.learn.child", "train", "--out", str(self.run)]
        if resumable(self.run):
            return [*begin, "--resume"]
        sets = [part for setting in (*self._samples(), *self.settings) for part in ("--set", setting)]
        return [*begin, "--data", str(self.data), "--base", self.base, "--seed", str(self.seed), *sets]

    def _samples(self) -> list[str]:
        if self.budget_s is None or self.budget_s >= _FULL_SECONDS:
            return []
        most = max(_FEWEST, round(_MOST * self.budget_s / _FULL_SECONDS))
        return [f"samples=[{min(_LEAST, most)},{most}]"]


def train(training: Training, alive: Callable[[], bool], say: Say) -> Path:
    """Train, and give the finished network's file. ``alive`` is asked every second: False ends the training, to be gone on with.

    Where the budget runs out the best network so far is taken. Raises PosetuneError where the training fails, or takes more
    memory than it may.
    """
    network = training.run / "model.tflite"
    if network.is_file():  # by a pass that died right after
        return network
    log = training.run.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        # A session of its own: Ctrl-C reaches the pass, which ends the training so that it can be gone on with. A pass that is
        # killed closes the pipe, and that ends it, too (learn.child).
        process = subprocess.Popen(
            training.command, stdout=output, stderr=output, stdin=subprocess.PIPE, start_new_session=True
        )
        try:
            asked = _watch(process, training, alive, say)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                _end(process)
    if network.is_file():
        return network
    if asked:
        raise PosetuneError(
            "The --budget was spent before the training had a network to give: give it more, and the pass goes on with it."
        )
    if process.returncode < 0:
        raise PosetuneError(
            f"The training was killed (signal {-process.returncode}), for want of memory perhaps: bound it with --memory, or run "
            "the pass again, which goes on with it."
        )
    raise PosetuneError(f"The training failed: {_last_line(log)}")


def _watch(process: subprocess.Popen[bytes], training: Training, alive: Callable[[], bool], say: Say) -> bool:
    """Until the training has ended; whether it was asked to."""
    begun, asked, told = time.monotonic(), False, (time.monotonic(), "")
    while process.poll() is None:
        time.sleep(0.5)
        if (
            time.monotonic() - told[0] > _SAY_EVERY
            and (line := _last_line(training.run.with_suffix(".log"))) != told[1]
        ):
            say(f"  training: {line}")
            told = time.monotonic(), line
        if not alive():
            raise PosetuneError("Another pass has taken over; this one ends, and its training is gone on with.")
        if training.memory_bytes is not None and (used := _resident(process.pid)) > training.memory_bytes:
            raise PosetuneError(
                f"The training takes {used / 2**30:.2f} GB, and --memory allows {training.memory_bytes / 2**30:.2f}: allow "
                "more, or give --set batch=4."
            )
        spent = time.monotonic() - begun
        if training.budget_s is None or asked or spent <= (1 - _FINISH) * training.budget_s:
            continue
        if _has_weights(training.run):
            say("The budget is nearly spent: the best network so far is taken.")
            process.send_signal(signal.SIGINT)
            asked = True
        elif spent > _PATIENCE * training.budget_s:
            raise PosetuneError("The training had not begun when twice its --budget was spent: give it more.")
    return asked


def _has_weights(run: Path) -> bool:
    """Whether a training has looked at validation: from then on there is a best network so far."""
    try:
        return '"validation"' in (run / "log.jsonl").read_text()
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _resident(pid: int) -> int:
    """Bytes of memory of a process; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4000))
        lines: Sequence[str] = file.read().decode(errors="replace").strip().splitlines() or ["it said nothing."]
    return lines[-1].removeprefix("posetune: ")
