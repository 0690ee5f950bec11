"""A run, whatever it trains: its configuration, its folder, who hears of it, and how it ends."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.stock import Networks
from posetune.tune.callbacks import Callback
from posetune.tune.config import TrainConfig
from posetune.tune.people.samples import ImageCache
from posetune.tune.ranks import SINGLE, Ranks
from posetune.tune.run_folder import CONFIG, RunFolder
from posetune.tune.training.curves import draw_curves


@dataclass(frozen=True)
class TrainResult:
    """Where the tuned network is, and what the run's own validation said (mean crop px): of the base as it was (stock, or the
    run that was tuned on; NaN for points that it does not have), and of the exported file.
    """

    run: Path
    model: Path
    base_px: float
    tuned_px: float
    interrupted: bool

    @property
    def stock_px(self) -> float:
        """``base_px`` by its former name."""
        return self.base_px

    def to_json(self) -> dict[str, Any]:
        """For programs; an error that there is not is None."""
        base_px = None if math.isnan(self.base_px) else self.base_px
        return {
            "run": str(self.run), "model": str(self.model), "base_px": base_px, "stock_px": base_px,
            "tuned_px": self.tuned_px, "interrupted": self.interrupted,
        }  # fmt: skip


class RunConfig(Protocol):
    """What every run's configuration says."""

    @property
    def data(self) -> str | None: ...

    @property
    def train_split(self) -> str: ...

    @property
    def val_split(self) -> str: ...

    @property
    def base(self) -> str: ...

    @property
    def out(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def device(self) -> str: ...

    @property
    def raw(self) -> Mapping[str, Any]: ...

    def save(self, path: str | Path) -> None:
        """Write it as YAML."""


@dataclass(frozen=True, eq=False)
class Run:
    """A run, whatever it trains. ``cache``: decoded images; ``resume``: whether it goes on with what is in ``folder``;
    ``ranks``: the processes that it is divided among.
    """

    config: RunConfig
    folder: RunFolder
    device: torch.device
    cache: ImageCache
    report: Reporter
    callbacks: tuple[Callback, ...] = ()
    resume: bool = False
    ranks: Ranks = SINGLE

    def begin(self) -> None:
        """Write the configuration, before hours of work which --resume goes on behind, and tell the callbacks."""
        self.config.save(self.folder / CONFIG)
        self.emit({"kind": "begin", "folder": str(self.folder.path), "config": self.config.raw})

    def say(self, text: str) -> None:
        """A sentence for the user."""
        self.report.say(text)

    def emit(self, event: dict[str, Any]) -> None:
        """Tell the log and all callbacks of an event (see ``tune.callbacks``)."""
        if event["kind"] not in ("begin", "end"):
            self.folder.log(event)
        for callback in self.callbacks:
            callback(event)

    def end(self, figures: dict[str, Any]) -> None:
        """Write the summary, which says ``figures``, and the curves, and tell the callbacks."""
        summary = self.folder.save_summary(figures)
        if any(e.get("kind") == "validation" for e in self.folder.events()):
            draw_curves(self.folder.events(), self.folder / "curves.png")
        self.emit({"kind": "end", "folder": str(self.folder.path), "summary": summary})


@dataclass(frozen=True, eq=False)
class LandmarkRun(Run):
    """A run that trains a landmark network. ``networks``: what it begins from."""

    config: TrainConfig
    networks: Networks = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class Start:
    """How a run is started: whether it goes on with another, who hears of it, and among which processes it is divided."""

    resume: bool = False
    report: Reporter = field(default_factory=Reporter)
    callbacks: tuple[Callback, ...] = ()
    ranks: Ranks = SINGLE


def seeded(config: RunConfig) -> torch.device:
    """Seed what is random; the device to work on. Raises PosetuneError if it is not there."""
    device = device_of(config)
    torch.manual_seed(config.seed)
    random.seed(config.seed)
    return device


def device_of(config: RunConfig) -> torch.device:
    """The device that the configuration names. Raises PosetuneError if it cannot be used."""
    name = config.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise PosetuneError(f"The device '{config.device}' cannot be used here; set device to auto or cpu.") from error
    return device
