from __future__ import annotations

import json
from pathlib import Path

import pytest

pq = pytest.importorskip("pyarrow.parquet")

from posetune.cli import main


def job(*words: object) -> int:
    return main(["job", *map(str, words)])


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "job"


def test_a_job_from_the_plan_to_one_result(unlabelled, out, capsys):
    plan = ("plan", unlabelled, "--what", "predict", "--model", "lite", "--out", out, "--shard", "2")
    assert job(*plan) == 0
    assert "2 units of 4 pictures" in capsys.readouterr().out
    assert job("status", out) == 0
    assert "0 of 2 units done, 0 at work, nobody works on it" in capsys.readouterr().out
    assert job("merge", out) == 1
    assert "2 of 2 units" in capsys.readouterr().err
    assert job("verify", out) == 1
    assert "it is not done" in capsys.readouterr().out
    assert job("work", out, "--json") == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == 4
    assert job("verify", out) == 0
    assert "4 rows: all as planned; 1 could not be read" in capsys.readouterr().out
    assert job("merge", out) == 0
    assert "2 people in 3 pictures" in capsys.readouterr().out
    assert job("sweep", out) == 0
    assert "0 parts" in capsys.readouterr().out
    assert pq.read_table(out / "predictions.parquet").num_rows == 4


def test_run_plans_and_works_and_goes_on(unlabelled, out, capsys):
    run = ("run", unlabelled, "--model", "lite", "--out", out, "--processes", "1", "--shard", "3")
    assert job(*run) == 0
    assert "All 2 units are done" in capsys.readouterr().out
    first = {p.name: p.stat().st_mtime_ns for p in (out / "parts").iterdir()}
    assert job(*run) == 0
    assert "is planned already" in capsys.readouterr().err
    assert {p.name: p.stat().st_mtime_ns for p in (out / "parts").iterdir()} == first


def test_too_few_units_for_the_processes_are_told(unlabelled, out, capsys, monkeypatch):
    monkeypatch.setattr("posetune.scale.launchers.local.run_local", lambda *_: ())
    assert job("run", unlabelled, "--model", "lite", "--out", out, "--processes", "2") == 0
    assert "1 unit for 2 processes: in another --out, --shard 1 would" in capsys.readouterr().err


def test_listed_units_end_with_1(unlabelled, out, capsys):
    job("plan", unlabelled, "--model", "lite", "--out", out)
    for number in (1, 2, 3):
        (out / "failed/00000000").mkdir(parents=True, exist_ok=True)
        (out / f"failed/00000000/{number}.json").write_text("{}")
    capsys.readouterr()
    assert job("work", out) == 1
    assert "1 unit failed three times: 00000000" in capsys.readouterr().out
    assert job("status", out) == 1
    assert job("work", out, "--retry", "--quiet") == 0


def test_where_nothing_can_be_planned_nothing_is_left(tmp_path, unlabelled, out, capsys):
    (tmp_path / "empty").mkdir()
    for words in ((tmp_path / "empty",), (unlabelled, tmp_path / "gone")):
        assert job("run", *words, "--model", "lite", "--out", out) == 2
        assert "Traceback" not in capsys.readouterr().err
        assert not out.exists()


def test_what_lies_in_done_and_is_none_is_told(unlabelled, out, capsys):
    job("plan", unlabelled, "--model", "lite", "--out", out, "--shard", "2")
    (out / "done").mkdir()
    (out / "done/00000001.json").touch()
    (out / "done/notes.txt").touch()
    capsys.readouterr()
    assert job("status", out) == 1
    said = capsys.readouterr().out
    assert "0 of 2 units done" in said
    assert f"done/00000001.json in {out} is damaged: delete it" in said
    assert "done/notes.txt is of no unit of the plan" in said


def test_bad_input_is_one_sentence(tmp_path, unlabelled, out, capsys):
    for words, text in (
        (("run", tmp_path / "gone", "--out", out), "There is no"),
        (("status", tmp_path / "gone"), "There is no job"),
        (("run", tmp_path, "--out", out, "--model", "gone"), "gone"),
        (("run", tmp_path, "--out", out, "--tiles", "0"), "tiles"),
        (("run", tmp_path, "--out", out, "--split", "val"), "--split"),
        (("run", unlabelled, "--out", "http://x/y"), "no place for a job"),
    ):
        assert job(*words) == 2
        assert text in capsys.readouterr().err
    for words in (("--shard", "0"), ("--lease", "nan"), ("--lease", "0"), ("--min-score", "7")):
        with pytest.raises(SystemExit):
            job("run", tmp_path, "--out", out, *words)
