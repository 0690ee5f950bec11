"""One step after another: what every run does between its first step and its last, whatever it trains."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from posetune.errors import PosetuneError
from posetune.interrupt import Terminated
from posetune.tune.run_folder import CONFIG, RunFolder


class Schedule(Protocol):
    """The part of a configuration that says when a run stops and saves."""

    @property
    def validations(self) -> int: ...

    @property
    def patience(self) -> int: ...

    @property
    def checkpoint_minutes(self) -> float: ...


class Steps(Protocol):
    """A run, as :func:`take_steps` asks it. ``validated``: the step of the last look at validation; ``without_gain``: how many
    looks since the best one.
    """

    validated: int
    without_gain: int

    @property
    def config(self) -> Schedule: ...

    @property
    def say(self) -> Callable[[str], None]: ...

    def step(self, batch: Any) -> int:
        """Learn from ``batch``, tell of it, and say how many steps are done."""

    def validate(self, step: int, going_on: bool) -> None:
        """Look at validation and keep the best; ``going_on``: whether steps follow."""

    def save(self) -> None:
        """Write the checkpoint."""


def take_steps(run: Steps, batches: Iterable[Any], total: int, interrupted: Callable[[], Any]) -> None:
    """Train to the end of ``batches``, to the end of patience, or until ``interrupted`` (of ``interruptible``) says Ctrl-C. SIGTERM
    saves and raises Terminated.
    """
    every = max(1, total // run.config.validations)
    saved = time.monotonic()
    for batch in batches:
        step = run.step(batch)
        if step % every == 0 or step == total:
            run.validate(step, step < total)
            if run.config.patience and run.without_gain >= run.config.patience:
                run.say(f"No improvement for {run.without_gain} validations: stopped at step {step} of {total}.")
                return
        if time.monotonic() - saved > 60 * run.config.checkpoint_minutes:
            run.save()
            saved = time.monotonic()
        if interrupted() == signal.SIGTERM:  # who sends it kills a few seconds later
            run.save()
            run.say(f"Interrupted at step {step} of {total}: saved; --resume goes on.")
            raise Terminated
        if interrupted():
            if run.validated != step:
                run.validate(step, False)
            run.say(f"Interrupted at step {step} of {total}: keeping the best so far; --resume goes on.")
            return


def resumed(folder: RunFolder, trainer: Any) -> dict[str, Any]:
    """Put ``trainer`` where the checkpoint of ``folder`` is; the checkpoint. Raises PosetuneError if it is of another run."""
    state = folder.load_checkpoint()
    try:
        trainer.load_state(state["trainer"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise PosetuneError(
            f"The checkpoint in {folder.path} is of another network or configuration; use the run's own {CONFIG}."
        ) from error
    return state
