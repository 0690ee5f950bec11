from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.learning import add_people, opened, registry_with

from posetune.errors import PosetuneError
from posetune.learn import drift, guarding, material, round, turn
from posetune.learn.guarding import Guarding
from posetune.learn.guards import Check, Guard
from posetune.learn.material import Sets
from posetune.learn.round import Options, challenge_with, run_pass
from posetune.learn.rules import Rules
from posetune.progress import Reporter
from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence as Verdicts
from posetune.store.forget import forget
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry
from posetune.store.runs import LEARNING, Leases, Runs


class House:
    """A store, a registry with stock lite live, and passes whose trainings give what ``result`` says."""

    def __init__(self, tmp_path: Path, lite: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.result = tmp_path, lite + b"0001"
        self.database = opened(tmp_path)
        self.registry = registry_with(tmp_path, lite)
        self.first = self.registry.state.live
        self.said: list[str] = []
        self.trained: list[int] = []
        self.checks = [Check("a", True, "a is fine.")]
        self.rules = Rules(least_new=2, threshold=1.2, back=1.2)
        monkeypatch.setattr(round, "train", self._train)
        monkeypatch.setattr(material, "_ordinary", lambda pictures, report: Guard(material.ORDINARY, ()))
        monkeypatch.setattr(Guarding, "checks", lambda one, sha256, held: self.checks)

    def _train(self, training, alive, say) -> Path:
        found = json.loads((training.data / "annotations" / "train.json").read_text())
        self.trained.append(len(found["annotations"]))
        training.run.mkdir(parents=True)
        (training.run / "model.tflite").write_bytes(self.result)
        return training.run / "model.tflite"

    def run(self) -> str:
        self.said.clear()
        options = Options(self.path / "work", Sets(), rules=self.rules)
        assert run_pass(self.registry, self.database, options, Reporter(self.said.append))
        return " ".join(self.said)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.registry.log.entries][3:]


@pytest.fixture
def house(tmp_path, lite, monkeypatch):
    one = House(tmp_path, lite, monkeypatch)
    yield one
    one.database.close()


def judged(house: House, live_error: float, candidate_error: float, count: int = 9) -> None:
    """Audited people who have judged the trial under way."""
    state = house.registry.refresh()
    candidate = state.challenger or state.shadow
    for unit in add_people(
        house.database, house.path, [100.0 + n for n in range(count)], "audit", f"auditor{state.last}"
    ):
        Verdicts(house.database).judge(unit, state.live, candidate, live_error, candidate_error)


def test_a_pass_trains_challenges_is_judged_and_promotes(house):
    assert "0 new corrections; a training begins at 2" in house.run()
    add_people(house.database, house.path, [150.0, 160.0])
    assert "challenges first" in house.run()
    assert house.trained == [2]
    challenger = house.registry.state.challenger
    assert house.kinds() == ["register", "challenge"]
    assert Runs(house.database).of(challenger).frozen_at == 2
    assert list((house.path / "work" / "training").iterdir()) == []  # pictures of people
    assert "not enough yet" in house.run()
    assert house.trained == [2]  # one challenger at a time

    judged(house, 6.0, 5.0)
    assert "Promoted" in house.run()
    assert house.registry.state.live == challenger
    term = house.registry.state.terms[-1]
    assert term.proven
    assert "9 audited people" in term.why
    assert house.registry.state.shadow == house.first
    assert house.trained == [2, 11]  # the audits that have judged are learned from


def test_a_live_network_that_turns_out_worse_is_taken_back(house):
    add_people(house.database, house.path, [150.0, 160.0])
    house.run()
    judged(house, 6.0, 5.0)
    house.rules = Rules(least_new=1000, threshold=1.2, back=1.2)
    house.run()
    assert house.registry.state.live != house.first
    judged(house, 6.0, 5.0)  # the candidate is the network before now
    worse, better = (house.registry.state.title(sha256) for sha256 in (house.registry.state.live, house.first))
    assert f"Taken back: {worse}; {better} is live again. It errs less" in house.run()
    assert house.registry.state.live == house.first
    assert house.registry.state.shadow == ""


