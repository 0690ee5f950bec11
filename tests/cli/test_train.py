"""posetune train, as a user calls it."""

from pathlib import Path

import pytest
import yaml

torch = pytest.importorskip("torch")
from posetune.cli import main
from posetune.cli.train import _words
from posetune.tune.run import TrainResult


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "nowhere", "--out", "x"], "no data set folder"),
        (["--out", "x"], "--data"),
        (["--data", "{lite_labelled}"], "--out"),
        (["--data", "{lite_labelled}", "--out", "{file}/x"], "Cannot make the run folder"),
        (["--data", "{lite_labelled}", "--out", "x", "--set", "lr=-1"], "lr"),
        (["--data", "{lite_labelled}", "--out", "x", "--set", "lrr=1"], "did you mean lr"),
        (["--data", "{lite_labelled}", "--out", "x", "--base", "{file}"], "."),
        (["--data", "{lite_labelled}", "--out", "x", "--replay", "nowhere"], "replay folder"),
        (["--data", "{file}", "--out", "x"], "not a data set"),
    ],
)
def test_bad_input_is_one_sentence(lite_labelled, tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pose.task").write_bytes(b"not much")
    filled = [a.format(lite_labelled=lite_labelled, file=tmp_path / "pose.task") for a in arguments]
    assert main(["train", *filled]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert error[-1].startswith("posetune: ")
    assert says in error[-1]
    assert "Traceback" not in "".join(error)


@pytest.mark.parametrize(
    ("arguments", "processes", "says"),
    [
        (["--detector", "--devices", "2"], "1", "A detector is trained by one process"),
        (["--detector"], "2", "A detector is trained by one process"),
        (["--method", "corrector", "--devices", "2"], "1", "in seconds, by one process"),
        (["--devices", "0"], "1", "not 0"),
        (["--devices", "2"], "2", "torchrun has started"),
    ],
)
def test_what_cannot_be_divided_among_processes_is_said(
    lite_labelled, tmp_path, monkeypatch, capsys, arguments, processes, says
):
    monkeypatch.setenv("WORLD_SIZE", processes)
    assert main(["train", "--data", str(lite_labelled), "--out", str(tmp_path / "x"), *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("data", "interrupted", "next_step"),
    [
        ("my set", False, "posetune eval 'my run' --data 'my set' / posetune export 'my run' --out pose.task"),
        (None, False, "posetune agree 'my run' --unlabelled FOLDER / posetune export 'my run' --out pose.task"),
        ("my set", True, "posetune train --resume --out 'my run' goes on"),
    ],
)
def test_the_next_step_can_be_pasted_into_a_shell(tmp_path, monkeypatch, data, interrupted, next_step):
    monkeypatch.chdir(tmp_path)
    run = Path("my run")
    run.mkdir()
    (run / "train.yaml").write_text(yaml.safe_dump({"data": data}))
    words = _words(TrainResult(run, run / "model.tflite", 8.0, 6.0, interrupted))
    assert words.splitlines()[1] == f"next: {next_step}"
