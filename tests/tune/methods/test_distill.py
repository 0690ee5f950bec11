"""Learning from a teacher, as a user calls it."""

import json

import pytest

pytest.importorskip("torch")
from tests.helpers.golden import assert_summary_keys

import posetune
from posetune.cli import main
from posetune.data.people import ImageRecord


def test_the_command_learns_from_a_folder_without_labels(unlabelled, tmp_path, capsys):
    command = ["train", "--method", "distill", "--teacher", "lite", "--base", "lite", "--out", str(tmp_path / "run")]
    settings = ["samples=[8, 8]", "batch=4", "validations=1", "replay.sample_set=false", "blend=1", "heatmap_bias=0"]
    settings += ["val_share=0.5", "drawings=true"]  # for that is what they are
    assert main([*command, "--unlabelled", str(unlabelled), *(f"--set={s}" for s in settings), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert posetune.load(result["model"], threads=1).predict(
        ImageRecord("", unlabelled / "person0.png", 0, 0, "").read()
    )
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["method"] == "distill"
    assert_summary_keys("distill", summary)
    assert main(["train", "--resume", "--out", str(tmp_path / "run")]) == 0
    assert "2 people, as kept in" in capsys.readouterr().err
    for name in ("checkpoint.pt", "model.tflite"):
        (tmp_path / "run" / name).unlink(missing_ok=True)  # a run that was cut off when the teacher had spoken
    assert main(["train", "--resume", "--out", str(tmp_path / "run")]) == 0
    assert "2 people, as kept in" in capsys.readouterr().err
    assert main(command) == 2
    assert "--unlabelled" in capsys.readouterr().err
