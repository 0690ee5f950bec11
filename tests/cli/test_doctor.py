"""``posetune doctor --try``: it asks MediaPipe about a picture of a person, and its lines never contradict each other."""

from __future__ import annotations

import io
from functools import partial

import pytest
from tests.helpers.traps import detector, lite, plain
from tests.helpers.variants import (
    edited,
    normalized,
    shy,
    task,
)

from posetune import stock
from posetune.cli import main
from posetune.doctor.mediapipe_try import Trial, try_all
from posetune.synthetic.sample import ordinary_pictures


def bundle(*edits, **how) -> bytes:
    lite = edited(stock.path("lite").read_bytes(), normalized((0.0,), (255.0,)), *edits)
    return task(lite, stock.path("detector").read_bytes(), **how)


@pytest.fixture
def good(tmp_path) -> str:
    file = tmp_path / "good.task"
    file.write_bytes(bundle())
    return str(file)


def test_a_shy_network_is_tried_on_a_person(tmp_path, capsys):
    """One that finds nobody at MediaPipe's own thresholds, and one so sure of itself that its presence is 0 wherever nobody
    is: nothing is wrong with these files.
    """
    pytest.importorskip("mediapipe", reason="mediapipe is not installed: pip install '.[mediapipe]'")
    sure, timid, timider = (tmp_path / f"{name}.task" for name in ("sure", "timid", "timider"))
    sure.write_bytes(bundle(shy(2, times=40)))
    timid.write_bytes(bundle(shy(9)))
    timider.write_bytes(bundle(shy(68)))
    trials = try_all([sure, timid, timider], next(ordinary_pictures()))
    assert [trial.poses for trial in trials] == [1, 1, 1]
    assert main(["doctor", str(sure), "--try"]) == 0
    out = capsys.readouterr().out
    assert "takes it" in out
    assert "found the person of posetune's sample set" in out


@pytest.mark.parametrize(
    ("trial", "first", "last"),
    [
        (Trial("9.9", "No such calculator.", 0), "does not take it", "failed: No such calculator."),
        (Trial("", "the process ended with code -6", 0), "does not take it", "as installed: failed: the process ended"),
        (Trial("9.9", None, 0), "loads it, but finds nobody", "it found nobody, even with"),
    ],
)
def test_where_mediapipe_says_no_the_first_line_does_not_say_yes(good, trial, first, last, monkeypatch, capsys):
    monkeypatch.setattr("posetune.cli.doctor.try_in_mediapipe", lambda path, picture: trial)
    assert main(["doctor", good, "--try"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert first in lines[0]
    assert "takes it" not in lines[0]
    assert last in lines[-1]
    assert ".." not in lines[-1]


def test_a_version_that_runs_a_bad_file_does_not_acquit_it(tmp_path, monkeypatch, capsys):
    bad = tmp_path / "bad.task"
    bad.write_bytes(bundle(normalized((127.5,), (127.5,))))
    monkeypatch.setattr("posetune.cli.doctor.try_in_mediapipe", lambda path, picture: Trial("9.9", None, 1))
    assert main(["doctor", str(bad), "--try"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "its answers are wrong" in lines[0]
    assert "what is said above holds all the same" in lines[-1]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_the_exit_code_does_not_depend_on_what_the_terminal_can_print(tmp_path, encoding, monkeypatch):
    """A finding with a way out is printed with an arrow, which cp1252 lacks; the file is taken all the same."""
    file = tmp_path / "moved.task"
    file.write_bytes(bundle(shift=2))
    printed = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", printed)
    assert main(["doctor", str(file)]) == 0
    printed.flush()
    out = printed.buffer.getvalue().decode(encoding)
    assert "takes it" in out
    assert "not at a multiple of 4" in out


def test_exit_codes(tmp_path, capsys):
    write = partial(_write, tmp_path)
    assert main(["doctor", write("good.task", task(lite(), detector()))]) == 0
    assert "takes it" in capsys.readouterr().out
    assert main(["doctor", write("bad.task", task(plain(), detector())), "--json"]) == 1
    assert '"verdict": "refused"' in capsys.readouterr().out
    assert main(["doctor", write("bare.tflite", plain())]) == 1
    assert "posetune export" in capsys.readouterr().out
    assert main(["doctor", write("empty.task", b"")]) == 2
    assert main(["doctor", str(tmp_path)]) == 2
    assert main(["doctor", str(tmp_path / "none.task")]) == 2


def _write(folder, name, content) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)
