"""Processes of this machine for one run: ``posetune train --devices N``. One that dies is noticed, and all begin anew from the
checkpoint.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import IO

from posetune.interrupt import interruptible
from posetune.progress import Say

#: So often all are started anew.
RESTARTS = 3
_LOST = 75  # tune.ranks.RankLost
_LOOK = 0.2
#: Seconds that processes have to end after a signal, to save what they have; and those that wait for one that is gone.
_GRACE, _LOST_GRACE = 30.0, 5.0


def launch(command: Sequence[str], devices: int, say: Say) -> int:
    """Run ``command`` in ``devices`` processes that know of one another as torchrun has it; the exit code of the run.

    A process that is killed, or loses another, makes all begin anew, at most RESTARTS times. Signals go to all.
    """
    with interruptible() as interrupted:
        for attempt in range(RESTARTS + 1):
            code, last = _together(command, devices, attempt, interrupted)
            if interrupted() or (code >= 0 and code != _LOST) or attempt == RESTARTS:
                break
            say(
                f"A process of the run was lost: all begin anew from the last checkpoint ({attempt + 1} of {RESTARTS} times)."
            )
    if code and last:
        say(last)
    return 128 - code if code < 0 else code


def _together(command: Sequence[str], devices: int, attempt: int, interrupted: Callable[[], int]) -> tuple[int, str]:
    """``(code, words)``: 0, or how the first that failed ended; and its last words, if it is not the one that speaks."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with contextlib.ExitStack() as files:
        words: list[IO[bytes]] = [files.enter_context(tempfile.TemporaryFile()) for _ in range(devices)]
        processes = [
            subprocess.Popen(
                command,
                env=_environment(rank, devices, port, attempt),
                stdout=None if rank == 0 else subprocess.DEVNULL,
                stderr=None if rank == 0 else words[rank],
            )
            for rank in range(devices)
        ]
        try:
            rank, code = _first_failure(processes, interrupted)
        finally:
            _end(processes, _GRACE if interrupted() else _LOST_GRACE)
        if rank == 0:
            return code, ""
        words[rank].seek(0)
        lines = words[rank].read().decode(errors="replace").strip().splitlines()
        return code, f"rank {rank}: {lines[-1]}" if lines else ""


def _environment(rank: int, devices: int, port: int, attempt: int) -> dict[str, str]:
    return {
        **os.environ, "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(devices), "LOCAL_WORLD_SIZE": str(devices),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "TORCHELASTIC_RESTART_COUNT": str(attempt),
    }  # fmt: skip


def _first_failure(processes: Sequence[subprocess.Popen[bytes]], interrupted: Callable[[], int]) -> tuple[int, int]:
    """(rank, exit code) of the one that failed first, killed ones before those that lost them; (0, 0) when all have ended well."""
    told = False
    while True:
        codes = [process.poll() for process in processes]
        failed = [(rank, code) for rank, code in enumerate(codes) if code]
        if failed:
            _wait_for_others(processes)
            killed = [(r, p.returncode) for r, p in enumerate(processes) if (p.poll() or 0) < 0]
            others = [(r, p.returncode) for r, p in enumerate(processes) if p.poll() not in (None, 0, _LOST)]
            return (killed or others or failed)[0]
        if all(code == 0 for code in codes):
            return 0, 0
        if (
            interrupted() and not told
        ):  # Ctrl-C of a terminal comes to all by itself; a second time does no harm to saved work
            told = True
            if interrupted() == signal.SIGTERM:
                for process in processes:
                    process.send_signal(signal.SIGTERM)
        time.sleep(_LOOK)


def _wait_for_others(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """One that lost another may be seen before it; and of those that fail alike the first speaks."""
    deadline = time.monotonic() + 10 * _LOOK
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(_LOOK / 4)


def _end(processes: Sequence[subprocess.Popen[bytes]], grace: float) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def this_command(arguments: Sequence[str]) -> list[str]:
    """This very command, in a process of its own, without ``--devices``."""
    kept: list[str] = []
    skip = False
    for word in arguments:
        if skip or word == "--devices" or word.startswith("--devices="):
            skip = word == "--devices"
            continue
        kept.append(word)
    return [sys.executable, "-m", "posetune", *kept]
