"""The real PoseLandmarker agrees with every verdict."""

from __future__ import annotations

import pytest
from tests.helpers.traps import TRAPS

from posetune.doctor.mediapipe_try import try_all
from posetune.synthetic.sample import ordinary_pictures


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """name -> what MediaPipe did with the trap; one process for all, since importing mediapipe takes longest."""
    pytest.importorskip("mediapipe")
    files = {name: tmp_path_factory.mktemp("trap") / "x.task" for name in TRAPS}
    try:
        for name, file in files.items():
            file.write_bytes(TRAPS[name][0]())
        return dict(zip(files, try_all(list(files.values()), next(ordinary_pictures())), strict=True))
    finally:
        for file in files.values():
            file.unlink(missing_ok=True)


@pytest.mark.parametrize("name", TRAPS)
def test_mediapipe_agrees(name, trials):
    verdict, trial = TRAPS[name][1], trials[name]
    if verdict == "refused":
        assert trial.error is not None
        assert "process ended" not in trial.error
    elif name == "int8 heatmap":  # MediaPipe reads floats beyond the bytes' end: it runs, or it crashes, by chance
        assert trial.error is None or "process ended" in trial.error
    else:  # a wrong one loads, and runs, without a word: that is the trap
        assert trial.error is None
    if verdict == "taken":
        assert trial.poses == 1


def test_mediapipes_own_words_are_passed_on(trials):
    assert "4 vs. 5" in trials["four outputs"].error
    assert "requires specifying NormalizationOptions" in trials["no metadata"].error
    assert "Expected uncompressed zip archive" in trials["deflated"].error


def test_a_trial_that_dies_is_told(tmp_path, monkeypatch):
    pytest.importorskip("mediapipe")
    monkeypatch.setattr("sys.executable", "/bin/false")
    (trial,) = try_all([tmp_path / "x.task"], next(ordinary_pictures()))
    assert not trial.worked
    assert "ended with code 1" in (trial.error or "")
