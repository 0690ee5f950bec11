"""posetune agree, as a user calls it."""

from __future__ import annotations

import json

import cv2
from tests.helpers.golden import assert_golden, figures

from posetune.cli import main


def test_the_command(footage, shifted, tmp_path, capsys):
    figures, sheet = tmp_path / "a.json", tmp_path / "a.jpg"
    arguments = ["agree", "--unlabelled", str(footage), "--teacher", "lite", "--stock", "lite", "--threads", "1"]
    assert main([*arguments, str(shifted), "--json", str(figures), "--sheet", str(sheet)]) == 0
    assert "shifted" in capsys.readouterr().out
    assert {row["name"] for row in json.loads(figures.read_text())["rows"]} == {"lite", "full", "shifted"}
    assert cv2.imread(str(sheet)).shape[:2] == (240, 6 * 240)


def test_a_sheet_wants_a_model(footage, tmp_path, capsys):
    arguments = ["agree", "--unlabelled", str(footage), "--teacher", "lite", "--stock", "lite", "--threads", "1"]
    assert main([*arguments, "--sheet", str(tmp_path / "a.jpg")]) == 2
    assert "name a MODEL" in capsys.readouterr().err


def test_agree(recorded):
    footage = ["--unlabelled", str(recorded / "data" / "images"), "--teacher", "full", "--stock", "full"]
    found = figures(recorded, "agree", str(recorded / "mine.tflite"), *footage, "--threads", "1")
    assert_golden("agree", found, ("posetune",))
