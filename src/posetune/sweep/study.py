"""The study of a search, shared by any number of machines: who works on a trial, and what becomes of one whose worker died.

A trial says every minute that it is alive. One that has not for some minutes, or whose process on this machine is gone, is told as
failed, and its values are tried again. Optuna's own heartbeat knows databases alone, and only `study.optimize`.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError
from posetune.heartbeat import beating
from posetune.process import runs

STUDY = "study.jsonl"
_BEAT = 60.0
#: A trial that was not heard of for so long, seconds, is nobody's any more.
_DEAD = 5 * _BEAT
_ALIVE, _HOST, _PID = "alive", "host", "pid"


def open_study(name: str, seed: int, folder: Path, storage: str | None = None) -> Any:
    """The study ``name``, begun or found: in ``folder``, which all machines see, or in the database at ``storage``, a URL.

    Raises PosetuneError where the database cannot be reached.
    """
    import optuna

    folder.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            study_name=name, direction="minimize", load_if_exists=True, storage=_storage(folder, storage),
            sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=5),
        )  # fmt: skip
    except Exception as error:
        if storage is None or isinstance(error, PosetuneError):
            raise
        raise PosetuneError(
            f"The study's storage cannot be used ({str(error).strip().splitlines()[0][:200]}): --storage wants "
            "postgresql://USER:PASSWORD@HOST/DATABASE."
        ) from error


def _storage(folder: Path, url: str | None) -> Any:
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    if url is None:
        file = str(folder / STUDY)
        # A lock by opening a file: links and flock are not to be had on every network file system.
        return optuna.storages.JournalStorage(JournalFileBackend(file, JournalFileOpenLock(file)))
    from posetune.store.database import engine_of

    plain, options = engine_of(url)
    return optuna.storages.RDBStorage(plain, engine_kwargs={"pool_pre_ping": True, "connect_args": options})


@contextmanager
def alive(trial: Any, every: float = _BEAT) -> Iterator[None]:
    """Say that ``trial`` is being worked on, again and again by a thread, for as long as the block takes."""

    def say(**more: Any) -> None:
        for key, value in {**more, _ALIVE: time.time()}.items():
            trial.set_user_attr(key, value)

    def beat() -> None:
        with suppress(Exception):  # the storage is away for a moment: the next beat may reach it
            say()

    say(**{_HOST: platform.node(), _PID: os.getpid()})
    with beating(beat, every, "posetune-trial"):
        yield


def free_the_dead(study: Any, now: Callable[[], float] = time.time) -> int:
    """Tell trials of workers that died as failed, and have their values tried again; how many others are being worked on."""
    from optuna.trial import TrialState

    at_work = 0
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if not _is_dead(trial, now()):
            at_work += 1
            continue
        try:
            study.tell(trial.number, state=TrialState.FAIL)
        except ValueError:  # another machine was quicker
            continue
        if trial.params:
            study.enqueue_trial(trial.params, skip_if_exists=False)
    return at_work


def _is_dead(trial: Any, now: float) -> bool:
    said = trial.user_attrs
    if said.get(_HOST) == platform.node() and _PID in said:
        return said[_PID] != os.getpid() and not runs(said[_PID])
    begun = 0.0 if trial.datetime_start is None else trial.datetime_start.timestamp()
    return now - float(said.get(_ALIVE, begun)) > _DEAD
