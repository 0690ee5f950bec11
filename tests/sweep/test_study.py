"""Studies that several machines share: nobody's trial runs for ever, nobody's living trial is taken."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

optuna = pytest.importorskip("optuna", reason="optuna is not installed: pip install '.[sweep]'")

from optuna.trial import TrialState

pytest.importorskip("sqlalchemy")

from tests.helpers import postgres

from posetune.errors import PosetuneError
from posetune.store.database import Database
from posetune.store.schema import prepare
from posetune.sweep import study as studies
from posetune.sweep.study import alive, free_the_dead, open_study


@pytest.fixture
def study(tmp_path):
    return open_study("s", 0, tmp_path)


def begun(study, **said):
    trial = study.ask()
    trial.suggest_float("lr", 0.1, 1.0)
    for key, value in said.items():
        trial.set_user_attr(key, value)
    return trial


def states(study) -> list[TrialState]:
    return [trial.state for trial in study.get_trials()]


def test_a_trial_of_a_process_that_is_gone_is_tried_again(study):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    trial = begun(study, host=studies.platform.node(), pid=ended.pid, alive=time.time())
    assert free_the_dead(study) == 0
    assert states(study) == [TrialState.FAIL, TrialState.WAITING]
    assert study.ask().suggest_float("lr", 0.1, 1.0) == trial.params["lr"]


def test_a_trial_of_another_machine_is_dead_when_it_was_not_heard_of(study):
    begun(study, host="elsewhere", pid=1, alive=1000.0)
    assert free_the_dead(study, lambda: 1000.0 + studies._DEAD - 1) == 1
    assert free_the_dead(study, lambda: 1000.0 + studies._DEAD + 1) == 0
    assert states(study)[0] == TrialState.FAIL


def test_ones_own_and_those_of_living_processes_are_left(study):
    begun(study, host=studies.platform.node(), pid=os.getpid(), alive=0.0)
    begun(study, host=studies.platform.node(), pid=os.getppid(), alive=0.0)
    begun(study)  # killed between two words, or just begun
    assert free_the_dead(study) == 3


def test_it_says_that_it_is_alive(study):
    trial = begun(study)
    with alive(trial, every=0.02):
        first = study.get_trials()[0].user_attrs["alive"]
        deadline = time.monotonic() + 5
        while study.get_trials()[0].user_attrs["alive"] == first and time.monotonic() < deadline:
            time.sleep(0.02)
    said = study.get_trials()[0].user_attrs
    assert said["alive"] > first
    assert said["pid"] == os.getpid()


def test_another_machine_sees_the_same_study(study, tmp_path):
    begun(study, host="elsewhere", pid=1, alive=time.time())
    assert free_the_dead(open_study("s", 0, tmp_path)) == 1


def test_in_a_database_that_the_store_uses_too(postgres_url, tmp_path):
    with Database(postgres.empty(postgres_url)) as database:
        prepare(database)
    one, other = (open_study("s", 0, tmp_path / name, postgres_url) for name in ("a", "b"))
    trial = begun(one, host="elsewhere", pid=1, alive=1000.0)
    assert free_the_dead(other) == 0
    assert states(one) == [TrialState.FAIL, TrialState.WAITING]
    assert other.ask().suggest_float("lr", 0.1, 1.0) == trial.params["lr"]
    with Database(postgres_url) as database:
        prepare(database)


def test_a_database_that_is_not_there_is_one_sentence(tmp_path):
    for url in ("postgresql://nobody@127.0.0.1:1/none", "mongodb://x"):
        with pytest.raises(PosetuneError):
            open_study("s", 0, tmp_path, url)
