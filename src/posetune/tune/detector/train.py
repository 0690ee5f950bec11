"""A detector's run, from top to bottom: labelled pictures in, a detector that finds more of the people out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.files import write_bytes
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.interrupt import interruptible
from posetune.progress import clock
from posetune.runtime.batch import write_jpeg
from posetune.stock import RUN_DETECTOR, detector_of
from posetune.tune.detector import pictures
from posetune.tune.detector.batches import BatchMaker, BatchPlan
from posetune.tune.detector.config import DetectorConfig
from posetune.tune.detector.fit import Fit, fit_of
from posetune.tune.detector.material import ASKED, collect_scenes, unlabelled
from posetune.tune.detector.samples import SampleMaker, SampleOrder, plain_sample
from posetune.tune.detector.scenes import Scene
from posetune.tune.detector.score import Looked, Score, answers, looked_at, score_of
from posetune.tune.detector.trainer import DetectorTrainer, pixels_of, with_circle_scaled, with_score_bias
from posetune.tune.people.batches import ahead
from posetune.tune.people.samples import ImageCache
from posetune.tune.run import Run, Start, seeded
from posetune.tune.run_folder import CHECKPOINT, RunFolder
from posetune.tune.training.steps import resumed, take_steps

_CALIBRATION_SAMPLES = 48
_LOG_EVERY = 20  # steps
#: The circle is scaled at the end where val tells of so many people.
_ENOUGH_FOR_SCALE = 10
#: Added to the logits at the end, the most careful first.
_BIASES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)


@dataclass(frozen=True)
class DetectorResult:
    """Where the tuned detector is, and what the run's own validation said of the base and of the tuned one; ``fit``: of the
    landmarks of people whom both find, None if nobody could be measured.
    """

    run: Path
    detector: Path
    base: Score
    tuned: Score
    fit: Fit | None
    interrupted: bool

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "run": str(self.run),
            "detector": str(self.detector),
            "base": self.base.to_json(),
            "tuned": self.tuned.to_json(),
            "landmarks": None if self.fit is None else vars(self.fit),
            "interrupted": self.interrupted,
        }


def train_detector(config: DetectorConfig, start: Start) -> DetectorResult:
    """Tune a detector on labelled pictures and leave it in the run folder ``config.out``.

    Ctrl-C ends the run early and keeps the best detector so far. Raises PosetuneError for unusable data, a file that is no
    detector, an unwritable folder, or a loss that is not finite.
    """
    folder = RunFolder(config.out)
    with folder.taken(start.resume):
        return _train(config, start, folder)


def _train(config: DetectorConfig, start: Start, folder: RunFolder) -> DetectorResult:
    device, base = seeded(config), detector_of(config.base)
    run = Run(config, folder, device, ImageCache(), start.report, start.callbacks, start.resume)
    run.begin()
    material = collect_scenes(run, config)

    def read(scene: Scene) -> np.ndarray:
        return run.cache.read(scene.image)

    order = SampleOrder(config.replay.share, config.seed)
    make = SampleMaker(material.train, material.held, read, config.sample, order)
    write_jpeg(folder / pictures.BATCH, pictures.of_samples([make(n) for n in range(pictures.MOST)]))
    calibration = [pixels_of([make(n) for n in range(i, i + 12)]) for i in range(0, _CALIBRATION_SAMPLES, 12)]
    trainer = DetectorTrainer(Graph(base, config.base), config, calibration, device)
    batches = BatchMaker(make, trainer.prepare, BatchPlan(config.batch, config.visits, config.kept, config.seed))

    def looked(scenes: list[Scene]) -> Looked:
        return looked_at([plain_sample(s, read(s)) for s in scenes], trainer)

    looks = Looks(looked(material.val), looked(material.ordinary), trainer)
    if config.others == "base":
        run.say(unlabelled(looked(material.train[:ASKED]), len(material.train)))
    loop = DetectorLoop(run, config, trainer, looks)
    if start.resume and (folder / CHECKPOINT).exists():
        loop.load()
    interrupted = loop.go(batches)
    content, figures = loop.result(base)
    fit = None if interrupted else fit_of(run, material, (base, content), config.threads)
    figures |= {"landmarks": None if fit is None else vars(fit), "interrupted": interrupted}
    run.end({"method": config.method, "base": config.base, **figures})
    tuned = looks.final
    assert tuned is not None
    return DetectorResult(folder.path, folder / RUN_DETECTOR, looks.base[0], tuned[0], fit, interrupted)


class Looks:
    """Looking at a network: on val, and on ordinary pictures. ``final``: what was said of the result."""

    def __init__(self, val: Looked, ordinary: Looked, trainer: DetectorTrainer) -> None:
        self.val, self.ordinary, self.trainer = val, ordinary, trainer
        self.base = self.scores(trainer.stock)
        self.final: tuple[Score, Score] | None = None

    def scores(self, network: Any) -> tuple[Score, Score]:
        return (
            score_of(network, self.val, self.trainer, self.trainer.pool),
            score_of(network, self.ordinary, self.trainer, self.trainer.pool),
        )

    def worth(self, scores: tuple[Score, Score]) -> float:
        """What is chosen by: F1 on val, less what was lost on ordinary pictures."""
        return scores[0].f1 + min(0.0, scores[1].f1 - self.base[1].f1)


class DetectorLoop:
    """The steps and their bookkeeping."""

    def __init__(self, run: Run, config: DetectorConfig, trainer: DetectorTrainer, looks: Looks) -> None:
        self.run, self.config, self.trainer, self.looks = run, config, trainer, looks
        self.folder, self.say = run.folder, run.say
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
            self._tell(0, self.looks.base)
            self._say_scores("base", self.looks.base)
        with interruptible() as interrupted:
            take_steps(self, ahead(batches, self._start, total), total, interrupted)  # type: ignore[arg-type]
            stopped = bool(interrupted())
        self.save()
        return stopped

    def step(self, batch: Any) -> int:
        """Learn from ``batch``, and how many steps are done."""
        total = self.config.steps
        parts = self.trainer.step(batch, total)
        step = self.trainer.steps_done
        self.run.report.progress(f"steps · loss {parts['loss']:.3f}", step, total)
        if step % _LOG_EVERY == 0 or step == total:
            self._report(step, parts)
        return step

    def _report(self, step: int, parts: dict[str, float]) -> None:
        total, batch = self.config.steps, self.config.batch
        rate = (step - self._start) / (time.monotonic() - self._began)
        self.run.emit(
            {
                "kind": "step", "step": step, "samples": step * batch,
                "lr": self.config.lr * self.trainer.schedule(total), "images_per_second": rate * batch, "loss": parts,
            }
        )  # fmt: skip
        words = "  ".join(f"{name} {value:.3f}" for name, value in parts.items())
        self.say(f"step {step}/{total}  {words}  {rate:.2f} steps/s  {clock((total - step) / rate)} left")

    def validate(self, step: int, going_on: bool = True) -> None:
        """Look at the network and keep the best; it is the same whether steps follow (``going_on``) or not."""
        with self.trainer.averaged() as network:
            scores = self.looks.scores(network)
        self.validated = step
        worth = self.looks.worth(scores)
        self._tell(step, scores)
        self._say_scores(f"step {step}", scores, "  best so far" if worth > self.best else "")
        if worth > self.best:
            self.best, self.best_step, self.without_gain = worth, step, 0
            self.best_weights = self.trainer.averaged_copy()
        else:
            self.without_gain += 1

    def _tell(self, step: int, scores: tuple[Score, Score]) -> None:
        val, ordinary = (score.to_json() for score in scores)
        event = {"kind": "validation", "step": step, "samples": step * self.config.batch, **val}
        self.run.emit({**event, "worth": self.looks.worth(scores), "ordinary": ordinary})

    def _say_scores(self, what: str, scores: tuple[Score, Score], mark: str = "") -> None:
        self.say(f"validation, {what}: F1 {scores[0].f1:.3f}: {scores[0]}{mark}")
        if self.looks.ordinary.samples:
            self.say(f"  ordinary pictures: F1 {scores[1].f1:.3f}: {scores[1]}")

    def result(self, base: bytes) -> tuple[bytes, dict[str, Any]]:
        """The best weights in a copy of the ``base``'s file, with the circle's size and the score's threshold set right, written
        and measured; and what the summary says.
        """
        self.trainer.use(self.best_weights)
        network = self.trainer.finished(self.config.blend)
        val = score_of(network, self.looks.val, self.trainer, self.trainer.pool)
        factor = self.config.circle_scale
        if factor == "auto":
            known = val.found >= _ENOUGH_FOR_SCALE
            factor = float(np.clip(1 / val.side, 0.5, 2.0)) if known else 1.0
        network = with_circle_scaled(network, float(factor))
        bias = self._score_bias(network)
        network = with_score_bias(network, bias)
        content = network.write_to(Graph(base)).to_bytes()
        scores = self.looks.final = self.looks.scores(network)
        write_bytes(self.folder / RUN_DETECTOR, content)
        said = answers(network, self.trainer, self.looks.val.prepared, self.trainer.pool)
        write_jpeg(self.folder / pictures.VALIDATION, pictures.of_answers(self.looks.val.samples, said))
        self._say_scores(f"{self.folder / RUN_DETECTOR}", scores)
        of = {
            "val_base": self.looks.base[0],
            "val": scores[0],
            "ordinary_base": self.looks.base[1],
            "ordinary": scores[1],
        }
        return content, {
            "best_step": self.best_step,
            "blend": self.config.blend,
            "circle_scale": factor,
            "score_bias": bias,
            **{name: score.to_json() for name, score in of.items()},
        }

    def _score_bias(self, network: Network) -> float:
        """What to add to the logits: as the configuration says, or what serves val and ordinary pictures best."""
        if self.config.score_bias != "auto":
            return float(self.config.score_bias)
        worth = {bias: self.looks.worth(self.looks.scores(with_score_bias(network, bias))) for bias in _BIASES}
        return max(_BIASES, key=lambda bias: worth[bias])  # of equals the first
