"""The configuration of ``--method head``: train.yaml with head.yaml over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from posetune.config import resolve
from posetune.errors import PosetuneError
from posetune.graph.points import HEADS
from posetune.tune.config import TRAINABLE, TrainConfig, default_config, load_config

POINTS, INITS = ("auto", "labels", "mediapipe"), ("warm", "fresh")


@dataclass(frozen=True)
class HeadConfig:
    """What each key means stands beside it in ``head.yaml``."""

    points: str
    kind: str
    init: str
    stages: tuple[str, ...]
    views: int
    memory_mb: int
    frozen_passes: int
    frozen_lr: float


def head_defaults() -> dict[str, Any]:
    """train.yaml with head.yaml over it, as a mapping."""
    own = yaml.safe_load(files("posetune.tune.methods.head").joinpath("head.yaml").read_text(encoding="utf-8"))
    default = {**default_config(), "head": own.pop("head")}
    return resolve(default, own)


def load_head_config(
    file: str | Path | None = None, overrides: Mapping[str, Any] | None = None, assignments: Iterable[str] = ()
) -> tuple[TrainConfig, HeadConfig]:
    """As ``tune.config.load_config``, with the group ``head``.

    Raises PosetuneError with the key and what it wants.
    """
    config = load_config(file, overrides, assignments, default=head_defaults())
    if config.data is None:
        raise PosetuneError("A new head is trained on labels: give --data.")
    raw = config.raw["head"]
    head = HeadConfig(**{f.name: raw[f.name] for f in fields(HeadConfig) if f.name != "stages"}, stages=_stages(raw))
    _require(head.points in POINTS, "points", " or ".join(POINTS), head.points)
    _require(head.kind in HEADS, "kind", " or ".join(HEADS), head.kind)
    _require(head.init in INITS, "init", " or ".join(INITS), head.init)
    for name in ("views", "memory_mb", "frozen_passes"):
        _require(getattr(head, name) >= 1, name, "at least 1", getattr(head, name))
    _require(head.frozen_lr > 0, "frozen_lr", "a positive number", head.frozen_lr)
    return config, head


def _stages(raw: Mapping[str, Any]) -> tuple[str, ...]:
    stages = raw["stages"]
    known = isinstance(stages, list) and stages and all(s in TRAINABLE for s in stages)
    order = [TRAINABLE.index(s) for s in stages] if known else []
    wants = f"a list of {', '.join(TRAINABLE)}, each deeper than the one before and head first"
    _require(bool(known) and order == sorted(set(order)) and stages[0] == "head", "stages", wants, stages)
    return tuple(stages)


def _require(good: bool, key: str, wants: str, value: Any) -> None:
    if not good:
        raise PosetuneError(f"The configuration key head.{key} wants {wants}, not {value!r}.")
