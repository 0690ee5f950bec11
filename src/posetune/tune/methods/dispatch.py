"""Trains by the method that the configuration names."""

from __future__ import annotations

from importlib import import_module

from posetune.errors import PosetuneError
from posetune.tune.config import TrainConfig
from posetune.tune.methods.table import METHODS
from posetune.tune.run import Start, TrainResult
from posetune.tune.run_folder import RunFolder


def run(config: TrainConfig, start: Start) -> TrainResult:
    """Train by ``config.method``."""
    method = METHODS[config.method]
    if start.resume and not method.resumes:
        raise PosetuneError(f"A {config.method} is trained in seconds and has nothing to resume; leave out --resume.")
    with RunFolder(config.out).taken(start.resume):
        result: TrainResult = import_module(f"posetune.tune.methods.{method.module}").train(config, start)
    return result
