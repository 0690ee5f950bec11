"""The clients of docs/reference/server.md run as they stand there, and are short."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/reference/server.md").read_text(encoding="utf-8")


def _program(language: str, url: str) -> str:
    code = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]
    assert len(code.splitlines()) <= 20
    return code.replace("http://127.0.0.1:8000", url)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30)


@pytest.fixture
def folder(tmp_path, photo) -> Path:
    (tmp_path / "photo.jpg").write_bytes(photo)
    (tmp_path / "bad.jpg").write_bytes(photo[:500])
    return tmp_path


def test_python(web_server, folder):
    (folder / "client.py").write_text(_program("python", web_server.url))
    good = _run([sys.executable, "client.py", "photo.jpg"], folder)
    assert "left_knee" in good.stdout
    bad = _run([sys.executable, "client.py", "bad.jpg"], folder)
    assert (bad.returncode, "cut off" in bad.stderr) == (1, True)


def test_javascript(web_server, folder):
    if shutil.which("node") is None:
        pytest.skip("no Node here")
    ask = 'import { readFileSync } from "node:fs";\nconsole.log((await people(readFileSync("photo.jpg")))[0].angles.left_knee);\n'
    (folder / "client.mjs").write_text(ask + _program("javascript", web_server.url))
    assert 90 < float(_run(["node", "client.mjs"], folder).stdout) <= 180


def test_curl(web_server, folder):
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    assert '"landmarks_px"' in _run(["bash", "-c", _program("sh", web_server.url)], folder).stdout
