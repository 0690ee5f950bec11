from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.clips import write_clip
from tests.helpers.stick_figures import clip, figure, pressing_up, repeated, squatting, write_predictions

from posetune.cli import main
from posetune.coach.sample import Sample


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    return write_predictions(tmp_path / "predictions.json", repeated(squatting, 3, fps=15))


def test_counts_from_predictions(predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert (
        main(
            [
                "coach",
                str(predictions),
                "--exercise",
                "squat",
                "--json",
                str(tmp_path / "f.json"),
                "--out",
                str(tmp_path / "out"),
            ]
        )
        == 0
    )
    content = json.loads((tmp_path / "f.json").read_text())
    assert (content["exercise"], content["count"], len(content["repetitions"])) == ("squat", 3, 3)
    assert content["repetitions"][0]["checks"]["depth"]["status"] == "ok"
    assert "Squat: 3 repetitions" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "coach.json").read_text()) == content
    with (tmp_path / "out" / "repetitions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["repetition"] for row in rows} == {"1", "2", "3"}
    assert {row["status"] for row in rows if row["check"] == "knees_in"} == {"not measurable"}


def test_auto_is_the_default_and_chinese_can_be_had(predictions: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["coach", str(predictions), "--language", "zh"]) == 0
    assert "深蹲: 3" in capsys.readouterr().out


def test_an_exercise_of_ones_own(predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    own = tmp_path / "bend.yaml"
    own.write_text("name: bend\nkind: repetitions\nsignal: {measure: near_knee, enter: 90, leave: 150}\n")
    assert main(["coach", str(predictions), "--exercise", str(own)]) == 0
    assert "bend: 3 repetitions" in capsys.readouterr().out
    own.write_text("name: bend\nkind: repetitions\nsignal: {measure: near_kne, enter: 90, leave: 150}\n")
    assert main(["coach", str(predictions), "--exercise", str(own)]) == 2
    assert "bend.yaml: line 3: measure 'near_kne' is unknown" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", ["{}", "[1]", '[{"seconds": "x"}]', "no json", '[{"file_name": "a.jpg", "keypoints": []}]']
)
def test_what_are_no_predictions_of_a_video(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "p.json"
    path.write_text(content)
    assert main(["coach", str(path), "--exercise", "squat"]) == 2
    told = capsys.readouterr().err
    assert "posetune predict VIDEO writes predictions.json" in told
    assert "Traceback" not in told


def test_a_video_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"nothing")
    assert main(["coach", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_wrong_name_is_told_before_the_clip_is_looked_at(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("posetune.cli.coach.people_of", lambda *_: pytest.fail("looked at the clip"))
    assert main(["coach", "clip.mp4", "--exercise", "burpee"]) == 2
    assert "There is no exercise 'burpee'" in capsys.readouterr().err
    assert main(["coach", "clip.mp4", "--exercise", "pushup", "--checks", "flair"]) == 2
    assert "There is no check 'flair'" in capsys.readouterr().err


def test_what_was_not_counted_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def jumping(n: int) -> Sample:
        depth = np.interp(n, [30, 45, 60], [0, 0.9, 0])
        return figure(n / 30, squatting(float(depth), floor=700 - float(np.interp(n, [40, 50, 60], [0, 90, 0]))))

    path = write_predictions(tmp_path / "p.json", map(jumping, range(120)))
    assert main(["coach", str(path), "--exercise", "squat", "--json", str(tmp_path / "f.json")]) == 0
    (passed,) = json.loads((tmp_path / "f.json").read_text())["not_counted"]
    told = capsys.readouterr().out
    assert f"{passed['start']:.2f} to" in told
    assert f"not counted: {passed['why'].replace('_', ' ')}" in told
    assert "1 movement was not counted as squat" in told


def test_of_predictions_the_page_has_no_pictures_and_says_so(
    predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert main(["coach", str(predictions), "--exercise", "squat", "--out", str(out)]) == 0
    assert f"Written: {out / 'report.html'}" in capsys.readouterr().err
    assert sorted(p.name for p in out.iterdir()) == ["coach.json", "repetitions.csv", "report.html"]
    assert "the video was not at hand" in (out / "report.html").read_text()


def test_of_a_video_there_is_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    frames = clip(repeated(squatting, 2, fps=10), scale=0.2)
    video = write_clip(tmp_path / "squats.webm", [np.full((160, 200, 3), 90, np.uint8)] * len(frames), fps=10)
    monkeypatch.setattr("posetune.cli.clip._tracked", lambda *_: frames)
    out = tmp_path / "out"
    assert main(["coach", str(video), "--exercise", "squat", "--out", str(out)]) == 0
    names = {p.name for p in out.iterdir()}
    assert {"coach.json", "repetitions.csv", "report.html"} < names
    assert {name.split(".")[0] for name in names} >= {"drawn"}
    html = (out / "report.html").read_text()
    assert html.count("<img") == 3
    assert "blurred" in html
    again = tmp_path / "again"
    assert main(["coach", str(video), "--exercise", "squat", "--out", str(again), "--no-video", "--faces"]) == 0
    assert sorted(p.name for p in again.iterdir()) == ["coach.json", "repetitions.csv", "report.html"]
    assert "Faces are shown" in (again / "report.html").read_text()


def test_checks_that_are_made_only_where_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = write_predictions(tmp_path / "p.json", repeated(pressing_up, 1, fps=15))
    checks = {}
    for asked in ([], ["--checks", "flare"], ["--checks", "all"]):
        assert main(["coach", str(path), "--exercise", "pushup", "--json", str(tmp_path / "f.json"), *asked]) == 0
        (repetition,) = json.loads((tmp_path / "f.json").read_text())["repetitions"]
        checks[tuple(asked)] = set(repetition["checks"])
    assert "flare" not in checks[()]
    assert checks["--checks", "flare"] == checks["--checks", "all"] == checks[()] | {"flare"}
    assert main(["coach", str(path), "--exercise", "pushup", "--checks", "flair"]) == 2
    assert "There is no check 'flair': give all, or some of depth" in capsys.readouterr().err


def test_whose_errors_are_the_tolerances_is_said(predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = tmp_path / "run"
    run.mkdir()
    angles = {"left_knee": {"angles": 30, "angle_mae_deg": 6.0}}
    (run / "report.json").write_text(json.dumps({"protocols": {"crop": {"run": {"per_angle": angles}}}}))
    out = tmp_path / "out"
    assert main(["coach", str(predictions), "--model", str(run), "--out", str(out)]) == 0
    assert f"Tolerances by the errors of {run / 'report.json'}." in capsys.readouterr().out
    assert json.loads((out / "coach.json").read_text())["tolerances"]["knee"] == 6.0
    assert "knee 6.0°" in (out / "report.html").read_text()
    assert main(["coach", str(predictions)]) == 0
    assert "Tolerances by the errors of stock full." in capsys.readouterr().out
