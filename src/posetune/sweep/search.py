"""The search for a learning rate and augmentation on a user's data, with Optuna, within a budget.

Every trial is a shortened ``posetune train`` in a run folder of its own, judged on validation. The first trial is
posetune's default: what does not beat it is not taken. The study is kept in a file, so that a search goes on where it
was interrupted.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from posetune.errors import PosetuneError
from posetune.files import write_text
from posetune.measure.compare import run_summary
from posetune.sweep.run import run_training
from posetune.sweep.study import alive, free_the_dead, open_study

Space = dict[str, tuple[float, float, bool]]
BEST, FOLDER = "best.yaml", "search"
#: Seconds between looks at what other machines do.
_WAIT = 5.0
#: A trial must be better than the default by this share of its error to be taken: less is chance.
WORTH = 0.01
#: Key of train.yaml → (low, high, whether the logarithm is searched).
SPACE: Space = {
    "lr": (2e-4, 3e-3, True),
    "augment.rotation_deg": (2.0, 25.0, False),
    "augment.scale": (0.03, 0.2, False),
    "augment.shift": (0.005, 0.06, False),
    "augment.light": (0.0, 1.0, False),
    "augment.occluder": (0.0, 0.4, False),
}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Budget:
    """What a search may cost: ``trials`` in all, ``minutes`` (no trial is begun after them), ``samples`` crops a trial."""

    trials: int
    minutes: float | None = None
    samples: int = 1500


@dataclass(frozen=True)
class Found:
    """``assignments``: "key=value" to train with, none if the default was not beaten; errors on validation, crop px."""

    assignments: tuple[str, ...]
    default_px: float
    best_px: float
    trials: int


def search(
    data: Path,
    base: str,
    out: Path,
    budget: Budget,
    *,
    seed: int = 0,
    arguments: tuple[str, ...] = (),
    assignments: tuple[str, ...] = (),
    storage: str | None = None,
    say: Say = print,
) -> Found:
    """Look for a learning rate and augmentation with which ``base`` learns ``data`` better than with the default.

    Writes ``best.yaml`` (for ``posetune train --config``) and the study into ``out``/search. ``arguments``: more of
    ``posetune train``; ``assignments``: "key=value" of train.yaml for every trial. What they set is not searched.

    Any number of machines may search together: those that see the folder, or the database at ``storage``.

    A study is known by all that decides a trial, so that what was found for other data or settings is never taken.

    Raises PosetuneError if there is nothing left to search, or the default itself cannot be trained; then the reason is its
    own.
    """
    space = _searched(assignments)
    asked = _Asked(data, base, budget, seed, arguments, assignments)
    folder = out / FOLDER
    study = open_study(asked.name, seed, folder, storage)
    at_default = _defaults(space)
    if not study.get_trials(deepcopy=False):
        study.enqueue_trial(at_default, skip_if_exists=True)  # the default comes first
    begun = time.monotonic()
    while len(_finished(study)) < budget.trials:
        at_work = free_the_dead(study)
        if budget.minutes is not None and time.monotonic() - begun > 60 * budget.minutes and _finished(study):
            say(f"The search has used its {budget.minutes:g} minutes.")
            break
        if len(_finished(study)) + at_work >= budget.trials:  # other machines have the rest, unless they die
            time.sleep(_WAIT)
            continue
        trained = _try(study, asked, space, folder, say)
        if not trained and len(study.get_trials(deepcopy=False)) >= 3 * budget.trials:
            break
    return _result(study, at_default, folder, say)


@dataclass(frozen=True)
class _Asked:
    """All that decides a trial but the values that are searched."""

    data: Path
    base: str
    budget: Budget
    seed: int
    arguments: tuple[str, ...]
    assignments: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the study and its runs: the base, and a hash of all of this."""
        everything = (
            self.data.resolve(), self.base, self.budget.samples, self.seed, self.arguments, sorted(self.assignments)
        )  # fmt: skip
        return f"{self.base}-{hashlib.sha256(repr(everything).encode()).hexdigest()[:8]}"

    def command(self, values: dict[str, float]) -> list[str]:
        """The arguments of ``posetune train`` for a trial with these values."""
        samples = self.budget.samples
        settings = {**values, "samples": [samples, samples], "seed": self.seed, "blend": 1.0}
        texts = [*self.assignments, *(f"{name}={json.dumps(value)}" for name, value in settings.items())]
        assigned = [word for text in texts for word in ("--set", text)]
        return ["--data", str(self.data), "--base", self.base, *assigned, *self.arguments]


def _searched(assignments: Sequence[str]) -> Space:
    """What of :data:`SPACE` is not given."""
    given = {assignment.partition("=")[0].strip() for assignment in assignments}
    space = {key: bounds for key, bounds in SPACE.items() if key not in given}
    if not space:
        raise PosetuneError(
            f"--set gives all that --search would look for: {', '.join(SPACE)}; leave out one of the two."
        )
    return space


def _try(study: Any, asked: _Asked, space: Space, folder: Path, say: Say) -> bool:
    """Train one trial and tell the study. Returns whether it could be trained; if the default could not, it raises."""
    from optuna.trial import TrialState

    trial = study.ask()
    values = {name: trial.suggest_float(name, low, high, log=log) for name, (low, high, log) in space.items()}
    shown = ", ".join(f"{name.removeprefix('augment.')} {value:.3g}" for name, value in values.items())
    say(f"trial {len(_finished(study)) + 1}/{asked.budget.trials}: {shown}")
    run = folder / f"{asked.name}-{trial.number:03}"
    with alive(trial):
        reason = run_training(asked.command(values), run, lambda text: None)
    if reason is not None:
        study.tell(trial, state=TrialState.FAIL)
        if trial.number == 0:
            raise PosetuneError(reason)
        say(f"    failed: {reason}")
        return False
    error = float(run_summary(run)["tuned_px"])
    study.tell(trial, error)
    say(f"    {error:.3f} crop px on validation")
    return True


def _finished(study: Any) -> list[Any]:
    return [t for t in study.get_trials(deepcopy=False) if t.value is not None]


def _result(study: Any, at_default: dict[str, float], folder: Path, say: Say) -> Found:
    finished = _finished(study)
    plain = next((t.value for t in finished if t.params == at_default), finished[0].value)
    best = min(finished, key=lambda t: t.value)
    if best.value >= (1 - WORTH) * plain:
        say(
            f"Search: of {len(finished)} trials none is better than the default ({plain:.3f} crop px) by more than chance."
        )
        return Found((), plain, best.value, len(finished))
    nested: dict[str, Any] = {}
    for key, value in best.params.items():
        *groups, name = key.split(".")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = float(f"{value:.4g}")
    write_text(folder / BEST, yaml.safe_dump(nested, sort_keys=False))
    say(f"Search: {best.value:.3f} crop px against {plain:.3f} by default; kept in {folder / BEST}.")
    assignments = tuple(f"{key}={float(f'{value:.4g}')}" for key, value in best.params.items())
    return Found(assignments, plain, best.value, len(finished))


def _defaults(space: Space) -> dict[str, float]:
    """What train.yaml says of each key."""
    from posetune.tune.config import default_config

    return {key: _value(default_config(), key) for key in space}


def _value(config: dict[str, Any], key: str) -> float:
    value: Any = config
    for part in key.split("."):
        value = value[part]
    return float(value)
