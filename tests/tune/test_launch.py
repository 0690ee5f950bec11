from __future__ import annotations

import sys

from posetune.tune import launch as launcher
from posetune.tune.launch import launch, this_command


def shell(script: str, devices: int = 2) -> tuple[int, list[str]]:
    said: list[str] = []
    return launch(["sh", "-c", script], devices, said.append), said


def test_all_end_well(tmp_path):
    assert shell(f"touch {tmp_path}/$RANK-$WORLD_SIZE-$LOCAL_RANK-$TORCHELASTIC_RESTART_COUNT") == (0, [])
    assert {p.name for p in tmp_path.iterdir()} == {"0-2-0-0", "1-2-1-0"}


def test_bad_input_is_not_tried_again_and_ends_the_others(tmp_path):
    code, said = shell(
        f"echo x >> {tmp_path}/runs; [ $RANK = 1 ] && {{ echo no such data >&2; exit 2; }}; exec sleep 60"
    )
    assert (code, said) == (2, ["rank 1: no such data"])
    assert len((tmp_path / "runs").read_text().split()) == 2


def test_one_that_is_killed_makes_all_begin_anew(monkeypatch):
    code, said = shell("[ $TORCHELASTIC_RESTART_COUNT = 0 ] && [ $RANK = 1 ] && kill -9 $$; exit 0")
    assert code == 0
    assert said == ["A process of the run was lost: all begin anew from the last checkpoint (1 of 3 times)."]


def test_but_not_for_ever(monkeypatch):
    monkeypatch.setattr(launcher, "RESTARTS", 1)
    code, said = shell("[ $RANK = 1 ] && kill -9 $$; exit 75")
    assert code == 128 + 9
    assert len(said) == 1


def test_the_command_without_devices():
    words = ["train", "--devices", "2", "--data", "x", "--devices=4", "--out", "y"]
    assert this_command(words) == [sys.executable, "-m", "posetune", "train", "--data", "x", "--out", "y"]
