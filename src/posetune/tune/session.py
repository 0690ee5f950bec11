"""A training run from its folder to its result: what every method does alike.

A method reads: ``open`` the session, collect people, make ``batches``, ``run_stage`` once or several times, ``close``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from posetune.files import write_bytes
from posetune.graph.torch.network import Network
from posetune.runtime.batch import write_jpeg
from posetune.stock import Networks
from posetune.tune.config import TrainConfig
from posetune.tune.crop_protocol import Answerer, Errors, in_torch, measured, share_of, together
from posetune.tune.people.batches import BatchMaker, BatchPlan
from posetune.tune.people.collect import Material
from posetune.tune.people.samples import ImageCache, Subject
from posetune.tune.people.second_look import SecondLook
from posetune.tune.run import LandmarkRun, Start, TrainResult, seeded
from posetune.tune.run_folder import CHECKPOINT, RunFolder
from posetune.tune.training import pictures
from posetune.tune.training.loop import Loop
from posetune.tune.training.trainer import Trainer
from posetune.tune.training.validate import Look, Score

_CALIBRATION_BATCHES = 4


@dataclass(frozen=True, eq=False)
class Session(LandmarkRun):
    """A run that trains a landmark network, stage by stage."""

    @classmethod
    def open(cls, config: TrainConfig, start: Start, base: Callable[[str], Networks]) -> Session:
        """Seed what is random, and load the network to begin from, by ``base``. The folder must be taken.

        Raises PosetuneError for a device that is not there, or a base that cannot be trained.
        """
        device = seeded(config)
        networks = base(config.base)
        folder = RunFolder(config.out)
        session = cls(
            config,
            folder,
            device,
            ImageCache(),
            start.report,
            start.callbacks,
            start.resume,
            start.ranks,
            networks=networks,
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
            mine = [val[who] for who in share_of(len(val), self.ranks.rank, self.ranks.count)]
            with self.report.counting("crops, validation", len(mine)) as counter:
                answerer = answering(network, self.device)
                found = measured(answerer, mine, self.cache, pool, counter) if mine else None
            return Score.of(together(self.ranks.gather(found)), torso)

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


def calibration(batches: BatchMaker) -> list[Tensor]:
    """Real crops of the run's own kind, on which the network's activations are measured."""
    return [batches(step).images for step in range(_CALIBRATION_BATCHES)]


def total_steps(config: TrainConfig, people: int, labelled: int) -> int:
    """How many steps a run takes; ``labelled``: the labelled crops of a batch."""
    least, most = config.samples
    return max(1, min(max(config.passes * people, least), most) // labelled)
