"""posetune compare, as a user calls it."""

from __future__ import annotations

import json

import pytest
from tests.helpers.golden import ADDED, MASKED, assert_golden, figures, measured

from posetune import cli


def test_the_command_writes_all_three(two_sets, corrector_run, tmp_path, capsys):
    out = [tmp_path / name for name in ("c.json", "c.md", "c.html")]
    arguments = ["--json", str(out[0]), "--markdown", str(out[1]), "--report", str(out[2])]
    command = [
        "compare",
        "--data",
        str(two_sets[0]),
        str(corrector_run),
        "--stock",
        "full",
        "--no-timing",
        "--no-offset",
    ]
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
def test_bad_arguments_are_one_sentence(two_sets, arguments, expected, capsys):
    assert cli.main(["compare", "--data", str(two_sets[0]), *arguments]) == 2
    message = capsys.readouterr().err
    assert expected in message
    assert "Traceback" not in message


def test_compare(recorded):
    general = ["--general", str(recorded / "data"), "--general-split", "dev"]
    found = figures(recorded, "compare", *measured(recorded), "--split", "val", *general)
    assert_golden("compare", found, MASKED, ADDED)
