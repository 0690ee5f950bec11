"""What holds for every verb."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from posetune import cli

WRITE = "import posetune.cli as cli; cli.let_prints_pass(); print('\\u0142\\u2026'); print('caf\\udce9')"


def test_prints_pass_where_the_encoding_has_no_such_letters():
    ran = subprocess.run(
        [sys.executable, "-c", WRITE], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.decode("cp1252").split() == ["?…", "caf?"]


def test_prints_pass_where_output_is_closed():
    """As under some schedulers, and Windows' pythonw."""
    code = "import sys, posetune.cli as cli; sys.stdout = sys.stderr = None; sys.exit(cli.main(['models', 'list']))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_message_with_letters_that_are_no_utf8_is_still_a_sentence(capsys):
    assert cli.main(["doctor", "caf\udce9.task"]) == 2
    assert "caf?.task" in capsys.readouterr().err


def test_a_verb_that_is_none(capsys):
    assert cli.main(["predct", "a.jpg"]) == 2
    assert capsys.readouterr().err == "posetune: there is no verb 'predct'; did you mean predict?\n"
    assert cli.main(["xyz"]) == 2
    assert "there are models, train" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["eval", "runs/mine"], "posetune: the following arguments are required: --data; posetune eval --help says"),
        (["data", "chek", "mine"], "posetune: argument ACTION: invalid choice: 'chek'"),
        (["train", "--methd", "full"], "posetune: unrecognized arguments: --methd full; posetune --help says"),
    ],
)
def test_arguments_that_do_not_fit_get_one_sentence(argv, said, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    error = capsys.readouterr().err
    assert (end.value.code, error.count("\n")) == (2, 1)
    assert error.startswith(said)


def test_a_package_that_is_missing_is_had_from_the_clone(monkeypatch, capsys):
    def lacking(_):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("posetune.cli.models.run", lacking)
    assert cli.main(["models", "list"]) == 2
    said = capsys.readouterr().err
    assert "this needs torch" in said
    assert "[train]'" in said
    assert "'posetune[" not in said


def test_sigterm_where_nothing_can_be_kept_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr("posetune.cli.models.run", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    assert cli.main(["models", "list"]) == 143
    assert capsys.readouterr().err == "posetune: stopped by SIGTERM\n"


def test_a_flag_is_written_out(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["train", "--dat", "mine", "--out", "run"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --dat mine" in capsys.readouterr().err


def test_a_machine_without_threads_is_a_sentence(monkeypatch, capsys):
    def lacking(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("posetune.cli.models.run", lacking)
    assert cli.main(["models", "list"]) == 2
    assert "no more threads" in capsys.readouterr().err
