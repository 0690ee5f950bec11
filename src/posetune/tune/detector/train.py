"""A detector's run, from top to bottom: labelled pictures in, a detector that finds more of the people out."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posetune.data.dataset import load_dataset, load_train_and_val
from posetune.data.found import match_found
from posetune.data.unlabelled import images_in
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.interrupt import interruptible
from posetune.progress import Say, clock
from posetune.stock import RUN_DETECTOR, detector_of
from posetune.tune.detector.batches import BatchMaker, BatchPlan
from posetune.tune.detector.config import DetectorConfig
from posetune.tune.detector.samples import SampleMaker, SampleOrder, plain_sample
from posetune.tune.detector.scenes import Circles, Scene, scenes_of
from posetune.tune.detector.score import Looked, Score, looked_at, score_of
from posetune.tune.detector.trainer import DetectorTrainer, pixels_of, with_circle_scaled, with_score_bias
from posetune.tune.people.batches import ahead
from posetune.tune.people.replay import sample_folder
from posetune.tune.people.samples import ImageCache
from posetune.tune.run_folder import CHECKPOINT, CONFIG, RunFolder
from posetune.tune.session import device_of
from posetune.tune.training.steps import resumed, take_steps

_CALIBRATION_SAMPLES = 48
_LOG_EVERY = 20  # steps
#: The circle is scaled at the end where val tells of so many people.
_ENOUGH_FOR_SCALE = 10
#: Added to the logits at the end, the most careful first.
_BIASES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
#: Splits of the sample set that the detector is held to the base on: ordinary people, and bent, lying, crouching ones.
_HELD = ("ordinary_train", "train")
_HELD_PART = 0.7  # of a circle's radius
#: Of so many training pictures the base detector is asked whom it sees; where it finds more than this share of the labelled people
#: besides them, not everybody seems to be labelled.
_ASKED, _PARTIAL = 100, 0.25


@dataclass(frozen=True)
class DetectorResult:
    """Where the tuned detector is, and what the run's own validation said of the base and of the tuned one."""

    run: Path
    detector: Path
    base: Score
    tuned: Score
    interrupted: bool

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "run": str(self.run),
            "detector": str(self.detector),
            "base": self.base.to_json(),
            "tuned": self.tuned.to_json(),
            "interrupted": self.interrupted,
        }


@dataclass(frozen=True)
class Material:
    """What a run learns from, is held by, and looks at: ``val`` of the user's, and ``ordinary`` pictures that it must not lose."""

    train: list[Scene]
    held: list[Scene]
    val: list[Scene]
    ordinary: list[Scene]


def train_detector(config: DetectorConfig, *, resume: bool = False, say: Say = print) -> DetectorResult:
    """Tune a detector on labelled pictures and leave it in the run folder ``config.out``.

    Ctrl-C ends the run early and keeps the best detector so far. Raises PosetuneError for unusable data, a file that is no
    detector, an unwritable folder, or a loss that is not finite.
    """
    folder = RunFolder(config.out)
    with folder.taken(resume):
        return _train(config, folder, resume, say)


def _train(config: DetectorConfig, folder: RunFolder, resume: bool, say: Say) -> DetectorResult:
    device = device_of(config)  # type: ignore[arg-type]
    torch.manual_seed(config.seed)
    random.seed(config.seed)
    base = detector_of(config.base)
    config.save(folder / CONFIG)
    material = collect_scenes(config, say)

    cache = ImageCache()
    make = SampleMaker(
        material.train,
        material.held,
        lambda s: cache.read(s.image),
        config.sample,
        SampleOrder(config.replay.share, config.seed),
    )
    calibration = [pixels_of([make(n) for n in range(i, i + 12)]) for i in range(0, _CALIBRATION_SAMPLES, 12)]
    trainer = DetectorTrainer(Graph(base, config.base), config, calibration, device)
    batches = BatchMaker(make, trainer.prepare, BatchPlan(config.batch, config.visits, config.kept, config.seed))

    def looked(scenes: list[Scene]) -> Looked:
        return looked_at([plain_sample(s, cache.read(s.image)) for s in scenes], trainer)

    looks = Looks(looked(material.val), looked(material.ordinary), trainer)
    if config.others == "base":
        say(_unlabelled(looked(material.train[:_ASKED]), len(material.train)))
    run = DetectorRun(config, folder, trainer, looks, say)
    if resume and (folder / CHECKPOINT).exists():
        run.load()
    interrupted = run.go(batches)
    return run.finish(base, interrupted)


