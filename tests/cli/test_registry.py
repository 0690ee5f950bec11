from __future__ import annotations

import hashlib
import json

from posetune.cli import main
from posetune.stock import PINS


def test_a_registry_is_made_looked_over_and_listed(tmp_path, capsys, monkeypatch):
    url = str(tmp_path / "registry")
    monkeypatch.setenv("POSETUNE_REGISTRY", url)
    assert main(["registry", "init", "--model", "lite"]) == 0
    assert "a new registry; lite" in capsys.readouterr().out
    assert main(["registry", "init", url, "--model", "lite"]) == 0
    said = capsys.readouterr()
    assert "is a registry already; lite" in said.out
    assert said.err == ""
    assert main(["registry", "init", url, "--model", "full", "--data", str(tmp_path)]) == 0
    assert "Note: --model and --data changed nothing" in capsys.readouterr().err
    assert main(["registry", "verify", url, "--json", str(tmp_path / "verdict.json")]) == 0
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert verdict == {"entries": 3, "networks": 1, "live": PINS["lite"].sha256, "faults": [], "notes": []}
    assert main(["registry", "list"]) == 0
    assert "live       lite" in capsys.readouterr().out
    for network in ([], ["--network", "lite"], ["--network", PINS["lite"].sha256[:6]]):
        file = tmp_path / f"out{len(network)}.tflite"
        assert main(["registry", "fetch", url, "--out", str(file), *network]) == 0
        assert hashlib.sha256(file.read_bytes()).hexdigest() == PINS["lite"].sha256
    assert main(["registry", "fetch", url, "--out", str(file), "--network", "mine"]) == 2
    assert "no network called 'mine'" in capsys.readouterr().err


def test_damage_is_a_failed_check_of_one_sentence_each(tmp_path, capsys):
    url = str(tmp_path / "registry")
    main(["registry", "init", url, "--model", "lite"])
    network = next((tmp_path / "registry" / "networks").glob("*/network.tflite"))
    network.write_bytes(network.read_bytes()[:-100])
    (tmp_path / "registry/log/000000002.json").write_bytes(b"{")
    capsys.readouterr()
    assert main(["registry", "verify", url]) == 1
    said = capsys.readouterr().out
    assert "fault: Entry 2 of the log is damaged" in said
    assert "damaged network.tflite of lite" in said
    assert "2 faults; lite" in said


def test_where_the_live_network_is_unknown_it_is_said_and_none_is_made_live(tmp_path, capsys):
    url = str(tmp_path / "registry")
    main(["registry", "init", url, "--model", "lite"])
    for folder in ("log", "copies"):
        (tmp_path / "registry" / folder / "000000003.json").write_bytes(b"{")
    capsys.readouterr()
    assert main(["registry", "verify", url]) == 1
    assert "is live cannot be told: Entry 3 of the log is damaged" in capsys.readouterr().out
    assert main(["registry", "init", url]) == 2
    assert "Nothing is made live: " in capsys.readouterr().err
    assert not (tmp_path / "registry/log/000000004.json").exists()


def test_no_url_is_one_sentence(capsys, monkeypatch):
    monkeypatch.delenv("POSETUNE_REGISTRY", raising=False)
    assert main(["registry", "verify"]) == 2
    assert "set POSETUNE_REGISTRY" in capsys.readouterr().err
