"""Workers on this machine: a process each, started anew when one dies."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from dataclasses import dataclass

from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.scale import commit, lease
from posetune.scale.job import Job
from posetune.scale.store import Store
from posetune.scale.work import open_units, worker_name

#: How often it is looked how many units are done, seconds; rarer where that takes long.
_LOOK, _LOOK_SHARE = 0.5, 0.02
#: How soon it is seen that a worker has ended, seconds.
_SOON = 0.02
#: When no unit got done for so long, seconds, it is looked whether others are waited for, and again after as much.
_STANDING = 3.0
#: So many deaths in a row without a unit done between them, and nobody is started any more.
_MOST_DEATHS = 10


@dataclass
class _Worker:
    name: str
    process: subprocess.Popen[bytes]


def run_local(
    store: Store, job: Job, processes: int, threads: int, seconds: float, report: Reporter | None = None
) -> tuple[str, ...]:
    """Run up to ``processes`` workers of ``threads`` threads each until the job has ended; the units that are listed as failed.

    ``seconds``: of their leases. A worker that dies is started anew, and its unit is free at once. Raises PosetuneError when
    workers end with an error, or die again and again; what is done is kept.
    """
    report = report or Reporter()
    most = sum(1 for _ in open_units(store, job))  # more would wait for them
    workers = [_start(store, threads, seconds) for _ in range(min(processes, most))]
    deaths, before, pause = 0, -1, _LOOK
    waiting = _Waiting(store, job)
    try:
        with report.counting("units", job.units) as counter:
            while workers:
                _until_one_ended(workers, pause)
                began = time.monotonic()
                done = commit.done_units(store)
                pause = max(_LOOK, (time.monotonic() - began) / _LOOK_SHARE)
                deaths, before = (0, len(done)) if len(done) > before else (deaths, before)
                counter.step(waiting.text(done, {worker.name for worker in workers}), by=len(done) - counter.done)
                for worker in list(workers):
                    code = worker.process.poll()
                    if code is None:
                        continue
                    workers.remove(worker)
                    if code in (0, 1):
                        continue
                    if code > 0:  # it has said why
                        raise PosetuneError(
                            f"A worker ended with exit code {code}; what is done is kept, run it again."
                        )
                    deaths += 1
                    if deaths >= _MOST_DEATHS:
                        raise PosetuneError(
                            f"{deaths} workers died one after the other (the last by signal {-code}) and no unit got done: is the "
                            "memory enough? Fewer --processes, or a smaller --shard."
                        )
                    _free(store, worker.name)
                    workers.append(_start(store, threads, seconds))
            counter.at(len(commit.done_units(store)))
    finally:
        _end(workers)
    return commit.listed_units(store)


def _until_one_ended(workers: list[_Worker], seconds: float) -> None:
    """Wait for so long, or until a worker has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and all(worker.process.poll() is None for worker in workers):
        time.sleep(_SOON)


class _Waiting:
    """Says whom the workers here are waiting for, where no unit got done for a while."""

    def __init__(self, store: Store, job: Job) -> None:
        self._store, self._job = store, job
        self._done, self._looked, self._text = -1, time.monotonic(), ""

    def text(self, done: set[str], workers: set[str]) -> str:
        """ "" where one of ``workers`` has a unit, or units get done."""
        now = time.monotonic()
        if len(done) > self._done:
            self._done, self._looked, self._text = len(done), now, ""
        elif now - self._looked >= _STANDING:
            self._looked = now
            self._text = lease.with_others(self._store, {*self._job.unit_names()} - done, workers)
        return self._text


def _start(store: Store, threads: int, seconds: float) -> _Worker:
    name = worker_name()
    command = [
        sys.executable, "-m", "posetune", "job", "work", store.url, "--name", name, "--threads", str(threads),
        "--lease", str(seconds), "--quiet",
    ]  # fmt: skip
    return _Worker(name, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))


def _free(store: Store, name: str) -> None:
    """Let others take what a dead worker had."""
    for entry in list(store.list("leases")):
        with contextlib.suppress(PosetuneError):
            lease.let_go(store, commit.unit_of(entry.name), name)


def _end(workers: list[_Worker]) -> None:
    for worker in workers:
        with contextlib.suppress(OSError):
            worker.process.terminate()
    for worker in workers:
        try:
            worker.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
