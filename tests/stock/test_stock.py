"""Fetching, caching and resolving, with made-up packages served to the real pip and a stand-in npm; no network."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from posetune import stock
from posetune.cli import main
from posetune.errors import PosetuneError
from posetune.graph import bundle
from posetune.stock import cache
from posetune.stock.pins import PINS, Pin

CONTENT = {name: f"{name} network".encode() * 50 for name in PINS}


def fake_pin(name: str) -> Pin:
    old = PINS[name]
    content = CONTENT[name]
    return Pin(name, old.file_name, cache.sha256(content), len(content), 1, "", old.source)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Small stock files; pip sees one wheel and no index, npm is a script; an empty cache folder."""
    for name in PINS:
        monkeypatch.setitem(PINS, name, fake_pin(name))
    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "cache"))
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    make_wheel(shelf)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    make_npm(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def make_wheel(shelf: Path, full: bytes = CONTENT["full"]) -> None:
    with zipfile.ZipFile(shelf / "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl", "w") as wheel:
        info = "mediapipe-0.10.21.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
        wheel.writestr("mediapipe/modules/pose_detection/pose_detection.tflite", CONTENT["detector"])
        wheel.writestr("mediapipe/modules/pose_landmark/pose_landmark_full.tflite", full)
        wheel.writestr(f"{info}/RECORD", "")


def make_npm(folder: Path, script: str | None = None) -> None:
    package = folder / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        for name in ("lite", "full", "heavy"):
            member = tarfile.TarInfo(f"package/{PINS[name].file_name}")
            member.size = len(CONTENT[name])
            archive.addfile(member, io.BytesIO(CONTENT[name]))
    (folder / "bin").mkdir(exist_ok=True)
    npm = folder / "bin" / "npm"
    npm.write_text(script or f"#!/bin/sh\necho $PPID >> '{folder}/calls'\nsleep 0.3\ncp '{package}' pose.tgz\n")
    npm.chmod(0o755)


def leftovers(folder: Path) -> list[Path]:
    return [p for p in (folder / "cache").rglob("*") if ".fetch-" in p.name or p.name.endswith(".tmp-posetune")]


def test_full_comes_through_pip_with_the_users_settings(fake, capfd):
    path = stock.path("full")
    assert path.read_bytes() == CONTENT["full"]
    assert stock.path("detector").read_bytes() == CONTENT["detector"]  # came along
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("fetching") == 1
    assert not leftovers(fake)


def test_lite_and_heavy_come_through_npm_once(fake):
    assert stock.path("lite").read_bytes() == CONTENT["lite"]
    assert stock.path("heavy").read_bytes() == CONTENT["heavy"]
    assert len((fake / "calls").read_text().splitlines()) == 1
    assert not leftovers(fake)


def test_offline_is_one_sentence(fake, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(fake / "bin"))
    with pytest.raises(PosetuneError) as failure:
        stock.path("full")
    words = str(failure.value)
    assert "Cannot fetch full" in words
    assert "posetune models import" in words
    assert "\n" not in words
    assert not leftovers(fake)


def test_npm_that_fails_is_one_sentence(fake):
    for said, told in (
        ("code E403", "npm says 'npm error code E403'"),
        ("code ENOTFOUND", "cannot reach its package index"),
    ):
        make_npm(fake, f"#!/bin/sh\necho 'npm error {said}'\necho 'npm error A complete log is here'\nexit 1\n")
        with pytest.raises(PosetuneError, match=f"{told}.*posetune models import pose_landmarker_heavy"):
            stock.path("heavy")
    assert not leftovers(fake)


def test_without_npm_the_way_out_is_told(fake, monkeypatch):
    monkeypatch.setenv("PATH", str(fake / "none"))
    with pytest.raises(PosetuneError, match=r"npm is not installed.*posetune models import pose_landmarker_lite"):
        stock.path("lite")


def test_other_bytes_than_pinned_are_refused(fake):
    make_wheel(fake / "shelf", full=b"something else")
    with pytest.raises(PosetuneError, match="sha256"):
        stock.path("full")
    assert not cache.pinned_path(PINS["full"]).exists()
    assert not leftovers(fake)


def test_a_damaged_cache_file_is_fetched_again(fake):
    path = stock.path("full")
    path.write_bytes(b"x" * len(CONTENT["full"]))
    assert stock.path("full").read_bytes() == CONTENT["full"]


def test_what_a_killed_fetch_left_is_cleaned_up(fake):
    stale = fake / "cache" / ".fetch-dead"
    stale.mkdir(parents=True)
    (stale / "half.whl").write_bytes(b"x")
    stock.path("full")
    assert not stale.exists()


def test_a_cache_that_cannot_be_written_is_one_sentence(fake, monkeypatch):
    (fake / "file").write_text("")
    monkeypatch.setenv("POSETUNE_CACHE", str(fake / "file"))
    with pytest.raises(PosetuneError, match="set POSETUNE_CACHE"):
        stock.path("full")


def test_two_processes_fetch_at_once(fake):
    script = (
        "from posetune import stock\nfrom posetune.stock.pins import PINS, Pin\n"
        f"PINS['lite'] = {fake_pin('lite')!r}\nPINS['heavy'] = {fake_pin('heavy')!r}\n"
        f"PINS['full'] = {fake_pin('full')!r}\nprint(stock.path('lite').read_bytes().decode())"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert out.strip().encode() == CONTENT["lite"]
    assert len((fake / "calls").read_text().splitlines()) == 1
    assert not leftovers(fake)


def test_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("POSETUNE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "posetune"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.folder() == Path.home() / ".cache" / "posetune"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.folder() == Path.home() / "Library" / "Caches" / "posetune"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache.folder() == tmp_path / "posetune" / "Cache"
    monkeypatch.setenv("POSETUNE_CACHE", str(tmp_path / "mine"))
    assert cache.folder() == tmp_path / "mine"


def test_resolve(fake):
    tflite = b"\x1c\0\0\0TFL3 landmarks"
    run = fake / "runs" / "squat"
    run.mkdir(parents=True)
    (run / "model.tflite").write_bytes(tflite)
    (fake / "own.tflite").write_bytes(tflite)
    (fake / "own.task").write_bytes(bundle.pack(tflite, b"own detector"))

    networks = stock.resolve("full")
    assert (networks.name, networks.landmarks, networks.is_stock) == ("full", CONTENT["full"], True)
    assert networks.detector == CONTENT["detector"]
    networks = stock.resolve(run)
    assert (networks.name, networks.landmarks, networks.is_stock) == ("squat", tflite, False)
    assert networks.path == run / "model.tflite"
    assert stock.resolve(str(fake / "own.tflite")).detector == CONTENT["detector"]
    networks = stock.resolve(fake / "own.task")
    assert (networks.name, networks.landmarks, networks.detector) == ("own", tflite, b"own detector")


def test_resolve_says_what_is_wrong(fake):
    (fake / "text.tflite").write_text("hello")
    (fake / "cut.task").write_bytes(b"PK\x03\x04")
    for model, words in (
        ("huge", "stock networks are lite, full, heavy"),
        (fake, "holds no model.tflite"),
        (fake / "none.tflite", "no such file"),
        (fake / "text.tflite", "neither a .tflite network nor"),
        (fake / "cut.task", "not a readable .task"),
    ):
        with pytest.raises(PosetuneError, match=words):
            stock.resolve(model)


def test_commands(fake, capsys):
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out.count("not fetched") == 4
    assert main(["models", "path", "full"]) == 0
    assert capsys.readouterr().out.strip() == str(cache.pinned_path(PINS["full"]))
    assert main(["models", "fetch", "lite"]) == 0
    assert main(["models", "list", "--json"]) == 0
    assert '"pinned": true' in capsys.readouterr().out
    assert main(["models", "path", "huge"]) == 2
    assert main(["models", "fetch", "huge"]) == 2
    assert "detector, lite, full, heavy" in capsys.readouterr().err
