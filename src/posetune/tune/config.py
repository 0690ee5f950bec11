"""The configuration of a training run, with its types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from posetune.config import read_yaml, resolve
from posetune.errors import PosetuneError
from posetune.files import write_text
from posetune.graph.points import HEADS
from posetune.graph.resize import SIZES
from posetune.tune.methods.table import METHODS
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.training.losses import LossConfig

TRAINABLE = ("head", "tail", "all")
POINTS, INITS = ("auto", "labels", "mediapipe"), ("warm", "fresh")
SCHEDULES = ("trapezoid", "cosine", "plateau", "constant")

_RENAMED = re.compile(r"^\s*setback\s*=")


@dataclass(frozen=True)
class ReplayConfig:
    """Where the images come from on which the network is held to stock's answers."""

    folder: str | None
    share: float
    sample_set: bool
    surroundings: int
    synthetic: int
    synthetic_points: bool


@dataclass(frozen=True)
class HeadConfig:
    """Of ``method: head``. What each key means stands beside it in ``train.yaml``."""

    points: str
    kind: str
    init: str
    stages: tuple[str, ...]
    views: int
    memory_mb: int
    frozen_passes: int
    frozen_lr: float


@dataclass(frozen=True)
class TrainConfig:
    """A resolved training configuration. What each key means stands beside it in ``train.yaml``."""

    method: str
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
    rollback: float
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
    use_prelabels: bool
    suspects: bool
    replay: ReplayConfig
    augment: AugmentConfig
    loss: LossConfig
    head: HeadConfig
    raw: Mapping[str, Any]

    def save(self, path: str | Path) -> None:
        """Write the resolved configuration as YAML."""
        write_text(path, yaml.safe_dump(dict(self.raw), sort_keys=False, allow_unicode=True))


def default_config(method: str = "full") -> dict[str, Any]:
    """The commented default, ``posetune/tune/train.yaml``, as a mapping, with the defaults of ``method`` over it."""
    result = yaml.safe_load(files("posetune.tune").joinpath("train.yaml").read_text(encoding="utf-8"))
    own = METHODS[method].defaults
    if own:
        own_text = files("posetune.tune.methods").joinpath(own).read_text(encoding="utf-8")
        result = resolve(result, yaml.safe_load(own_text))
    return {**result, "method": method}


def load_config(
    file: str | Path | None = None, overrides: Mapping[str, Any] | None = None, assignments: Iterable[str] = ()
) -> TrainConfig:
    """Default, file, overrides, ``key=value`` assignments, each over the one before; checked.

    Raises PosetuneError with the key and what it wants.
    """
    layers = [_present(layer) for layer in (read_yaml(file) if file is not None else {}, overrides or {})]
    assignments = [_RENAMED.sub("rollback=", a) for a in assignments]
    raw = resolve(default_config(_method(layers, assignments)), *layers, assignments=assignments)
    if not raw["data"] and not raw["unlabelled"]:
        raise PosetuneError("Training needs labels or images: give --data, or --unlabelled to learn from a teacher.")
    if not raw["out"]:
        raise PosetuneError("Training needs out: give --out or set out in the configuration file.")
    _check(raw)
    _check_head(raw["head"])
    parts = {"replay": ReplayConfig, "augment": AugmentConfig, "loss": LossConfig, "head": HeadConfig}
    values: dict[str, Any] = {f.name: raw[f.name] for f in fields(TrainConfig) if f.name not in (*parts, "raw")}
    values.update({key: kind(**raw[key]) for key, kind in parts.items()})
    values["head"] = replace(values["head"], stages=tuple(raw["head"]["stages"]))
    values["samples"] = tuple(raw["samples"])
    values["unlabelled"] = tuple(raw["unlabelled"])
    return TrainConfig(raw=raw, **values)


def _present(layer: Mapping[str, Any]) -> dict[str, Any]:
    """A layer with the names of today: run folders of before 0.2 say ``setback``."""
    return {("rollback" if key == "setback" else key): value for key, value in layer.items()}


