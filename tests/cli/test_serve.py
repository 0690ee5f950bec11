"""``posetune serve`` as a user starts and ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from posetune.cli import main

pytest.importorskip("starlette")


def _start(data_dir: Path) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "posetune", "serve", "--port", "0", "--model", "lite", "--workers", "1", "--data-dir", data_dir],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    line = process.stderr.readline()
    assert line.startswith("posetune: serving at http://127.0.0.1:"), line
    return process, line.split()[-1]


def _ready(url: str) -> dict:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{url}readyz", timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            time.sleep(0.05)
    raise AssertionError("not ready")


def _predict(url: str, picture: bytes) -> int:
    request = urllib.request.Request(f"{url}predict", picture, {"Content-Type": "image/jpeg"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status


def test_it_serves_one_data_folder_alone_and_sigterm_finishes_what_runs(tmp_path, photo, capsys):
    process, url = _start(tmp_path)
    try:
        assert _ready(url)["network"]["name"] == "lite"
        assert main(["serve", "--port", "0", "--data-dir", str(tmp_path)]) == 2
        assert "Another posetune serve" in capsys.readouterr().err
        port = url.rpartition(":")[2].strip("/")
        assert main(["serve", "--port", port, "--data-dir", str(tmp_path / "other")]) == 2
        assert "the port is taken" in capsys.readouterr().err
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(_predict(url, photo))) for _ in range(8)]
        for thread in threads:
            thread.start()
        while not answers:
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(15)
        assert process.wait(10) == 143
        assert set(answers) == {200}
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_killed_server_leaves_no_workers_and_another_takes_its_place(tmp_path, photo):
    process, url = _start(tmp_path)
    _ready(url)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.wait()
    process.stderr.close()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() and "Z" not in _state(pid) for pid in children):
        assert time.monotonic() < end
        time.sleep(0.02)
    again, url = _start(tmp_path)
    try:
        _ready(url)
        assert _predict(url, photo) == 200
        assert len(os.listdir(tmp_path / "uploads")) == 1
    finally:
        again.send_signal(signal.SIGINT)
        assert again.wait(10) == 130
        again.stderr.close()


def _state(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "--token-file"),
        (["--port", "70000"], "--port"),
        (["--workers", "0"], "--workers"),
        (["--model", "nix.task"], "nix.task"),
        (["--token-file", "nix"], "token file"),
        (["--tls-cert", "c"], "--tls-key"),
        (["--data-dir", "mysql://host/name"], "A database is named by"),
        (["--data-dir", "postgresql://a/b", "--database", "postgresql://a/b"], "both name a database"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(tmp_path, words, said, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--port", "0", "--workers", "1", "--data-dir", str(tmp_path / "data"), *words]) == 2
    error = capsys.readouterr().err
    assert said in error.splitlines()[-1]
    assert "Traceback" not in error
