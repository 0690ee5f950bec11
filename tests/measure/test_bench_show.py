"""The table and the chart of bench."""

import pytest

from posetune.measure import bench_show
from posetune.measure.bench import Report, Row


def test_the_table_names_the_limit_and_the_ratio(report, lite):
    text = bench_show.table(report, [lite])
    assert "of sgemm's limit" in text
    assert "against MediaPipe" in text
    assert "lite" in text


def row(system, model, ms, size=256, precision="float", mode="video"):
    return Row(system, model, mode, size, precision, ms, 1000 / ms, None)


def test_ratios_are_to_the_same_network_or_to_what_stands_for_it():
    rows = [row("mediapipe", "full", 20.0), row("mediapipe", "lite", 10.0), row("mediapipe", "mine", 24.0)]
    assert bench_show.ratio(row("posetune", "lite", 5.0), rows) == 2
    assert bench_show.ratio(row("posetune", "full", 4.0, size=192), rows) == 5
    assert bench_show.ratio(row("posetune", "mine", 12.0), rows) == 2
    assert bench_show.ratio(row("posetune", "other", 4.0), rows) == 5
    assert bench_show.ratio(row("posetune", "full", 4.0), []) is None


def test_a_network_of_ones_own_is_also_compared_with_stock_full(lite):
    rows = (row("mediapipe", "full", 20.0), row("mediapipe", "mine", 12.0), row("posetune", "mine", 4.0))
    machine = {"processor": "x", "threads": 2, "sgemm_gflops": None}
    text = bench_show.table(Report(machine, rows), [lite] * 3)
    assert "3.00 × as fast, 5.00 × stock full" in text


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_chart(tmp_path, suffix):
    pytest.importorskip("matplotlib")
    rows = (
        row("mediapipe", "full", 20.0),
        row("posetune", "full", 8.0),
        row("posetune", "full", 400.0, mode="cold_start"),
    )
    bench_show.write_chart(Report({}, rows), tmp_path / f"chart{suffix}")
    assert (tmp_path / f"chart{suffix}").stat().st_size > 3000
