"""A training run, from top to bottom: labels in, a better network out."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from posetune.errors import PosetuneError
from posetune.geometry import SIZE
from posetune.graph.flatbuffer import Graph
from posetune.graph.resize import resized
from posetune.interrupt import interruptible
from posetune.progress import clock
from posetune.tune.config import TrainConfig, load_config
from posetune.tune.people.collect import base_networks, gather
from posetune.tune.people.samples import Batch, BatchMaker, ImageCache, Revisited, Subject, ahead
from posetune.tune.run_folder import CHECKPOINT, CONFIG, RunFolder
from posetune.tune.training.blend import choose
from posetune.tune.training.curves import draw_curves
from posetune.tune.training.result import write_model
from posetune.tune.training.smaller import SmallerTrainer
from posetune.tune.training.trainer import Trainer
from posetune.tune.training.validate import Score, validate

_CALIBRATION_BATCHES = 4
_LOG_EVERY = 10  # steps
Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainResult:
    """Where the tuned network is, and what the run's own validation said (mean crop px): stock, and the exported file."""

    run: Path
    model: Path
    stock_px: float
    tuned_px: float
    interrupted: bool


def train(
    data: str | Path | None = None,
    base: str | None = None,
    out: str | Path | None = None,
    *,
    config: TrainConfig | str | Path | None = None,
    assignments: Iterable[str] = (),
    resume: bool = False,
    say: Say = print,
    **overrides: Any,
) -> TrainResult:
    """Tune a network on labelled images and leave the result in the run folder ``out``.

    ``data``: a folder with ``images/`` and ``annotations/<split>.json``; ``base``: what to tune; ``config``: a YAML file, or
    a resolved configuration; ``overrides`` and ``assignments`` ("loss.hold=2"): keys of ``train.yaml``. ``say`` gets
    sentences for the user. Ctrl-C ends the run early and keeps the best network so far.

    Raises PosetuneError for unusable data, a network of another kind, an unwritable folder, or a loss that is not finite.
    """
    if not isinstance(config, TrainConfig):
        given: Mapping[str, Any] = {"data": data, "base": base, "out": out, **overrides}
        given = {k: str(v) if isinstance(v, Path) else v for k, v in given.items() if v is not None}
        config = load_config(config, given, assignments)
    folder = RunFolder(config.out)
    folder.prepare(resume)
    device = device_of(config)
    torch.manual_seed(config.seed)
    random.seed(config.seed)

    networks = base_networks(config.base)
    graph = Graph(networks.landmarks, config.base)
    config.save(folder / CONFIG)  # before hours of a teacher's work, which --resume goes on behind
    material = gather(config, networks.landmarks, networks.detector, folder.path, say)

    cache = ImageCache()
    size = graph.inputs[0].shape[1]
    batches = BatchMaker(
        material.train, material.replay, batch=config.batch, replay_share=config.replay.share, size=size,
        augment=config.augment, seed=config.seed, cache=cache,
    )  # fmt: skip
    content = networks.landmarks
    if config.size in (size, SIZE):  # a tuned small base stays small
        trainer = Trainer(graph, config, calibration(batches), device)
    else:
        content = resized(networks.landmarks, config.size)
        trainer = SmallerTrainer(networks.landmarks, config, calibration(batches), device)
    run = Run(config, folder, trainer, material.val, cache, device, say)
    if resume and (folder / CHECKPOINT).exists():
        run.load()
    interrupted = run.go(batches, total_steps(config, len(material.train), batches.batch - batches.replayed))

    choice = choose(trainer, run.best_weights, material.val, len(material.train), config, cache, device, say)
    summary = write_model(folder, content, trainer, choice, material.val, cache, device, say)
    summary.update(
        method="distill" if config.unlabelled else "full",
        interrupted=interrupted,
        best_step=run.best_step,
        train_people=len(material.train),
        replay_people=len(material.replay),
    )
    folder.save_summary(summary)
    draw_curves(folder.events(), folder / "curves.png")
    return TrainResult(folder.path, folder / "model.tflite", summary["stock_px"], summary["tuned_px"], interrupted)


def device_of(config: TrainConfig) -> torch.device:
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


