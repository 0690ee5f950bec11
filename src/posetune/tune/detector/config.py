"""The configuration of a detector's run, with its types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import yaml

from posetune.config import read_yaml, resolve
from posetune.errors import PosetuneError
from posetune.files import write_text
from posetune.tune.detector.samples import SampleConfig
from posetune.tune.detector.scenes import Others

#: What the key ``method`` says of a detector's run.
METHOD = "detector"
_TRAINABLE = ("head", "tail", "all")
_SCHEDULES = ("trapezoid", "cosine", "constant")


@dataclass(frozen=True)
class ReplayConfig:
    """Where the pictures come from on which the detector is held to the base's answers."""

    share: float
    sample_set: bool
    folder: str | None


@dataclass(frozen=True)
class LossConfig:
    """Weights of the parts of the loss."""

    score: float
    points: float
    centre: float


@dataclass(frozen=True)
class DetectorConfig:
    """A resolved configuration of a detector's run. What each key means stands beside it in ``detector.yaml``."""

    method: str
    data: str | None
    train_split: str
    val_split: str
    val_share: float
    base: str
    others: Others
    out: str
    seed: int
    device: str
    threads: int | None
    trainable: str
    steps: int
    batch: int
    visits: int
    kept: int
    lr: float
    schedule: str
    warmup: float
    ema: float
    clip: float
    weight_precision: str
    validations: int
    patience: int
    val_pictures: int
    blend: float
    circle_scale: float | str
    score_bias: float | str
    checkpoint_minutes: float
    replay: ReplayConfig
    sample: SampleConfig
    loss: LossConfig
    raw: Mapping[str, Any]

    def save(self, path: str | Path) -> None:
        """Write the resolved configuration as YAML."""
        write_text(path, yaml.safe_dump(dict(self.raw), sort_keys=False, allow_unicode=True))


def default_text() -> str:
    """The commented default, ``posetune/tune/detector/detector.yaml``."""
    return files("posetune.tune.detector").joinpath("detector.yaml").read_text(encoding="utf-8")


def load_detector_config(
    file: str | Path | None = None, overrides: Mapping[str, Any] | None = None, assignments: Iterable[str] = ()
) -> DetectorConfig:
    """Default, file, overrides, ``key=value`` assignments, each over the one before; checked.

    Raises PosetuneError with the key and what it wants.
    """
    layers: list[Mapping[str, Any]] = [read_yaml(file)] if file is not None else []
    layers.append(overrides or {})
    raw = resolve(yaml.safe_load(default_text()), *layers, assignments=assignments)
    if not raw["data"]:
        raise PosetuneError("A detector learns from labels: give --data, a folder with images/ and annotations/.")
    if not raw["out"]:
        raise PosetuneError("Training needs out: give --out or set out in the configuration file.")
    _check(raw)
    parts = {"replay": ReplayConfig, "sample": SampleConfig, "loss": LossConfig}
    values: dict[str, Any] = {f.name: raw[f.name] for f in fields(DetectorConfig) if f.name not in (*parts, "raw")}
    values.update({key: kind(**raw[key]) for key, kind in parts.items()})
    return DetectorConfig(raw=raw, **values)


def _check(raw: Mapping[str, Any]) -> None:
    def require(key: str, good: bool, wants: str) -> None:
        value: Any = raw
        for part in key.split("."):
            value = value[part]
        if not good:
            raise PosetuneError(f"The configuration key {key} wants {wants}, not {value!r}.")

    require("method", raw["method"] == METHOD, METHOD)
    for key, allowed in (("trainable", _TRAINABLE), ("schedule", _SCHEDULES), ("others", get_args(Others))):
        require(key, raw[key] in allowed, " or ".join(allowed))
    for key in ("steps", "batch", "visits", "kept", "validations", "val_pictures"):
        require(key, raw[key] >= 1, "at least 1")
    require("visits", raw["visits"] <= raw["batch"], "at most as many as batch, so that each step has a new sample")
    require("lr", raw["lr"] > 0, "a positive number")
    require("weight_precision", raw["weight_precision"] in ("fp16", "fp32"), "fp16 or fp32")
    for key in ("warmup", "ema", "val_share"):
        require(key, 0 <= raw[key] < 1, "a number from 0 to below 1")
    require("replay.share", 0 <= raw["replay"]["share"] < 1, "a number from 0 to below 1")
    sample = raw["sample"]
    require("sample.whole", 0 <= sample["whole"] <= 1, "a share")
    for key in ("mosaic", "empty"):
        require(f"sample.{key}", 0 <= sample[key] <= 1, "a share")
    require(
        "sample.whole", sample["whole"] + sample["mosaic"] + sample["empty"] <= 1, "at most what mosaic and empty leave"
    )
    require("sample.most_cells", 2 <= sample["most_cells"] <= 8, "2 to 8")
    require("sample.largest", 0 < sample["smallest"] <= sample["largest"], "at least smallest")
    require("blend", 0 < raw["blend"] <= 1, "a share above 0, up to 1")
    scale = raw["circle_scale"]
    number = isinstance(scale, (int, float)) and not isinstance(scale, bool)
    require("circle_scale", scale == "auto" or (number and 0.5 <= scale <= 2), "auto or a number from 0.5 to 2")
    bias = raw["score_bias"]
    number = isinstance(bias, (int, float)) and not isinstance(bias, bool)
    require("score_bias", bias == "auto" or number, "auto or a number")
    if raw["threads"] is not None:
        require("threads", isinstance(raw["threads"], int) and raw["threads"] >= 1, "at least 1, or null")
