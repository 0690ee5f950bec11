from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.helpers.stick_figures import lifting, repeated, write_predictions

from posetune.cli import main


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    return write_predictions(tmp_path / "predictions.json", repeated(lifting, 2, fps=10))


def test_from_predictions(predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert (
        main(
            [
                "ergonomics",
                str(predictions),
                "--load",
                "12",
                "--out",
                str(tmp_path / "o"),
                "--json",
                str(tmp_path / "f.json"),
            ]
        )
        == 0
    )
    content = json.loads((tmp_path / "f.json").read_text())
    assert content == json.loads((tmp_path / "o" / "ergonomics.json").read_text())
    with (tmp_path / "o" / "postures.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 70
    assert all(int(row["reba_low"]) <= int(row["reba_high"]) for row in rows)
    said = capsys.readouterr().out
    assert "REBA:" in said
    assert "no medical statement" in said


def test_a_heavier_load_scores_no_better(predictions: Path, tmp_path: Path):
    scores = []
    for load in ("0", "12"):
        assert main(["ergonomics", str(predictions), "--load", load, "--json", str(tmp_path / f"{load}.json")]) == 0
        scores.append(json.loads((tmp_path / f"{load}.json").read_text())["methods"]["reba"]["worst"][0]["score"])
    assert scores[0] < scores[1]


def test_what_cannot_be(predictions: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["ergonomics", str(predictions), "--load", "-3"]) == 2
    assert "between 0 and 500 kg" in capsys.readouterr().err


def test_zones_and_a_page(predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "o"
    assert main(["ergonomics", str(predictions), "--en1005", "--out", str(out)]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["ergonomics.json", "postures.csv", "report.html"]
    told = json.loads((out / "ergonomics.json").read_text())["en1005_4"]
    assert set(told) == {"trunk", "upper arm", "head"}
    assert f"EN 1005-4, trunk: {told['trunk']['verdict']}" in capsys.readouterr().out
    assert "no medical statement" in (out / "report.html").read_text()
