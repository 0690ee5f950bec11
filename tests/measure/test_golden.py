"""The JSON of the verbs that measure, key for key and figure for figure as it was before there were types for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.golden import assert_golden

from posetune import cli, stock

#: What differs from machine to machine, and from version to version.
MASKED = ("posetune", "data", "ms_per_crop")
#: What a network knows of the people measured, and what the set's labels made the reader say: newer than the record.
ADDED = (
    "held_out_by",
    "trained_on_people",
    "chosen_on_people",
    "general_trained_on_people",
    "warnings",
    "contradictions",
    "torso_from",
    "detection",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A set of drawn people, and a network beside it: stock full under another name, with bytes behind its end."""
    folder = tmp_path_factory.mktemp("golden")
    write_drawn_set(folder / "data", "val", [170, 230])
    write_drawn_set(folder / "data", "dev", [200, 250, 180])
    (folder / "mine.tflite").write_bytes(stock.path("full").read_bytes() + bytes(8))
    return folder


def figures(folder: Path, verb: str, *arguments: str) -> dict:
    out = folder / f"{verb}.json"
    assert cli.main([verb, *arguments, "--json", str(out)]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


def measured(folder: Path) -> list[str]:
    return ["--data", str(folder / "data"), str(folder / "mine.tflite"), "--stock", "full", "--threads", "1"]


def test_eval(folder):
    found = figures(folder, "eval", *measured(folder), "--split", "val,dev")
    assert_golden("eval", found, MASKED, ADDED)


def test_compare(folder):
    general = ["--general", str(folder / "data"), "--general-split", "dev"]
    found = figures(folder, "compare", *measured(folder), "--split", "val", *general)
    assert_golden("compare", found, MASKED, ADDED)


def test_agree(folder):
    footage = ["--unlabelled", str(folder / "data" / "images"), "--teacher", "full", "--stock", "full"]
    found = figures(folder, "agree", str(folder / "mine.tflite"), *footage, "--threads", "1")
    assert_golden("agree", found, ("posetune",))


def test_bench(folder):
    modes = ["--stock", "lite", "--modes", "network", "--rounds", "1", "--threads", "1"]
    found = figures(folder, "bench", *modes, "--no-int8", "--no-mediapipe")
    assert_golden("bench", found, ("machine", "median_ms", "per_second", "peak_mb"))
    assert set(found["machine"]) == {"processor", "system", "python", "threads", "sgemm_gflops"}
