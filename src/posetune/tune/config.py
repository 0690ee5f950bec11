"""The configuration of a training run, with its types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from posetune.config import read_yaml, resolve
from posetune.errors import PosetuneError
from posetune.files import write_text
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.training.losses import LossConfig

TRAINABLE = ("head", "tail", "all")
SIZES = (256, 224, 192)
SCHEDULES = ("trapezoid", "cosine", "plateau", "constant")


@dataclass(frozen=True)
class ReplayConfig:
    """Where the images come from on which the network is held to stock's answers."""

    folder: str | None
    share: float
    sample_set: bool
    synthetic: int
    synthetic_points: bool


@dataclass(frozen=True)
class TrainConfig:
    """A resolved training configuration. What each key means stands beside it in ``train.yaml``."""

    data: str | None
    unlabelled: tuple[str, ...]
    teacher: str
    drawings: bool
    train_split: str
    val_split: str
    val_share: float
    base: str
    size: int
    out: str
    seed: int
    device: str
    threads: int | None
    trainable: str
    samples: tuple[int, int]
    passes: int
    batch: int
    visits: int
    lr: float
    schedule: str
    warmup: float
    setback: float
    patience: int
    validations: int
    val_people: int
    ema: float
    clip: float
    weight_precision: str
    blend: float | str
    heatmap_bias: float | str
    checkpoint_minutes: float
    trust_labels: bool
    suspects: bool
    replay: ReplayConfig
    augment: AugmentConfig
    loss: LossConfig
    raw: Mapping[str, Any]

    def save(self, path: str | Path) -> None:
        """Write the resolved configuration as YAML."""
        write_text(path, yaml.safe_dump(dict(self.raw), sort_keys=False, allow_unicode=True))


def default_config() -> dict[str, Any]:
    """The commented default, ``posetune/tune/train.yaml``, as a mapping."""
    return yaml.safe_load(files("posetune.tune").joinpath("train.yaml").read_text(encoding="utf-8"))


def load_config(
    file: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    assignments: Iterable[str] = (),
    default: Mapping[str, Any] | None = None,
) -> TrainConfig:
    """Default, file, overrides, ``key=value`` assignments, each over the one before; checked. ``default``: another one
    than train.yaml, with at least its keys.

    Raises PosetuneError with the key and what it wants.
    """
    layers: list[Mapping[str, Any]] = [read_yaml(file)] if file is not None else []
    if overrides:
        layers.append(overrides)
    raw = resolve(default or default_config(), *layers, assignments=assignments)
    if not raw["data"] and not raw["unlabelled"]:
        raise PosetuneError("Training needs labels or images: give --data, or --unlabelled to learn from a teacher.")
    if not raw["out"]:
        raise PosetuneError("Training needs out: give --out or set out in the configuration file.")
    _check(raw)
    parts = {"replay": ReplayConfig, "augment": AugmentConfig, "loss": LossConfig}
    values: dict[str, Any] = {f.name: raw[f.name] for f in fields(TrainConfig) if f.name not in (*parts, "raw")}
    values.update({key: kind(**raw[key]) for key, kind in parts.items()})
    values["samples"] = tuple(raw["samples"])
    values["unlabelled"] = tuple(raw["unlabelled"])
    return TrainConfig(raw=raw, **values)


def _check(raw: Mapping[str, Any]) -> None:
    def require(key: str, good: bool, wants: str) -> None:
        if not good:
            value: Any = raw
            for part in key.split("."):
                value = value[part]
            raise PosetuneError(f"The configuration key {key} wants {wants}, not {value!r}.")

    require("size", raw["size"] in SIZES, "256, 224 or 192")
    sources = raw["unlabelled"]
    require("unlabelled", isinstance(sources, list) and all(isinstance(n, str) for n in sources), "a list of paths")
    require("drawings", isinstance(raw["drawings"], bool), "true or false")
    require("trainable", raw["trainable"] in TRAINABLE, " or ".join(TRAINABLE))
    require("schedule", raw["schedule"] in SCHEDULES, " or ".join(SCHEDULES))
    require("weight_precision", raw["weight_precision"] in ("fp16", "fp32"), "fp16 or fp32")
    require("batch", raw["batch"] >= 1, "at least 1")
    require("visits", isinstance(raw["visits"], int) and raw["visits"] >= 1, "at least 1")
    require("passes", raw["passes"] >= 1, "at least 1")
    require("validations", raw["validations"] >= 1, "at least 1")
    require("lr", raw["lr"] > 0, "a positive number")
    require("setback", _number(raw["setback"]) and raw["setback"] >= 0, "a number, 0 for never")
    for key in ("warmup", "ema", "val_share"):
        require(key, 0 <= raw[key] < 1, "a number from 0 to below 1")
    rendered = raw["replay"]["synthetic"]
    require("replay.synthetic", isinstance(rendered, int) and rendered >= 0, "a number of pictures, 0 for none")
    require("replay.share", 0 <= raw["replay"]["share"] < 1, "a number from 0 to below 1")
    own = raw["batch"] - round(raw["batch"] * raw["replay"]["share"])
    require("replay.share", own > 0, f"small enough that a batch of {raw['batch']} keeps a crop of your own")
    low_high = raw["samples"]
    good = isinstance(low_high, list) and len(low_high) == 2 and all(isinstance(n, int) for n in low_high)
    require("samples", good and 0 < low_high[0] <= low_high[1], "two whole numbers [least, most]")
    blend = raw["blend"]
    require("blend", blend == "auto" or (_number(blend) and 0 <= blend <= 1.5), "auto or a number from 0 to 1.5")
    bias = raw["heatmap_bias"]
    require("heatmap_bias", bias == "auto" or _number(bias), "auto or a number")
    if raw["threads"] is not None:
        require("threads", isinstance(raw["threads"], int) and raw["threads"] >= 1, "at least 1, or null")


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
