from __future__ import annotations

import json

import pytest

pytest.importorskip("sqlalchemy")

from posetune.cli import main


@pytest.fixture
def named(tmp_path, monkeypatch):
    monkeypatch.setenv("POSETUNE_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("POSETUNE_STORE", f"sqlite:///{tmp_path / 'store.sqlite'}")
    assert main(["registry", "init", "--model", "lite"]) == 0
    return tmp_path


def test_a_pass_with_nothing_to_do_says_so(named, capsys):
    assert main(["learn", "run"]) == 0
    said = capsys.readouterr().out
    assert "store.sqlite is a new store" in said
    assert "0 new corrections; a training begins at 20 (--least)." in said
    assert main(["learn", "run"]) == 0
    assert "new store" not in capsys.readouterr().out


def test_a_store_that_is_not_there_has_no_status(named, capsys):
    assert main(["learn", "status"]) == 2
    assert "There is no store at" in capsys.readouterr().err
    assert not (named / "store.sqlite").exists()


def test_a_damaged_live_network_is_said(named, capsys):
    main(["learn", "run"])
    (network,) = (named / "registry" / "networks").rglob("network.tflite")
    network.chmod(0o600)
    network.write_bytes(network.read_bytes()[:-1])
    capsys.readouterr()
    assert main(["learn", "status", "--json", str(named / "status.json")]) == 1
    said = capsys.readouterr().out
    assert "damaged network.tflite of lite" in said
    assert "It is the live one" in said
    assert len(json.loads((named / "status.json").read_text())["damaged"]) == 1


def test_status_and_history_as_json(named, capsys):
    main(["learn", "run"])
    assert main(["learn", "status", "--json", str(named / "status.json")]) == 0
    said = capsys.readouterr().out
    status = json.loads((named / "status.json").read_text())
    assert "Live is lite" in said
    assert status["trials"] == []
    assert main(["learn", "history", "--json", str(named / "history.json")]) == 0
    assert [e["kind"] for e in json.loads((named / "history.json").read_text())["entries"]] == [
        "init",
        "register",
        "promote",
    ]


def test_a_hold_a_promotion_by_hand_and_the_way_back(named, capsys, lite):
    assert main(["learn", "rollback", "--why", "so"]) == 2
    assert "nothing to go back to" in capsys.readouterr().err
    from posetune.store.registry.registry import Registry

    Registry.open(str(named / "registry")).add(lite + b"0", ".tflite", {"name": "mine"}, by="test")
    assert main(["learn", "promote", "mine", "--why", "a try"]) == 0
    assert main(["learn", "rollback", "--why", "it swaps knees"]) == 0
    assert main(["learn", "hold", "--why", "a\nfair", "--store", "sqlite:///not-needed.sqlite"]) == 0
    assert main(["learn", "release", "--why", "over"]) == 0
    capsys.readouterr()
    assert main(["learn", "history"]) == 0
    said = capsys.readouterr().out
    for text in ("mine", "promoted (unproven): a try", "lite", "it swaps knees", "on hold: a fair", "hold ended: over"):
        assert text in said


@pytest.mark.parametrize("verb", ["rollback", "hold"])
def test_a_decision_without_a_reason_is_none(named, capsys, verb):
    with pytest.raises(SystemExit) as ended:
        main(["learn", verb, "--why", " "])
    assert ended.value.code == 2
    assert "wants a reason" in capsys.readouterr().err


def test_without_a_registry_or_a_store_it_says_what_is_missing(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("POSETUNE_REGISTRY", raising=False)
    monkeypatch.delenv("POSETUNE_STORE", raising=False)
    assert main(["learn", "rollback", "--why", "so"]) == 2
    assert "POSETUNE_REGISTRY" in capsys.readouterr().err
    main(["registry", "init", str(tmp_path / "r"), "--model", "lite"])
    assert main(["learn", "status", "--registry", str(tmp_path / "r")]) == 2
    assert "POSETUNE_STORE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [
        ["--budget", "soon"], ["--memory", "lots"], ["--budget", "0m"], ["--least", "0"], ["--threshold", "1"],
        ["--threshold", "nan"],
    ],
)  # fmt: skip
def test_what_an_option_wants_is_said_before_anything_is_done(option, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["learn", "run", *option])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "wants" in said or "is not a whole number" in said


@pytest.mark.parametrize("option", ["--everyday", "--data", "--base"])
def test_what_a_training_needs_is_looked_for_before_it_begins(option, named, capsys):
    assert main(["learn", "run", option, "nothing-of-that-name"]) == 2
    assert "nothing-of-that-name" in capsys.readouterr().err
