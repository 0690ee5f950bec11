"""Trains by the method that the configuration names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.tune.config import TrainConfig
from posetune.tune.methods.table import METHODS
from posetune.tune.ranks import for_rank, joined, own_folder, restarted, started
from posetune.tune.run import Start, TrainResult
from posetune.tune.run_folder import RunFolder, resumable


def run(config: TrainConfig, start: Start) -> TrainResult:
    """Train by ``config.method``."""
    method = METHODS[config.method]
    start = replace(start, resume=start.resume or (restarted() and resumable(Path(config.out))))
    if start.resume and not method.resumes:
        raise PosetuneError(f"A {config.method} is trained in seconds and has nothing to resume; leave out --resume.")
    train = import_module(f"posetune.tune.methods.{method.module}").train
    if not started():
        with RunFolder(config.out).taken(start.resume):
            result: TrainResult = train(config, start)
        return result
    if not method.resumes:
        raise PosetuneError(
            f"A {config.method} is trained in seconds, by one process: leave out --devices and torchrun."
        )
    return _of_ranks(train, for_rank(config), start)


def _of_ranks(train: Callable[[TrainConfig, Start], TrainResult], config: TrainConfig, start: Start) -> TrainResult:
    """One rank's part; the first writes the run's folder, the others' files go."""
    folder = Path(config.out)
    with joined(folder) as ranks:
        if config.batch < ranks.count:
            raise PosetuneError(
                f"A batch of {config.batch} crops is too small for {ranks.count} processes; give --batch {ranks.count} or more."
            )
        start = replace(start, ranks=ranks)
        if ranks.first:
            with RunFolder(folder).taken(start.resume):
                return train(config, start)
        with own_folder(folder) as place:
            result = train(replace(config, out=str(place)), replace(start, report=Reporter(), callbacks=()))
        return replace(result, run=folder, model=folder / result.model.name)
