"""posetune bench, as a user calls it."""

from __future__ import annotations

import pytest
from tests.helpers.golden import assert_golden, figures

from posetune import stock
from posetune.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--modes", "speed"], "no mode speed"),
        (["--chart", "x.jpg"], "must end in .svg or .png"),
        (["--rounds", "0"], "at least 1"),
        (["--stock", "tiny"], "no stock network tiny"),
        (["--stock", "lite", "--modes", "image", "--images", "nowhere", "--no-mediapipe"], "no folder nowhere"),
    ],
)
def test_bad_arguments_end_with_one_sentence(arguments, said, capsys):
    assert main(["bench", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--images", "{}/empty"], "holds no images"),
        (["--images", "{}/damaged"], "broken.png"),
        (["--video", "{}/none.mp4"], "none.mp4"),
        (["{}/none.tflite"], "no network"),
        (["{}/damaged/notes.tflite"], "notes.tflite"),
        (["--threads", "0"], "at least 1"),
    ],
)
def test_a_bad_input_is_known_before_anything_is_fetched(arguments, sentence, tmp_path, monkeypatch, capsys):
    def fetch(name):
        raise AssertionError(f"{name} was fetched")

    monkeypatch.setattr(stock, "path", fetch)
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "damaged" / "notes.tflite").write_text("not a network")
    given = [argument.format(tmp_path) for argument in arguments]
    assert main(["bench", "--no-mediapipe", "--no-int8", *given]) == 2
    assert sentence in capsys.readouterr().err


def test_bench(recorded):
    modes = ["--stock", "lite", "--modes", "network", "--rounds", "1", "--threads", "1"]
    found = figures(recorded, "bench", *modes, "--no-int8", "--no-mediapipe")
    assert_golden("bench", found, ("machine", "median_ms", "per_second", "peak_mb"))
    assert set(found["machine"]) == {"processor", "system", "python", "threads", "sgemm_gflops"}
