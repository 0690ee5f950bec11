"""Errors that a user can meet."""

from pathlib import Path

from posetune import errors


def test_a_check_that_failed_is_no_bad_input():
    assert issubclass(errors.CheckFailed, errors.PosetuneError)
    assert (errors.PosetuneError.exit_code, errors.CheckFailed.exit_code) == (2, 1)


def test_an_extra_is_had_from_the_clone(monkeypatch, tmp_path):
    root = Path(errors.__file__).parents[2]
    assert errors.pip_install("train") == f"pip install -e '{root}[train]'"
    monkeypatch.setattr(errors, "__file__", str(tmp_path / "site-packages" / "posetune" / "errors.py"))
    assert errors.pip_install("train") == "in a clone of posetune, pip install '.[train]'"
