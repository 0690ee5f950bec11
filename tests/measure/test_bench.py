"""The benchmark's bookkeeping: what it says, not how fast anything is."""

import json

import pytest

ROW_KEYS = {"system", "model", "mode", "size", "precision", "median_ms", "per_second", "peak_mb", "backend"}


def test_one_row_a_mode_and_contender_with_the_agreed_keys(report):
    content = json.loads(json.dumps(report.to_json()))
    assert set(content) == {"machine", "rows"}
    assert [row["mode"] for row in content["rows"]] == ["network", "cold_start"]
    for row in content["rows"]:
        assert set(row) == ROW_KEYS
        assert row["median_ms"] > 0
        assert row["per_second"] == pytest.approx(1000 / row["median_ms"], rel=0.02, abs=1e-3)
        assert row["peak_mb"] is None or 20 < row["peak_mb"] < 2000
    assert content["machine"]["sgemm_gflops"] > 0
