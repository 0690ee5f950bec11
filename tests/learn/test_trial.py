from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.learning import add_people, opened, registry_with

from posetune.learn import trial
from posetune.learn.rules import Rules
from posetune.progress import Reporter
from posetune.runtime.load import load
from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence as Verdicts
from posetune.store.registry import entry as kinds
from posetune.store.runs import Runs

RULES = Rules()


@pytest.fixture
def database(tmp_path):
    with opened(tmp_path) as database:
        yield database


def test_each_audited_person_judges_a_challenger_frozen_before(tmp_path, database, lite, full):
    add_people(database, tmp_path, [150.0, 170.0], "audit")  # known before
    registry = registry_with(tmp_path, lite)
    store, verdicts = Corrections(database), Verdicts(database)
    challenger = registry.add(full, ".tflite", {}, by="test").sha256
    body = {"network": challenger, "live": registry.state.live, "frozen_at": store.newest()}
    registry.append(kinds.CHALLENGE, body, "test")
    (current,) = trial.trials(registry.state, RULES)

    def network(sha256: str):
        return load(registry.fetch(sha256, tmp_path / "networks"))

    def judge() -> int:
        return trial.judge(current, store, verdicts, Runs(database), network, tmp_path / "pictures", Reporter())

    assert judge() == 0
    add_people(database, tmp_path, [160.0, 180.0, 200.0], "audit", "bob")
    add_people(database, tmp_path, [190.0], "correction", "eve")
    assert judge() == 3
    assert judge() == 0
    found = verdicts.of(challenger, registry.state.live)
    assert len(found) == 3
    assert all(0 < v.live_error < 50 and v.live_error != v.challenger_error for v in found)
    better, worse = trial.evidence(current, verdicts)
    assert better.units == worse.units == 3
    assert better.mean == pytest.approx(-worse.mean)


def test_of_a_scene_the_first_counts(tmp_path, database):
    unit, other = (add_people(database, tmp_path, [x], "audit", name)[0] for x, name in ((150.0, "a"), (160.0, "b")))
    verdicts = Verdicts(database)
    verdicts.judge(unit, "live", "new", 3.0, 1.0)
    verdicts.judge(other, "live", "new", 1.0, 1.0)
    assert trial.figures(verdicts.of("new")) == pytest.approx([0.5, 0.0])
    found = verdicts.of("new")
    twin = dataclasses.replace(found[0], number=9, live_error=0.0)
    assert trial.figures([*found, twin]) == pytest.approx([0.5, 0.0])


def test_evidence_of_before_a_new_beginning_does_not_count(tmp_path, database, lite):
    registry = registry_with(tmp_path, lite)
    live = registry.state.live
    challenger = hashlib.sha256(b"x").hexdigest()
    registry.append(kinds.CHALLENGE, {"network": challenger, "live": live, "frozen_at": 0}, "test")
    verdicts = Verdicts(database)
    units = add_people(database, tmp_path, [150.0, 160.0], "audit")
    verdicts.judge(units[0], live, challenger, 3.0, 1.0)
    registry.append(kinds.EVIDENCE, {"restarted": verdicts.of(challenger)[-1].number, "why": "drift"}, "test")
    verdicts.judge(units[1], live, challenger, 1.0, 3.0)
    (current,) = trial.trials(registry.state, RULES)
    assert [v.live_error for v in trial.counted(current, verdicts)] == [1.0]


def test_after_a_promotion_the_network_before_is_tried_against_it(tmp_path, lite):
    registry = registry_with(tmp_path, lite)
    first = registry.state.live
    second = registry.add(lite + b"0000", ".tflite", {}, by="test").sha256
    registry.append(kinds.PROMOTE, {"network": second, "why": "better", "frozen_at": 7}, "test")
    (current,) = trial.trials(registry.state, RULES)
    assert current == trial.Trial(trial.BACK, first, second, 7, 0, RULES.back)
    assert Path(registry.name).is_dir()


def test_what_either_network_learned_from_is_known(tmp_path, database):
    store, runs = Corrections(database), Runs(database)
    units = add_people(database, tmp_path, [150.0, 160.0, 170.0])
    first, second, third = (unit.number for unit in units)
    forward = trial.Trial(trial.FORWARD, "new", "live", third, 0, 100.0)
    assert trial.learned_from(forward, store, runs) == {first, second, third}  # from elsewhere: nobody knows
    runs.finish(runs.begin([second], third), "new")
    assert trial.learned_from(forward, store, runs) == {second}
    runs.finish(runs.begin([first], second), "live")
    assert trial.learned_from(forward, store, runs) == {first, second}
    back = trial.Trial(trial.BACK, "first", "live", third, 0, 20.0)
    assert trial.learned_from(back, store, runs) == {first}