def _method(layers: Sequence[Mapping[str, Any]], assignments: Sequence[str]) -> str:
    """The method that the last layer names. Where none does, as in run folders of before 0.2, other keys tell."""
    said = [a.partition("=")[2].strip() for a in assignments if a.partition("=")[0].strip() == "method"]
    said = [*(layer["method"] for layer in layers if "method" in layer), *said]
    if not said:
        said = ["head" if any("head" in layer for layer in layers) else "full"]
        if any(layer.get("unlabelled") for layer in layers):
            said = ["distill"]
    if said[-1] not in METHODS:
        raise PosetuneError(f"The configuration key method wants {', '.join(METHODS)}, not {said[-1]!r}.")
    return str(said[-1])


def _check(raw: Mapping[str, Any]) -> None:
    def require(key: str, good: bool, wants: str) -> None:
        if not good:
            value: Any = raw
            for part in key.split("."):
                value = value[part]
            raise PosetuneError(f"The configuration key {key} wants {wants}, not {value!r}.")

    if raw["method"] != "distill" and raw["unlabelled"]:
        raise PosetuneError("--unlabelled is for --method distill; for images against forgetting give --replay FOLDER.")
    require("size", raw["size"] in SIZES, "256, 224 or 192")
    sources = raw["unlabelled"]
    require("unlabelled", isinstance(sources, list) and all(isinstance(n, str) for n in sources), "a list of paths")
    require("use_prelabels", isinstance(raw["use_prelabels"], bool), "true or false")
    if raw["use_prelabels"] and (raw["method"] == "corrector" or not raw["data"]):
        raise PosetuneError(
            "--use-prelabels (use_prelabels: true) is for the methods full, head and distill, with --data."
        )
    require("drawings", isinstance(raw["drawings"], bool), "true or false")
    require("trainable", raw["trainable"] in TRAINABLE, " or ".join(TRAINABLE))
    require("schedule", raw["schedule"] in SCHEDULES, " or ".join(SCHEDULES))
    require("weight_precision", raw["weight_precision"] in ("fp16", "fp32"), "fp16 or fp32")
    require("batch", raw["batch"] >= 1, "at least 1")
    require("visits", isinstance(raw["visits"], int) and raw["visits"] >= 1, "at least 1")
    require("passes", raw["passes"] >= 1, "at least 1")
    require("validations", raw["validations"] >= 1, "at least 1")
    require("lr", raw["lr"] > 0, "a positive number")
    require("rollback", _number(raw["rollback"]) and raw["rollback"] >= 0, "a number, 0 for never")
    for key in ("warmup", "ema", "val_share"):
        require(key, 0 <= raw[key] < 1, "a number from 0 to below 1")
    for key, of in (("synthetic", "pictures"), ("surroundings", "crops")):
        count = raw["replay"][key]
        require(f"replay.{key}", isinstance(count, int) and count >= 0, f"a number of {of}, 0 for none")
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


def _check_head(raw: Mapping[str, Any]) -> None:
    def require(key: str, good: bool, wants: str) -> None:
        if not good:
            raise PosetuneError(f"The configuration key head.{key} wants {wants}, not {raw[key]!r}.")

    stages = raw["stages"]
    known = isinstance(stages, list) and bool(stages) and all(s in TRAINABLE for s in stages)
    order = [TRAINABLE.index(s) for s in stages] if known else []
    wants = f"a list of {', '.join(TRAINABLE)}, each deeper than the one before and head first"
    require("stages", known and order == sorted(set(order)) and stages[0] == "head", wants)
    for key, values in (("points", POINTS), ("kind", HEADS), ("init", INITS)):
        require(key, raw[key] in values, " or ".join(values))
    for key in ("views", "memory_mb", "frozen_passes"):
        require(key, raw[key] >= 1, "at least 1")
    require("frozen_lr", raw["frozen_lr"] > 0, "a positive number")


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
