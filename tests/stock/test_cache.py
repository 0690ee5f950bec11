"""The cache of stock networks: where it is, what was left or damaged in it, two processes at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.fake_stock import CONTENT, fake_pin, leftovers

from posetune import stock
from posetune.errors import PosetuneError
from posetune.stock import cache


def test_a_damaged_cache_file_is_fetched_again(fake_stock):
    path = stock.path("full")
    path.write_bytes(b"x" * len(CONTENT["full"]))
    assert stock.path("full").read_bytes() == CONTENT["full"]


def test_what_a_killed_fetch_left_is_cleaned_up(fake_stock):
    stale = fake_stock / "cache" / ".fetch-dead"
    stale.mkdir(parents=True)
    (stale / "half.whl").write_bytes(b"x")
    stock.path("full")
    assert not stale.exists()


def test_a_cache_that_cannot_be_written_is_one_sentence(fake_stock, monkeypatch):
    (fake_stock / "file").write_text("")
    monkeypatch.setenv("POSETUNE_CACHE", str(fake_stock / "file"))
    with pytest.raises(PosetuneError, match="set POSETUNE_CACHE"):
        stock.path("full")


def test_two_processes_fetch_at_once(fake_stock):
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
    assert len((fake_stock / "calls").read_text().splitlines()) == 1
    assert not leftovers(fake_stock)


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
