"""Networks and methods in one table, on figures drawn here, through the real networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.drawn_set import write_drawn_set

from posetune import cli, stock
from posetune.measure.compare import compare, run_summary
from posetune.measure.compare_table import columns, markdown, page, seconds
from posetune.measure.results import Difference, DifferenceIntervals
from posetune.measure.texts import change
from posetune.runtime.corrector import Corrector

HIPS = np.array([23, 24])


@pytest.fixture(scope="module")
def sets(tmp_path_factory) -> tuple[Path, Path]:
    data, general = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("general")
    write_drawn_set(data, "val", [170, 230])
    write_drawn_set(general, "dev", [200, 250])
    return data, general


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run folder: stock full, and behind it a corrector that moves both hips by a tenth of a body unit."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    folder.mkdir()
    (folder / stock.RUN_NETWORK).write_bytes(stock.path("full").read_bytes())
    about = {"kind": "constant", "base": "full"}
    Corrector(HIPS, np.full((2, 2), 0.1), (), 0.0, 1.0, about).save(folder / stock.RUN_CORRECTOR)
    (folder / "summary.json").write_text(
        json.dumps({"method": "corrector", "kind": "constant", "train_people": 30, "seconds": 4.2})
    )
    return folder


@pytest.fixture(scope="module")
def comparison(sets, run):
    return compare(
        sets[0], "val", [run], general=sets[1], general_split="dev", stock_names=["full"], with_offset=False, threads=1
    )


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


def test_the_table_is_markdown(comparison):
    text = markdown(comparison)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 4  # heading, rule, two networks
    assert len({line.count("|") for line in lines}) == 1
    assert len({len(line) for line in lines}) == 1  # aligned
    for words in ("of full", "forgetting", "2 groups only", "ms a crop", "corrector (constant)", "4 s"):
        assert words in text


def test_what_nobody_measured_has_no_column(comparison):
    rows = tuple(replace(row, ms_per_crop=None, train_people=None) for row in comparison.rows)
    bare = replace(comparison, rows=rows, general=None)
    headings = [heading for heading, _ in columns(bare)]
    assert not {"forgetting", "ms a crop", "people learnt from", "against heavy"} & set(headings)


def test_the_page_needs_nothing_else(comparison):
    text = page(comparison)
    assert text.startswith("<!DOCTYPE html>")
    assert "src=" not in text
    assert "What accuracy costs" in text
    assert "$" not in text


def test_the_command_writes_all_three(sets, run, tmp_path, capsys):
    out = [tmp_path / name for name in ("c.json", "c.md", "c.html")]
    arguments = ["--json", str(out[0]), "--markdown", str(out[1]), "--report", str(out[2])]
    command = ["compare", "--data", str(sets[0]), str(run), "--stock", "full", "--no-timing", "--no-offset"]
    assert cli.main([*command, *arguments, "--threads", "1"]) == 0
    assert capsys.readouterr().out.strip() == out[1].read_text().strip()
    assert [row["name"] for row in json.loads(out[0].read_text())["rows"]] == ["full", "mine"]
    assert out[2].stat().st_size > 3000


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nothing.tflite"], "no network"),
        (["full", "--stock", "tiny"], "there is no tiny"),
        (["full", "--markdown", "."], "it is a folder"),
        (["full", "--threads", "0"], "at least 1"),
    ],
)
def test_bad_arguments_are_one_sentence(sets, arguments, expected, capsys):
    assert cli.main(["compare", "--data", str(sets[0]), *arguments]) == 2
    message = capsys.readouterr().err
    assert expected in message
    assert "Traceback" not in message


def test_a_summary_that_cannot_be_read_is_none(tmp_path):
    assert run_summary(tmp_path) == {}
    (tmp_path / "summary.json").write_text("[1, 2")
    assert run_summary(tmp_path) == {}
    (tmp_path / "summary.json").write_text("[1]")
    assert run_summary(tmp_path) == {}


def test_words_for_numbers():
    assert [seconds(s) for s in (None, 4.2, 1025.0)] == ["", "4 s", "17:05"]
    bounds = DifferenceIntervals(None, (-0.2, 0.05), None, None)
    difference = Difference("full", 3, -1.0, -0.1, None, None, bounds)
    assert change(difference, of=True) == "−10.0 % (−20 … +5) of full"
    assert change(None) == ""
