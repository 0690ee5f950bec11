"""posetune train, as a user calls it."""

import pytest

torch = pytest.importorskip("torch")
from posetune.cli import main


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
