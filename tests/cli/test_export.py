"""posetune export, as a user calls it."""

from __future__ import annotations

import io
import json
import zipfile

from posetune import stock
from posetune.cli import main
from posetune.stock import tasks_vision

LITE = stock.path("lite")


def test_command(tmp_path, capsys):
    assert main(["export", "lite", "--out", str(tmp_path / "a.task")]) == 0
    assert "landmarks 0" in capsys.readouterr().out
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.task").read_bytes())) as archive:
        assert len(archive.namelist()) == 2
    assert main(["export", str(tmp_path), "--out", str(tmp_path / "b.task")]) == 2
    assert "training has not finished" in capsys.readouterr().err
    assert main(["export", "none", "--out", str(tmp_path / "b.task")]) == 2


def test_a_page_for_the_browser(tmp_path, capsys, monkeypatch):
    package = {name: b"of npm" for name in tasks_vision.FILES}
    monkeypatch.setattr(tasks_vision, "files", lambda: package)
    made = tmp_path / "web"
    assert main(["export", "lite", "--web", str(made), "--json", str(tmp_path / "report.json")]) == 0
    assert f"python -m http.server --directory {made}" in capsys.readouterr().out
    assert json.loads((tmp_path / "report.json").read_text())["path"] == str(made / "pose.task")
    facts = json.loads((made / "device.json").read_text())
    assert facts["network"] == {"name": "lite", "sha256": stock.resolve(made / "pose.task").sha256}
    assert main(["export", str(made / "pose.task"), "--web", str(made)]) == 0  # of a .task, and over itself
    assert json.loads((made / "device.json").read_text())["network"]["name"] == "pose"


def test_without_npm_there_is_a_sentence_and_no_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    network = tmp_path / "mine.tflite"
    network.write_bytes(LITE.read_bytes())
    assert main(["export", str(network), "--web", str(tmp_path / "web")]) == 2
    said = capsys.readouterr()
    assert "npm is not installed; install Node.js" in said.err
    assert (said.out, (tmp_path / "web").exists()) == ("", False)
    assert main(["export", str(network), "--web", str(tmp_path)]) == 2
    assert "holds something else" in capsys.readouterr().err
