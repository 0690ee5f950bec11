"""One step after another: when a run looks at validation, saves and stops."""

from __future__ import annotations

import signal
from types import SimpleNamespace

import pytest

from posetune.errors import PosetuneError
from posetune.interrupt import Terminated
from posetune.tune.training.steps import resumed, take_steps


class Run:
    """Notes what is asked of it; validation never gets better."""

    def __init__(self, patience: int = 0, minutes: float = 60.0) -> None:
        self.config = SimpleNamespace(validations=3, patience=patience, checkpoint_minutes=minutes)
        self.asked: list[object] = []
        self.said: list[str] = []
        self.say = self.said.append
        self.steps, self.validated, self.without_gain = 0, -1, 0

    def step(self, batch):
        self.steps += 1
        return self.steps

    def validate(self, step, going_on):
        self.asked.append((step, going_on))
        self.validated = step
        self.without_gain += 1

    def save(self):
        self.asked.append("save")


def go(run: Run, number: int | None = None, at: int = 0) -> Run:
    """Nine steps, with signal ``number`` asked of from step ``at`` on."""
    take_steps(run, range(9), 9, lambda: number if number and run.steps >= at else False)
    return run


def test_to_the_end_validation_is_looked_at_as_often_as_said():
    assert go(Run()).asked == [(3, True), (6, True), (9, False)]


def test_patience_ends_it():
    run = go(Run(patience=2))
    assert (run.steps, run.said) == (6, ["No improvement for 2 validations: stopped at step 6 of 9."])


def test_a_checkpoint_is_written_when_it_is_time():
    assert go(Run(minutes=-1)).asked.count("save") == 9


def test_ctrl_c_looks_at_validation_once_more_and_keeps_the_best():
    run = go(Run(), signal.SIGINT, at=4)
    assert run.asked == [(3, True), (4, False)]
    assert run.said == ["Interrupted at step 4 of 9: keeping the best so far; --resume goes on."]
    assert go(Run(), signal.SIGINT, at=3).asked == [(3, True)]  # just looked at


def test_sigterm_saves_and_looks_at_nothing():
    run = Run()
    with pytest.raises(Terminated):
        go(run, signal.SIGTERM, at=4)
    assert run.asked == [(3, True), "save"]


def test_a_checkpoint_of_another_network_is_a_sentence(tmp_path):
    class Trainer:
        def load_state(self, state):
            raise ValueError("shapes differ")

    folder = SimpleNamespace(path=tmp_path, load_checkpoint=lambda: {"trainer": {}})
    with pytest.raises(PosetuneError, match=r"of another network or configuration; use the run's own train.yaml"):
        resumed(folder, Trainer())
