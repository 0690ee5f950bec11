from __future__ import annotations

from pathlib import Path

import pytest

from posetune.errors import PosetuneError
from posetune.store.registry import entry as kinds
from posetune.store.registry import history
from posetune.store.registry.registry import Registry


@pytest.fixture
def registry(tmp_path) -> Registry:
    registry, _ = Registry.init(str(tmp_path), {}, "test")
    for name in ("one", "two", "three"):
        known = registry.add(name.encode(), ".tflite", {"name": name}, by="test")
        if name != "three":
            registry.append(kinds.PROMOTE, {"network": known.sha256, "why": f"{name} it is", "proven": True}, "test")
    return registry


def name_of_live(registry: Registry) -> str:
    return str(registry.state.networks[registry.state.live].about["name"])


def test_the_way_back_is_to_the_one_before_and_never_forth(registry):
    history.promote(registry, "three", "a try")
    assert history.rollback(registry, "worse still").startswith("two ")
    assert history.rollback(registry, "it swaps knees").startswith("one ")
    assert name_of_live(registry) == "one"
    with pytest.raises(PosetuneError, match=r"No network was live before one .*--to NAME"):
        history.rollback(registry, "it swaps knees")
    history.rollback(registry, "after all", "two")
    assert name_of_live(registry) == "two"
    assert history.rollback(registry, "no").startswith("one ")
    assert [e.body["why"] for e in registry.log.entries if e.kind == kinds.ROLLBACK][:2] == [
        "worse still",
        "it swaps knees",
    ]
    (entry,) = [e for e in registry.log.entries if e.body.get("why") == "it swaps knees"]
    assert (entry.kind, entry.by, entry.body["proven"]) == ("rollback", "a person", False)


def test_back_to_a_network_by_name_hash_or_entry(registry):
    first = registry.state.terms[0]
    for to in ("one", first.network[:10], str(first.number)):
        history.rollback(registry, "so", to)
        assert name_of_live(registry) == "one"
        history.rollback(registry, "so", "two")
    with pytest.raises(PosetuneError, match="never was live"):
        history.rollback(registry, "so", "three")
    with pytest.raises(PosetuneError, match="live already"):
        history.rollback(registry, "so", "two")
    with pytest.raises(PosetuneError, match="no network called"):
        history.rollback(registry, "so", "four")


def test_nothing_to_go_back_to(tmp_path):
    registry, _ = Registry.init(str(tmp_path), {}, "test")
    with pytest.raises(PosetuneError, match="nothing to go back to"):
        history.rollback(registry, "so")


def test_not_back_to_a_damaged_network(registry, tmp_path):
    (tmp_path / "networks" / registry.state.terms[0].network / "network.tflite").unlink()
    with pytest.raises(PosetuneError, match="lacks"):
        history.rollback(registry, "so")
    assert name_of_live(registry) == "two"


def test_a_promotion_by_hand_is_unproven(registry):
    history.promote(registry, "three", "we believe in it")
    assert name_of_live(registry) == "three"
    assert not registry.state.terms[-1].proven
    assert any("three" in line and "(unproven)" in line for line in history.sentences(registry))


def test_a_hold_and_its_end(registry):
    history.hold(registry, "a fair")
    assert registry.state.held == "a fair"
    history.release(registry, "over")
    assert registry.state.held == ""
    with pytest.raises(PosetuneError, match="Nothing is on hold"):
        history.release(registry, "again")


def test_somebody_else_writes_at_the_same_time(registry, tmp_path):
    other = Registry.open(str(tmp_path))
    history.hold(registry, "a fair")
    history.rollback(other, "at once")
    assert other.state.held == "a fair"


def test_the_history_is_all_there(registry):
    found = history.to_json(registry)
    assert [entry["kind"] for entry in found["entries"]] == [
        "init",
        "register",
        "promote",
        "register",
        "promote",
        "register",
    ]
    assert [term["why"] for term in found["terms"]] == ["one it is", "two it is"]
    assert len(history.sentences(registry)) == 5


def test_of_evidence_that_grows_the_newest_is_said(registry):
    one, two = (term.network for term in registry.state.terms)
    for units, log_e in ((1, 0.1), (14, 0.7), (30, 2.3)):
        body = {"network": one, "live": two, "units": units, "log_e": log_e, "threshold": 20.0}
        registry.append(kinds.EVIDENCE, body, "test")
    registry.append(kinds.EVIDENCE, {"network": two, "units": 1, "log_e": 0.0}, "test")
    registry.append(kinds.EXPIRE, {"network": one, "why": "enough of it"}, "test")
    said = [line.split("  ")[-1] for line in history.sentences(registry)[5:]]
    assert said == [
        f"{registry.state.title(one)}: 30 audited people have judged, wealth 9.97 of 20",
        f"{registry.state.title(two)}: 1 audited person has judged, wealth 1 of 100",
        f"{registry.state.title(one)} no longer on trial: enough of it",
    ]


def test_a_person_says_what_is_live_where_that_is_lost(registry):
    for folder in ("log", "copies"):
        (Path(registry.name) / folder / f"{registry.state.terms[-1].number:09d}.json").unlink()
    again = Registry.open(registry.name)
    assert name_of_live(again) == "one"
    with pytest.raises(PosetuneError, match="cannot be told"):
        history.rollback(again, "worse")
    history.promote(again, "one", "it is")
    assert again.doubt == ""
    assert again.state.terms[-1].why == "it is"
