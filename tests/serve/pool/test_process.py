"""A worker process as the web process sees it."""

from __future__ import annotations

import time

import pytest

from posetune.serve.pool.messages import Ask
from posetune.serve.pool.process import Died, Process, environment
from posetune.serve.settings import Limits

MB = 2**20


@pytest.fixture(scope="module")
def process():
    found = Process(Limits(worker_bytes=1500 * MB))
    yield found
    found.bury()


def test_secrets_do_not_reach_a_worker(monkeypatch):
    monkeypatch.setenv("POSETUNE_TOKEN", "secret")
    monkeypatch.setenv("POSETUNE_DATABASE", "postgresql://user:secret@host/db")
    assert "secret" not in str(environment(Limits()))


def test_opencvs_limits_stand_before_it_is_loaded(monkeypatch):
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "999999999999")
    found = environment(Limits(picture_pixels=5))
    assert found["OPENCV_IO_MAX_IMAGE_PIXELS"] == "5"
    assert found["OPENCV_FFMPEG_CAPTURE_OPTIONS"].startswith("format_whitelist;mov,mp4")
    assert "concat" not in found["OPENCV_FFMPEG_CAPTURE_OPTIONS"]


def test_it_answers_in_order(process):
    for kind in ("nix", "nox"):
        process.send(Ask(kind, {}))
    for _ in range(2):
        assert process.receive().trace.startswith("KeyError")


def test_its_memory_is_limited(process):
    with open(f"/proc/{process.pid}/limits") as limits:
        line = next(line for line in limits if line.startswith("Max address space"))
    assert line.split()[3] == str(1500 * MB)
    with open(f"/proc/{process.pid}/limits") as limits:
        assert "Max core file size        0" in limits.read()


def test_a_killed_one_has_died():
    process = Process(Limits())
    began = time.monotonic()
    process.kill()
    with pytest.raises(Died):
        process.receive()
    process.bury()
    assert time.monotonic() - began < 10
    with pytest.raises(Died):
        process.send(Ask("nix", {}))