def test_what_forgets_is_refused_with_reasons_and_not_trained_again_on_the_same(house):
    house.checks = [Check("ordinary people: error", False, "ordinary people: error +9.0%: worse.")]
    add_people(house.database, house.path, [150.0, 160.0])
    assert "Refused: learned-1" in house.run()
    assert house.kinds() == ["register", "refuse"]
    assert house.registry.log.entries[-1].body["reasons"] == ["ordinary people: error +9.0%: worse."]
    assert "0 new corrections" in house.run()
    assert house.trained == [2]


def test_corrections_alone_prove_nothing(house):
    add_people(house.database, house.path, [150.0, 160.0])
    house.run()
    add_people(house.database, house.path, [100.0 + n for n in range(30)], "correction", "bob")
    assert "0 audited people" in house.run()
    assert house.registry.state.live == house.first


def test_on_hold_nothing_is_promoted(house):
    add_people(house.database, house.path, [150.0, 160.0])
    house.run()
    judged(house, 6.0, 5.0)
    house.registry.append(kinds.HOLD, {"why": "a fair"}, "test")
    assert "on hold: a fair" in house.run()
    assert house.registry.state.live == house.first
    house.registry.append(kinds.RELEASE, {"why": ""}, "test")
    assert "Promoted" in house.run()


def test_a_challenger_that_learned_from_what_was_forgotten_is_refused_and_trained_without(house):
    add_people(house.database, house.path, [150.0, 160.0, 170.0])
    add_people(house.database, house.path, [180.0], annotator="bob")
    house.run()
    forget(house.database, "bob")
    house.result += b"1"
    said = house.run()
    assert "learned from corrections that were forgotten" in said
    assert house.trained == [4, 3]
    assert house.registry.state.challenger
    assert "not enough yet" in house.run()


def test_a_training_that_died_is_gone_on_with(house, monkeypatch):
    add_people(house.database, house.path, [150.0, 160.0])
    trained, runs = round.train, []

    def dies(training, alive, say):
        runs.append(training.run)
        raise PosetuneError("The training failed: killed.")

    monkeypatch.setattr(round, "train", dies)
    with pytest.raises(PosetuneError, match="killed"):
        house.run()
    monkeypatch.setattr(
        round, "train", lambda training, alive, say: runs.append(training.run) or trained(training, alive, say)
    )
    house.run()
    assert runs[0] == runs[1]
    assert house.kinds() == ["register", "challenge"]


def test_a_training_that_died_and_is_wanted_otherwise_begins_anew(house, monkeypatch):
    """--set batch=4, say, after a training that took too much memory."""
    add_people(house.database, house.path, [150.0, 160.0])
    trained = round.train

    def dies(training, alive, say):
        training.run.mkdir(parents=True)
        (training.run / "checkpoint.pt").touch()
        raise PosetuneError("The training failed: killed.")

    monkeypatch.setattr(round, "train", dies)
    with pytest.raises(PosetuneError, match="killed"):
        house.run()
    monkeypatch.setattr(round, "train", trained)
    options = Options(house.path / "work", Sets(), rules=house.rules, settings=("batch=4",))
    said: list[str] = []
    run_pass(house.registry, house.database, options, Reporter(said.append))
    assert any("begins anew" in text for text in said)
    assert house.trained == [2]


def test_of_two_passes_one_works_and_one_says_so(house):
    leases = Leases(house.database)
    lease = leases.take(LEARNING, "somebody")
    assert lease is not None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Leases, "take", lambda self, name, holder, patience: None)
        assert not run_pass(house.registry, house.database, Options(house.path / "work"), Reporter(house.said.append))
    assert house.said == ["Another pass is at work (somebody); this one leaves it to that."]