class Looks:
    """Looking at a network: on val, and on ordinary pictures."""

    def __init__(self, val: Looked, ordinary: Looked, trainer: DetectorTrainer) -> None:
        self.val, self.ordinary, self.trainer = val, ordinary, trainer
        self.base = self.scores(trainer.stock)

    def scores(self, network: Any) -> tuple[Score, Score]:
        return (
            score_of(network, self.val, self.trainer, self.trainer.pool),
            score_of(network, self.ordinary, self.trainer, self.trainer.pool),
        )

    def worth(self, scores: tuple[Score, Score]) -> float:
        """What is chosen by: F1 on val, less what was lost on ordinary pictures."""
        return scores[0].f1 + min(0.0, scores[1].f1 - self.base[1].f1)


class DetectorRun:
    """The loop and its bookkeeping."""

    def __init__(
        self, config: DetectorConfig, folder: RunFolder, trainer: DetectorTrainer, looks: Looks, say: Say
    ) -> None:
        self.config, self.folder, self.trainer, self.looks, self.say = config, folder, trainer, looks, say
        self.best = looks.worth(looks.base)
        self.best_step = 0
        self.best_weights = trainer.averaged_copy()
        self.without_gain = 0
        self.validated = -1
        self._start, self._began = 0, time.monotonic()

    def load(self) -> None:
        """Go on from the checkpoint."""
        state = resumed(self.folder, self.trainer)
        self.best, self.best_step, self.without_gain = state["best"], state["best_step"], state["without_gain"]
        self.best_weights = [w.to(self.trainer.device) for w in state["best_weights"]]
        self.folder.truncate_log(self.trainer.steps_done)
        self.say(f"Resumed at step {self.trainer.steps_done}.")

    def save(self) -> None:
        self.folder.save_checkpoint(
            {
                "trainer": self.trainer.state(),
                "best": self.best,
                "best_step": self.best_step,
                "best_weights": self.best_weights,
                "without_gain": self.without_gain,
            }
        )

    def go(self, batches: BatchMaker) -> bool:
        """Train to the end, to the end of patience, or to Ctrl-C. Returns whether it was interrupted. SIGTERM saves and raises
        Terminated.
        """
        total, self._start, self._began = self.config.steps, self.trainer.steps_done, time.monotonic()
        if not self._start:
            self._say_scores("base", self.looks.base)
        with interruptible() as interrupted:
            take_steps(self, ahead(batches, self._start, total), total, interrupted)  # type: ignore[arg-type]
            stopped = bool(interrupted())
        self.save()
        return stopped

    def step(self, batch: Any) -> int:
        """Learn from ``batch``, and how many steps are done."""
        parts = self.trainer.step(batch, self.config.steps)
        step = self.trainer.steps_done
        if step % _LOG_EVERY == 0 or step == self.config.steps:
            self._report(step, parts)
        return step

    def _report(self, step: int, parts: dict[str, float]) -> None:
        rate = (step - self._start) / (time.monotonic() - self._began)
        left = clock((self.config.steps - step) / rate)
        self.folder.log({"kind": "step", "step": step, "steps_per_second": rate, "loss": parts})
        words = "  ".join(f"{name} {value:.3f}" for name, value in parts.items())
        self.say(f"step {step}/{self.config.steps}  {words}  {rate:.2f} steps/s  {left} left")

    def validate(self, step: int, going_on: bool = True) -> None:
        """Look at the network and keep the best; it is the same whether steps follow (``going_on``) or not."""
        with self.trainer.averaged() as network:
            scores = self.looks.scores(network)
        self.validated = step
        worth = self.looks.worth(scores)
        self.folder.log(
            {
                "kind": "validation",
                "step": step,
                "worth": worth,
                "val": scores[0].to_json(),
                "ordinary": scores[1].to_json(),
            }
        )
        self._say_scores(f"step {step}", scores, "  best so far" if worth > self.best else "")
        if worth > self.best:
            self.best, self.best_step, self.without_gain = worth, step, 0
            self.best_weights = self.trainer.averaged_copy()
        else:
            self.without_gain += 1

    def _say_scores(self, what: str, scores: tuple[Score, Score], mark: str = "") -> None:
        self.say(f"validation, {what}: F1 {scores[0].f1:.3f}: {scores[0]}{mark}")
        if self.looks.ordinary.samples:
            self.say(f"  ordinary pictures: F1 {scores[1].f1:.3f}: {scores[1]}")

    def finish(self, base: bytes, interrupted: bool) -> DetectorResult:
        """The best weights into the base's own file, with the circle's size set right; measured."""
        self.trainer.use(self.best_weights)
        network = self.trainer.finished()
        val = score_of(network, self.looks.val, self.trainer, self.trainer.pool)
        factor = self.config.circle_scale
        if factor == "auto":
            known = val.found >= _ENOUGH_FOR_SCALE
            factor = float(np.clip(1 / val.side, 0.5, 2.0)) if known else 1.0
        network = with_circle_scaled(network, float(factor))
        bias = self._score_bias(network)
        network = with_score_bias(network, bias)
        content = network.write_to(Graph(base)).to_bytes()
        scores = self.looks.scores(network)
        write_bytes(self.folder / RUN_DETECTOR, content)
        self._say_scores(f"{self.folder / RUN_DETECTOR}", scores)
        self.folder.save_summary(
            {
                "method": "detector",
                "base": self.config.base,
                "interrupted": interrupted,
                "best_step": self.best_step,
                "circle_scale": factor,
                "score_bias": bias,
                **{
                    name: score.to_json()
                    for name, score in (
                        ("val_base", self.looks.base[0]), ("val", scores[0]),
                        ("ordinary_base", self.looks.base[1]), ("ordinary", scores[1]),
                    )
                },
            }
        )  # fmt: skip
        return DetectorResult(self.folder.path, self.folder / RUN_DETECTOR, self.looks.base[0], scores[0], interrupted)

    def _score_bias(self, network: Network) -> float:
        """What to add to the logits: as the configuration says, or what serves val and ordinary pictures best."""
        if self.config.score_bias != "auto":
            return float(self.config.score_bias)
        worth = {bias: self.looks.worth(self.looks.scores(with_score_bias(network, bias))) for bias in _BIASES}
        return max(_BIASES, key=lambda bias: worth[bias])  # of equals the first


