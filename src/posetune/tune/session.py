"""A training run from its folder to its result: what every method does alike.

A method reads: ``open`` the session, collect people, make ``batches``, ``run_stage`` once or several times, ``close``.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.graph.torch.network import Network
from posetune.progress import Reporter
from posetune.runtime.batch import write_jpeg
from posetune.stock import Networks
from posetune.tune.callbacks import Callback
from posetune.tune.config import TrainConfig
from posetune.tune.crop_protocol import Answerer, Errors, in_torch, measured
from posetune.tune.people.batches import BatchMaker, BatchPlan
from posetune.tune.people.collect import Material
from posetune.tune.people.samples import ImageCache, Subject
from posetune.tune.people.second_look import SecondLook
from posetune.tune.run_folder import CHECKPOINT, CONFIG, RunFolder
from posetune.tune.training import pictures
from posetune.tune.training.curves import draw_curves
from posetune.tune.training.loop import Loop
from posetune.tune.training.trainer import Trainer
from posetune.tune.training.validate import Look, Score

_CALIBRATION_BATCHES = 4


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
    """A run, whatever it trains. ``cache``: decoded images; ``resume``: whether it goes on with what is in ``folder``."""

    config: RunConfig
    folder: RunFolder
    device: torch.device
    cache: ImageCache
    report: Reporter
    callbacks: tuple[Callback, ...] = ()
    resume: bool = False

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


def seeded(config: RunConfig) -> torch.device:
    """Seed what is random; the device to work on. Raises PosetuneError if it is not there."""
    device = device_of(config)
    torch.manual_seed(config.seed)
    random.seed(config.seed)
    return device


@dataclass(frozen=True, eq=False)
class Session(Run):
    """A run that trains a landmark network. ``networks``: what it begins from."""

    config: TrainConfig
    networks: Networks = field(kw_only=True)

    @classmethod
    def open(cls, config: TrainConfig, start: Start, base: Callable[[str], Networks]) -> Session:
        """Seed what is random, and load the network to begin from, by ``base``. The folder must be taken.

        Raises PosetuneError for a device that is not there, or a base that cannot be trained.
        """
        device = seeded(config)
        networks = base(config.base)
        folder = RunFolder(config.out)
        session = cls(
            config, folder, device, ImageCache(), start.report, start.callbacks, start.resume, networks=networks
        )
        session.begin()
        return session

    def staged(self, trainable: str) -> Session:
        """The same session for a stage that trains another part of the network."""
        return dataclasses.replace(self, config=dataclasses.replace(self.config, trainable=trainable))

    def batches(self, people: Material, size: int) -> BatchMaker:
        """Batches of crops of ``size`` px as the configuration wants them."""
        c = self.config
        return BatchMaker(
            people.train, people.replay, BatchPlan(c.batch, c.replay.share, size, c.augment, c.seed), self.cache
        )

    def look(
        self,
        val: Sequence[Subject],
        answering: Callable[[Network, torch.device], Answerer] = in_torch,
        torso: float | None = None,
    ) -> Look:
        """How a stage looks at its network: the crop protocol on ``val``. ``torso``: see ``Score.of``."""

        def look(network: Network, pool: Executor | None) -> Score:
            with self.report.counting("crops, validation", len(val)) as counter:
                return Score.of(measured(answering(network, self.device), val, self.cache, pool, counter), torso)

        return look

    def run_stage(
        self, trainer: Trainer, batches: BatchMaker, look: Look, second_look: SecondLook | None = None
    ) -> Loop:
        """Train, from the checkpoint where there is one to resume from, until the end or Ctrl-C. A picture of a batch is left in
        the run folder. ``second_look``: at suspected labels, half-way.
        """
        write_jpeg(self.folder / pictures.BATCH, pictures.of_batch(batches(0)))
        loop = Loop(self, trainer, look, second_look)
        if self.resume and (self.folder / CHECKPOINT).exists():
            loop.load()
        loop.go(batches, total_steps(self.config, len(batches.subjects), batches.labelled))
        return loop

    def finished(self, name: str) -> bytes | None:
        """What a stage left behind that a resumed run goes on after; None if it is not finished."""
        file = self.folder / f"{name}.tflite"
        return file.read_bytes() if self.resume and file.exists() else None

    def finish(self, name: str, content: bytes) -> None:
        """Keep what a stage made: the next one has another set of weights, so its checkpoint is of no use."""
        write_bytes(self.folder / f"{name}.tflite", content)
        (self.folder / CHECKPOINT).unlink(missing_ok=True)

    def show(self, errors: Errors, val: Sequence[Subject]) -> None:
        """Leave a picture of what the result says of ``val`` in the run folder."""
        write_jpeg(self.folder / pictures.VALIDATION, pictures.of_errors(errors, val, self.cache))

    def close(self, model: Path, figures: dict[str, Any]) -> TrainResult:
        """Write the summary and the curves. ``model``: the result's file; ``figures``: what the summary says, at least
        "base_px", "tuned_px" (None for no number) and "interrupted".
        """
        self.end({**figures, "stock_px": figures["base_px"]})
        base_px = float("nan") if figures["base_px"] is None else figures["base_px"]
        return TrainResult(self.folder.path, model, base_px, figures["tuned_px"], figures["interrupted"])


@dataclass(frozen=True, eq=False)
class Start:
    """How a run is started: whether it goes on with another, and who hears of it."""

    resume: bool = False
    report: Reporter = field(default_factory=Reporter)
    callbacks: tuple[Callback, ...] = ()


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


def calibration(batches: BatchMaker) -> list[Tensor]:
    """Real crops of the run's own kind, on which the network's activations are measured."""
    return [batches(step).images for step in range(_CALIBRATION_BATCHES)]


def total_steps(config: TrainConfig, people: int, labelled: int) -> int:
    """How many steps a run takes; ``labelled``: the labelled crops of a batch."""
    least, most = config.samples
    return max(1, min(max(config.passes * people, least), most) // labelled)
