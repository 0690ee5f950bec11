"""Networks and methods in one table, on figures drawn here, through the real networks."""

from __future__ import annotations

import json

import pytest

from posetune.measure.compare import run_summary


def test_a_row_says_what_it_is_gains_forgets_and_costs(comparison):
    full, mine = comparison.result["rows"]
    assert (full["name"], full["method"], full["train_people"]) == ("full", "stock", None)
    assert (mine["name"], mine["method"], mine["base"]) == ("mine", "corrector (constant)", "full")
    assert (mine["train_people"], mine["train_seconds"]) == (30, 4.2)
    assert mine["added_bytes"] < 3000
    assert mine["bytes"] == full["bytes"] + mine["added_bytes"]
    assert mine["ms_per_crop"] > 0
    assert mine["difference_to_stock"]["stock"] == "full"
    moved = mine["mean_error_crop_px"] - full["mean_error_crop_px"]
    assert mine["difference_to_stock"]["mean_error_crop_px"] == pytest.approx(moved)
    assert moved != 0
    elsewhere = mine["general_error_crop_px"] - full["general_error_crop_px"]
    assert mine["forgetting"]["mean_error_crop_px"] == pytest.approx(elsewhere)
    json.dumps(comparison.result, allow_nan=False)


def test_a_summary_that_cannot_be_read_is_none(tmp_path):
    assert run_summary(tmp_path) == {}
    (tmp_path / "summary.json").write_text("[1, 2")
    assert run_summary(tmp_path) == {}
    (tmp_path / "summary.json").write_text("[1]")
    assert run_summary(tmp_path) == {}
