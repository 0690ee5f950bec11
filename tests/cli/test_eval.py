"""posetune eval, as a user calls it."""

from __future__ import annotations

import json

import pytest
from tests.helpers.golden import ADDED, MASKED, assert_golden, figures, measured

from posetune import cli


def test_the_command_prints_tables_and_writes_files(measured_set, renamed_full, tmp_path, capsys):
    out, page = tmp_path / "e.json", tmp_path / "e.html"
    command = ["eval", "--data", str(measured_set), "--split", "val,train", str(renamed_full), "--stock", "full"]
    assert cli.main([*command, "--json", str(out), "--report", str(page), "--threads", "1"]) == 0
    shown = capsys.readouterr().out
    for text in (
        "5 people of 4 groups",
        "my-network",
        "full + offset",
        "left_shoulder",
        "+0.0 %",
        "no train split besides",
    ):
        assert text in shown
    figures = json.loads(out.read_text())
    assert figures["splits"] == ["val", "train"]
    assert figures["protocols"]["pipeline"]["my-network"]["labelled"] == 5
    assert page.read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--split", "nope"], "has no split 'nope'"),
        (["nothing.tflite"], "no network"),
        (["--stock", "tiny"], "there is no tiny"),
        (["--json", "."], "it is a folder"),
        (["--threads", "0"], "at least 1"),
    ],
)
def test_bad_arguments_are_one_sentence(measured_set, arguments, expected, capsys):
    assert cli.main(["eval", "--data", str(measured_set), *arguments]) == 2
    message = capsys.readouterr().err
    assert expected in message
    assert "Traceback" not in message


def test_eval(recorded):
    found = figures(recorded, "eval", *measured(recorded), "--split", "val,dev")
    assert_golden("eval", found, MASKED, ADDED)
