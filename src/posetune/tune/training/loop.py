"""The loop of a run: steps, looks at validation, checkpoints, the best weights kept."""

from __future__ import annotations

import math
import time

from torch import Tensor

from posetune.interrupt import interruptible
from posetune.progress import clock
from posetune.tune.people.batches import BatchMaker, Revisited, ahead
from posetune.tune.people.samples import Batch
from posetune.tune.people.second_look import SecondLook
from posetune.tune.run import LandmarkRun
from posetune.tune.training.steps import resumed, take_steps
from posetune.tune.training.trainer import Trainer
from posetune.tune.training.validate import Look, Score

_LOG_EVERY = 10  # steps


class _Pace:
    """Where and when the steps began, and how many there are in all."""

    def __init__(self, start: int, total: int) -> None:
        self.start, self.total, self.began = start, total, time.monotonic()


class Loop:
    """The steps of one stage and their bookkeeping. ``best_weights``: those with the least error on validation; ``freed``: what
    ``second_look`` found, None before.
    """

    def __init__(
        self, session: LandmarkRun, trainer: Trainer, look: Look, second_look: SecondLook | None = None
    ) -> None:
        self.config, self.folder, self.report = session.config, session.folder, session.report
        self.say, self.emit = session.say, session.emit
        self.trainer, self.look, self.second_look = trainer, look, second_look
        self.ranks = session.ranks
        self.freed: dict[int, list[int]] | None = None
        self.best: Score | None = None
        self.best_step = 0
        self.best_weights: list[Tensor] = trainer.averaged_copy()
        self.without_gain = 0
        self.validated = -1
        self.interrupted = False
        self._pace = _Pace(0, 0)

    def load(self) -> None:
        """Go on from the checkpoint."""
        state = resumed(self.folder, self.trainer)
        # The two parts of the score that are asked for again; checkpoints of an earlier version have the mean alone.
        self.best = Score(state["best"], 0.0, tuple(state.get("best_people_px", ())))
        self.best_step, self.without_gain = state["best_step"], state["without_gain"]
        self.best_weights = [w.to(self.trainer.device) for w in state["best_weights"]]
        self.freed = state.get("freed")
        if self.second_look is not None and self.freed is not None:
            self.second_look.free(self.freed)
        self.folder.truncate_log(self.trainer.steps_done)
        self.say(f"Resumed at step {self.trainer.steps_done}.")

    def save(self) -> None:
        assert self.best is not None  # a run validates before its first step
        if not self.ranks.first:
            return
        self.folder.save_checkpoint(
            {
                "trainer": self.trainer.state(),
                "best": self.best.mean_px,
                "best_step": self.best_step,
                "best_people_px": self.best.people_px,
                "best_weights": self.best_weights,
                "without_gain": self.without_gain,
                "freed": self.freed,
            }
        )

    def go(self, batches: BatchMaker, total: int) -> None:
        """Train to the end, to the end of patience, or to Ctrl-C (``interrupted`` then). SIGTERM saves and raises Terminated."""
        self._pace = _Pace(self.trainer.steps_done, total)
        with interruptible() as mine:

            def interrupted() -> int:
                return self.ranks.most(mine())

            if self.best is None:
                self.validate(0)
            division = self.trainer.join(self.ranks)
            made = batches.only(division.crops(batches.plan.batch))
            for stop in self._stops(total):
                # Anew for each part: no batch made before a second look is visited after it.
                revisited = Revisited(made, self.config.visits, batches.plan.batch)
                take_steps(self, ahead(revisited, self.trainer.steps_done, stop), total, interrupted)
                if interrupted() or self.trainer.steps_done < stop:
                    break
                if stop < total:
                    self._look_again()
            self.interrupted = bool(interrupted())
        self.save()

    def _stops(self, total: int) -> list[int]:
        """Where the run pauses: half-way, for a second look that is still to come, and at the end."""
        half = total // 2
        ahead_of_it = self.second_look is not None and self.freed is None and self.trainer.steps_done <= half
        return [half, total] if ahead_of_it else [total]

    def _look_again(self) -> None:
        assert self.second_look is not None
        self.freed = self.second_look.judge()
        self.say(self.second_look.text(self.freed))
        self.second_look.free(self.freed)

    def step(self, batch: Batch) -> int:
        """Learn from ``batch``, and how many steps are done."""
        total = self._pace.total
        parts = self.trainer.step(batch, total)
        step = self.trainer.steps_done
        self.report.progress(f"steps · loss {parts['loss']:.3f}", step, total)
        if step % _LOG_EVERY == 0 or step == total:
            self._report(self._pace, parts, self.config.batch)
        return step

    def _report(self, pace: _Pace, parts: dict[str, float], batch: int) -> None:
        step, total = self.trainer.steps_done, pace.total
        rate = (step - pace.start) * batch / (time.monotonic() - pace.began)
        lr = self.config.lr * self.trainer.schedule(total)
        self.emit(
            {"kind": "step", "step": step, "samples": step * batch, "lr": lr, "images_per_second": rate, "loss": parts}
        )
        left = clock((total - step) * batch / rate)
        self.say(f"step {step}/{total}  loss {parts['loss']:.3f}  {rate:.1f} images/s  {left} left")

    def validate(self, step: int, going_on: bool = True) -> None:
        with self.trainer.averaged() as network:
            score = self.look(network, self.trainer.pool)
        self.validated = step
        samples = step * self.config.batch
        pck = None if math.isnan(score.pck) else score.pck
        self.emit({"kind": "validation", "step": step, "samples": samples, "mean_px": score.mean_px, "pck_0.2": pck})
        better = self.best is None or score.mean_px < self.best.mean_px
        share = "" if pck is None else f", PCK@.2 {pck:.1%}"
        mark = "  best so far" if better and step else ""
        self.say(f"validation at step {step}: mean {score.mean_px:.3f} crop px{share}{mark}")
        if self.best is None or better:
            self.best, self.best_step, self.without_gain = score, step, 0
            self.best_weights = self.trainer.averaged_copy()
        else:
            self.without_gain += 1
            if self.config.schedule == "plateau":
                self.trainer.rate /= 3
            elif going_on and self.config.rollback and self.config.schedule != "constant":
                worse = score.worse_than(self.best)
                if worse > self.config.rollback:  # the steps must be too large
                    self.trainer.step_back(self.best_weights)
                    self.say(
                        f"That is {worse:.1%} worse than at step {self.best_step}: back to there, at a third of the "
                        "learning rate."
                    )