def total_steps(config: TrainConfig, people: int, own: int) -> int:
    """How many steps a run takes; ``own``: the labelled crops of a batch."""
    least, most = config.samples
    return max(1, min(max(config.passes * people, least), most) // own)


class Run:
    """The loop and its bookkeeping."""

    def __init__(
        self,
        config: TrainConfig,
        folder: RunFolder,
        trainer: Trainer,
        val: list[Subject],
        cache: ImageCache,
        device: torch.device,
        say: Say,
        look: Callable[..., Score] = validate,
    ) -> None:
        """``look``: how a network is looked at on ``val``, called as ``validate``."""
        self.look = look
        self.config, self.folder, self.trainer, self.val = config, folder, trainer, val
        self.cache, self.device, self.say = cache, device, say
        self.best: Score | None = None
        self.best_step = 0
        self.best_weights = trainer.averaged_copy()
        self.without_gain = 0
        self.validated = -1

    def load(self) -> None:
        """Go on from the checkpoint."""
        state = self.folder.load_checkpoint()
        try:
            self.trainer.load_state(state["trainer"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise PosetuneError(
                f"The checkpoint in {self.folder.path} is of another network or configuration; use the run's own train.yaml."
            ) from error
        # The two parts of the score that are asked for again; checkpoints of an earlier version have the mean alone.
        self.best = Score(state["best"], 0.0, tuple(state.get("best_people_px", ())))
        self.best_step, self.without_gain = state["best_step"], state["without_gain"]
        self.best_weights = [w.to(self.device) for w in state["best_weights"]]
        self.folder.truncate_log(self.trainer.steps_done)
        self.say(f"Resumed at step {self.trainer.steps_done}.")

    def save(self) -> None:
        assert self.best is not None  # a run validates before its first step
        self.folder.save_checkpoint(
            {
                "trainer": self.trainer.state(),
                "best": self.best.mean_px,
                "best_step": self.best_step,
                "best_people_px": self.best.people_px,
                "best_weights": self.best_weights,
                "without_gain": self.without_gain,
            }
        )

    def go(self, batches: BatchMaker, total: int) -> bool:
        """Train to the end, to the end of patience, or to Ctrl-C. Returns whether it was interrupted."""
        start = self.trainer.steps_done
        every = max(1, total // self.config.validations)
        board = _tensorboard(self.folder)
        began = saved = time.monotonic()
        if self.best is None:
            self._validate(0, board)
        with interruptible() as interrupted:
            for batch in ahead(Revisited(batches, self.config.visits, batches.batch), start, total):
                parts = self.trainer.step(batch, total)
                step = self.trainer.steps_done
                if step % _LOG_EVERY == 0 or step == total:
                    self._report(step, total, start, began, parts, batch, board)
                if step % every == 0 or step == total:
                    self._validate(step, board, going_on=step < total)
                    if self.config.patience and self.without_gain >= self.config.patience:
                        self.say(
                            f"No improvement for {self.without_gain} validations: stopped at step {step} of {total}."
                        )
                        break
                if time.monotonic() - saved > 60 * self.config.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
                if interrupted():
                    if self.validated != step:
                        self._validate(step, board, going_on=False)
                    self.say(f"Interrupted at step {step} of {total}: keeping the best so far; --resume goes on.")
                    break
            stopped = interrupted()
        self.save()
        if board is not None:
            board.close()
        return stopped

    def _report(
        self, step: int, total: int, start: int, began: float, parts: dict[str, float], batch: Batch, board: Any
    ) -> None:
        rate = (step - start) * len(batch.names) / (time.monotonic() - began)
        left = (total - step) * len(batch.names) / rate
        lr = self.config.lr * self.trainer.schedule(total)
        samples = step * len(batch.names)
        self.folder.log(
            {"kind": "step", "step": step, "samples": samples, "lr": lr, "images_per_second": rate, "loss": parts}
        )
        self.say(f"step {step}/{total}  loss {parts['loss']:.3f}  {rate:.1f} images/s  {clock(left)} left")
        if board is not None:
            for name, value in parts.items():
                board.add_scalar(f"loss/{name}", value, samples)
            board.add_scalar("lr", lr, samples)

    def _validate(self, step: int, board: Any, going_on: bool = True) -> None:
        with self.trainer.averaged() as network:
            score = self.look(network, self.val, self.cache, self.device, self.trainer.pool)
        self.validated = step
        samples = step * self.config.batch
        self.folder.log(
            {"kind": "validation", "step": step, "samples": samples, "mean_px": score.mean_px, "pck_0.2": score.pck}
        )
        better = self.best is None or score.mean_px < self.best.mean_px
        mark = "  best so far" if better and step else ""
        self.say(f"validation at step {step}: mean {score.mean_px:.3f} crop px, PCK@.2 {score.pck:.1%}{mark}")
        if board is not None:
            board.add_scalar("val/mean_px", score.mean_px, samples)
        if self.best is None or better:
            self.best, self.best_step, self.without_gain = score, step, 0
            self.best_weights = self.trainer.averaged_copy()
        else:
            self.without_gain += 1
            if self.config.schedule == "plateau":
                self.trainer.rate /= 3
            elif going_on and self.config.setback and self.config.schedule != "constant":
                worse = score.worse_than(self.best)
                if worse > self.config.setback:  # the steps must be too large
                    self.trainer.step_back(self.best_weights)
                    self.say(
                        f"That is {worse:.1%} worse than at step {self.best_step}: back to there, at a third of the "
                        "learning rate."
                    )


def _tensorboard(folder: RunFolder) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:  # optional: the JSONL log has the same numbers
        return None
    return SummaryWriter(str(folder / "tensorboard"))