def test_a_pass_that_lost_its_lease_decides_nothing(house, monkeypatch):
    add_people(house.database, house.path, [150.0, 160.0])
    house.run()
    judged(house, 6.0, 5.0)
    before = house.registry.state
    monkeypatch.setattr(turn, "_held", lambda leases, lease: __import__("contextlib").nullcontext(lambda: False))
    with pytest.raises(PosetuneError, match="taken over"):
        house.run()
    assert house.registry.refresh() == before


def test_a_network_from_elsewhere_may_challenge(house, lite):
    options = Options(house.path / "work", rules=house.rules)
    challenge_with(
        lite + b"x", {"name": "theirs"}, house.registry, house.database, options, Reporter(house.said.append)
    )
    assert "theirs" in house.said[-1]
    assert house.registry.state.challenger
    with pytest.raises(PosetuneError, match="challenges already"):
        challenge_with(lite + b"y", {}, house.registry, house.database, options, Reporter())
    assert Corrections(house.database).newest() == 0


def test_evidence_begins_anew_where_people_have_changed_once(house, monkeypatch):
    add_people(house.database, house.path, [150.0, 160.0])
    house.run()
    judged(house, 6.0, 5.0)
    (house.path / "work" / "measured").mkdir(exist_ok=True)
    np.savez(
        house.path / "work" / "measured" / f"learned-from-{house.registry.state.challenger}.npz",
        numbers=np.zeros((1, 4)),
        poses=np.zeros((1, 8)),
    )
    monkeypatch.setattr(drift, "LEAST", 5)
    monkeypatch.setattr(drift, "drifted", lambda reference, recent: "People have changed: they squat.")
    said = house.run()
    assert "they squat. The evidence begins anew." in said
    assert "0 audited people" in said
    assert "they squat" not in house.run()


def test_where_all_of_it_forgets_too_much_a_part_is_taken(house, monkeypatch):
    bad = Check("ordinary people: error", False, "worse.")
    whole = hashlib.sha256(house.result).hexdigest()
    part = house.result + b"0.5"
    monkeypatch.setattr(guarding, "softened", lambda base, tuned, share: tuned + str(share).encode())
    allowed = hashlib.sha256(part).hexdigest()
    monkeypatch.setattr(Guarding, "checks", lambda one, sha256, held: house.checks if sha256 == allowed else [bad])
    add_people(house.database, house.path, [150.0, 160.0])
    said = house.run()
    assert "All of what was learned forgets too much: worse. 70% of it forgets too much: worse." in said
    assert "50% of what was learned forgets nothing, and is taken." in said
    state = house.registry.state
    assert state.challenger == allowed
    assert whole not in state.networks
    assert state.networks[allowed].about["share"] == 0.5
    assert Runs(house.database).of(allowed) is not None


def test_a_pass_that_died_between_training_and_registering_is_gone_on_with(house, monkeypatch):
    add_people(house.database, house.path, [150.0, 160.0])
    with monkeypatch.context() as patch:
        patch.setattr(round._Pass, "_challenge", lambda *_: (_ for _ in ()).throw(PosetuneError("killed")))
        with pytest.raises(PosetuneError, match="killed"):
            house.run()
    monkeypatch.setattr(round, "train", lambda training, alive, say: training.run / "model.tflite")
    house.run()
    assert house.trained == [2]
    assert house.kinds() == ["register", "challenge"]


def test_where_it_cannot_be_told_what_is_live_nothing_is_done(house):
    add_people(house.database, house.path, [150.0, 160.0])
    house.run()
    judged(house, 6.0, 5.0)
    for folder in ("log", "copies"):
        (house.path / "registry" / folder / f"{house.registry.log.last:09d}.json").unlink()
        (house.path / "registry" / folder / f"{house.registry.log.last - 1:09d}.json").write_bytes(b"{")
    house.registry = Registry.open(house.registry.name)
    with pytest.raises(PosetuneError, match="Nothing is judged, trained or promoted: Which network"):
        house.run()
    assert house.trained == [2]
