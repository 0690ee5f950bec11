from __future__ import annotations

import sys
import time

import pytest

from posetune.errors import PosetuneError
from posetune.learn.training import Training, train


def fake(tmp_path, monkeypatch, code: str, **given):
    """A training whose process runs ``code`` in place of posetune; RUN is its folder."""
    run = tmp_path / "run"
    one = Training(tmp_path, run, "lite", **given)
    monkeypatch.setattr(Training, "command", [sys.executable, "-c", code.replace("RUN", repr(str(run)))])
    return one


DONE = "import pathlib; p = pathlib.Path(RUN); p.mkdir(exist_ok=True); (p / 'model.tflite').write_bytes(b'net')"
BEGUN = """import pathlib
p = pathlib.Path(RUN)
p.mkdir(exist_ok=True)
(p / 'log.jsonl').write_text('{"kind": "validation"}')
"""
LONG = BEGUN + "import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: pass\n" + DONE


def test_the_network_of_a_training_that_ends_well(tmp_path, monkeypatch):
    assert train(fake(tmp_path, monkeypatch, DONE), lambda: True, print).read_bytes() == b"net"


def test_what_a_training_that_fails_said_last(tmp_path, monkeypatch):
    code = "import sys; sys.exit('posetune: the labels are upside down.')"
    with pytest.raises(PosetuneError, match="failed: the labels are upside down"):
        train(fake(tmp_path, monkeypatch, code), lambda: True, print)


def test_a_spent_budget_takes_the_best_network_so_far(tmp_path, monkeypatch):
    said: list[str] = []
    assert train(fake(tmp_path, monkeypatch, LONG, budget_s=1.5), lambda: True, said.append).is_file()
    assert "budget" in said[0]


def test_a_budget_that_is_spent_before_anything_was_learned_is_too_small(tmp_path, monkeypatch):
    with pytest.raises(PosetuneError, match="give it more"):
        train(fake(tmp_path, monkeypatch, "import time; time.sleep(60)", budget_s=0.3), lambda: True, print)


def test_a_training_that_is_asked_for_its_best_before_it_can_give_one(tmp_path, monkeypatch):
    code = (
        BEGUN
        + "import sys, time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: sys.exit('posetune: stopped by Ctrl-C')"
    )
    with pytest.raises(PosetuneError, match="budget was spent before"):
        train(fake(tmp_path, monkeypatch, code, budget_s=1.0), lambda: True, print)


def test_too_much_memory_and_a_lost_lease_end_it(tmp_path, monkeypatch):
    begun = time.monotonic()
    with pytest.raises(PosetuneError, match="--memory"):
        train(fake(tmp_path, monkeypatch, "import time; time.sleep(60)", memory_bytes=1000), lambda: True, print)
    with pytest.raises(PosetuneError, match="taken over"):
        train(fake(tmp_path, monkeypatch, "import time; time.sleep(60)"), lambda: False, print)
    assert time.monotonic() - begun < 50


def test_the_command_is_that_of_posetune_train_and_goes_on_where_it_was(tmp_path):
    one = Training(tmp_path / "set", tmp_path / "run", "lite", 3, 150.0, settings=("lr=0.002",))
    command = " ".join(one.command)
    assert f"train --out {tmp_path / 'run'} --data" in command
    assert "--base lite --seed 3 --set samples=[1050,1050] --set lr=0.002" in command
    assert "samples" not in " ".join(Training(tmp_path, tmp_path / "run", "lite").command)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "train.yaml").touch()  # killed before there was anything to go on with
    assert "--resume" not in one.command
    (tmp_path / "run" / "checkpoint.pt").touch()
    assert one.command[-3:] == ["--out", str(tmp_path / "run"), "--resume"]


def test_a_training_that_was_killed_says_so_and_not_its_last_progress(tmp_path, monkeypatch):
    code = "import os; print('step 3/10', flush=True); os.kill(os.getpid(), 9)"
    with pytest.raises(PosetuneError, match=r"was killed \(signal 9\), for want of memory perhaps"):
        train(fake(tmp_path, monkeypatch, code), lambda: True, print)