# --- what there is to learn from ---------------------------------------------------------------------------------------


def collect_scenes(config: DetectorConfig, say: Say) -> Material:
    """Labelled pictures, pictures against forgetting, and both kinds to look at. Says what it found."""
    sets = load_train_and_val(
        Path(config.data or ""), config.train_split, config.val_split, config.val_share, config.seed, say
    )
    for dataset in sets:
        for warning in dataset.warnings:
            say(warning)
    train, val = (scenes_of(dataset, config.others) for dataset in sets)
    people = sum(len(s.people) for s in train)
    if not people:
        raise PosetuneError(
            f"{sets[0].name} has no person to teach a detector: a hip and a shoulder must be labelled; posetune data check "
            f"{config.data} says more."
        )
    _say_what_is_taught(train, say)
    order = np.random.default_rng([config.seed, 3]).permutation(len(val))[: config.val_pictures]
    held, ordinary = [], []
    if config.replay.sample_set:
        sample = sample_folder()
        held += [_held(s) for split in _HELD for s in scenes_of(load_dataset(sample, split))]
        ordinary = scenes_of(load_dataset(sample, "ordinary"), "nobody")
    if config.replay.folder is not None:
        held += [Scene(r, Circles.none()) for r in images_in(config.replay.folder, "replay")]
    if held and config.replay.share:
        say(f"Replay: {len(held)} pictures are held to what the base detector says of them.")
    return Material(train, held if config.replay.share else [], [val[i] for i in sorted(order)], ordinary)


def _say_what_is_taught(train: list[Scene], say: Say) -> None:
    people, empty = sum(len(s.people) for s in train), sum(not len(s.people) for s in train)
    ignored = sum(len(s.ignored) for s in train)
    say(
        f"Teaching a detector {people} people in {len(train)} pictures"
        + (f"; {empty} pictures show nobody" if empty else "")
        + (
            f"; {ignored} regions (people marked to be ignored, or without a labelled hip or shoulder) teach nothing"
            if ignored
            else ""
        )
        + "."
    )


def _unlabelled(looked: Looked, pictures: int) -> str:
    """What becomes of people whom nobody labelled. ``looked``: pictures of the ``pictures`` that are trained on."""
    found = labelled = 0
    for sample, says in zip(looked.samples, looked.base_says, strict=True):
        circles = sample.people
        torsos = np.maximum(np.linalg.norm(circles.shoulder - circles.hip, axis=1), circles.radius / 4)
        found += int(match_found(circles.hip, torsos, says, sample.ignored).false.sum())
        labelled += len(circles)
    remedy = "label everybody, mark others to be ignored, or add --partial"
    if found > _PARTIAL * labelled:
        among = "these pictures" if len(looked.samples) == pictures else f"{len(looked.samples)} of these pictures"
        return (
            f"The base detector alone finds {found} people in {among} whom nobody labelled, beside {labelled} who are: not "
            f"everybody seems to be labelled, and this teaches the detector to miss the others; {remedy}."
        )
    return f"Whoever is not labelled and not found by the base detector is taught as nobody: {remedy}."


def _held(scene: Scene) -> Scene:
    """A picture of known people whose labels are not taught: where one is whom the base misses, that nobody is there is not
    taught either.
    """
    r = _HELD_PART * scene.people.radius[:, None]
    around = np.concatenate([scene.people.hip - r, scene.people.hip + r], axis=1)
    return Scene(scene.image, Circles.none(), np.concatenate([scene.ignored, around]))
