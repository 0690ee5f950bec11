"""tasks-vision out of a made-up npm, or a made-up node_modules; no network."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from posetune.errors import PosetuneError
from posetune.stock import cache, tasks_vision

CONTENT = {name: f"{name} of a package".encode() for name in tasks_vision.FILES}


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """An npm that writes down its calls and packs CONTENT; nothing in the cache, nothing installed here."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in CONTENT.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    (tmp_path / "package.tgz").write_bytes(packed.getvalue())
    monkeypatch.setattr(tasks_vision, "INTEGRITY", tasks_vision._integrity(packed.getvalue()))
    monkeypatch.setattr(tasks_vision, "FILES", {name: cache.sha256(content) for name, content in CONTENT.items()})
    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "npm"
    program.write_text(f"#!/bin/sh\necho \"$@\" >> '{tmp_path}/calls'\ncp '{tmp_path}/package.tgz' tasks-vision.tgz\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return program


def calls(tmp_path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines() if (tmp_path / "calls").exists() else []


def test_it_is_packed_once_and_kept(npm, tmp_path):
    assert tasks_vision.files() == CONTENT
    assert tasks_vision.files() == CONTENT
    assert calls(tmp_path) == [f"pack {tasks_vision.PACKAGE} --loglevel error"]
    assert not list((tmp_path / "cache").glob(".fetch-*"))


def test_what_is_installed_here_or_above_needs_no_npm(npm, tmp_path):
    for name, content in CONTENT.items():
        file = tmp_path / "node_modules/@mediapipe/tasks-vision" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    assert tasks_vision.files() == CONTENT
    assert calls(tmp_path) == []
    file.write_bytes(b"another version")
    assert tasks_vision.files() == CONTENT
    assert len(calls(tmp_path)) == 1


def test_what_is_damaged_in_the_cache_is_fetched_anew(npm, tmp_path):
    tasks_vision.files()
    (kept,) = (tmp_path / "cache/npm").iterdir()
    kept.write_bytes(kept.read_bytes()[:-5])
    assert tasks_vision.files() == CONTENT
    assert len(calls(tmp_path)) == 2


def test_another_package_under_its_name_is_refused(npm, tmp_path, monkeypatch):
    monkeypatch.setattr(tasks_vision, "INTEGRITY", "sha512-other")
    with pytest.raises(PosetuneError, match=r"something else as @mediapipe/tasks-vision@1\.1\.0 .*nothing was kept"):
        tasks_vision.files()
    assert not list((tmp_path / "cache").rglob("*.tgz"))


def test_without_npm_or_network_the_way_out_is_told(npm, monkeypatch):
    npm.write_text("#!/bin/sh\necho 'npm error request failed, reason: getaddrinfo ENOTFOUND'\nexit 1\n")
    with pytest.raises(PosetuneError, match=r"npm cannot reach .*npm install @mediapipe/tasks-vision@1\.1\.0"):
        tasks_vision.files()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PosetuneError, match=r"npm is not installed; install Node\.js, or install it where you are"):
        tasks_vision.files()
