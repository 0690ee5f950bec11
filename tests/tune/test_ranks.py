from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.helpers.short_run import SMALL

from posetune.tune.config import load_config
from posetune.tune.launch import launch
from posetune.tune.ranks import SINGLE, for_rank, joined, own_folder, restarted, started

#: Two processes: sums, means, the largest number, what each has; strides stay; whose turn it is.
SCRIPT = """
import sys, torch
from pathlib import Path
from posetune.tune.ranks import joined
folder = Path(sys.argv[1])
with joined(folder) as ranks:
    mine = folder / str(ranks.rank)
    mine.mkdir()
    assert ranks.count == 2 and ranks.first == (ranks.rank == 0)
    n = ranks.rank + 1
    parts, share = ranks.mean({"loss": float(n), "z": 0.0}, n)
    assert parts == {"loss": 5 / 3, "z": 0.0} and share == n / 3, (parts, share)
    strided = torch.arange(24.0).reshape(2, 3, 2, 2).to(memory_format=torch.channels_last) * n
    found = ranks.sum([strided, None, torch.tensor([1.0])], share)
    assert torch.allclose(found[0], torch.arange(24.0).reshape(2, 3, 2, 2) * 5 / 3)
    assert found[0].stride() == strided.stride() and found[1] is None and float(found[2]) == 1
    assert ranks.most(n) == 2
    assert ranks.gather(["a", None][ranks.rank]) == ["a", None]
    with ranks.in_turn(mine):
        if ranks.first:
            (folder / "pseudo_labels.npz").write_bytes(b"said")
        else:
            assert (mine / "pseudo_labels.npz").read_bytes() == b"said"
"""

LOST = """
import os, signal, sys
from pathlib import Path
from posetune.cli import main_guard
from posetune.tune.ranks import joined, restarted
with main_guard() as guard:
    with joined(Path(sys.argv[1])) as ranks:
        if ranks.rank == 1 and not restarted():
            os.kill(os.getpid(), signal.SIGKILL)
        ranks.most(1)
        (Path(sys.argv[1]) / f"done{ranks.rank}").touch()
sys.exit(guard.code)
"""


def run(script: str, folder: Path) -> tuple[int, list[str]]:
    said: list[str] = []
    return launch([sys.executable, "-c", script, str(folder)], 2, said.append), said


def test_alone_nothing_changes():
    tensors = [torch.ones(2), None]
    assert SINGLE.first
    assert SINGLE.mean({"loss": 2.0}, 8) == ({"loss": 2.0}, 1.0)
    assert SINGLE.sum(tensors, 1.0) == tensors
    assert (SINGLE.most(15), SINGLE.gather("x")) == (15, ["x"])
    with joined(Path("x")) as ranks, ranks.in_turn(Path("x")):
        assert ranks is SINGLE


def test_two_agree(tmp_path):
    assert run(SCRIPT, tmp_path) == (0, [])


def test_one_that_is_killed_is_noticed_and_all_begin_anew(tmp_path):
    code, said = run(LOST, tmp_path)
    assert code == 0
    assert len(said) == 1
    assert "begin anew" in said[0]
    assert {p.name for p in tmp_path.iterdir()} == {"done0", "done1"}


def test_each_has_its_part_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr("posetune.tune.ranks.processors", lambda: 8)
    config = load_config(None, {"data": "x", "out": "y"})
    assert not started()
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert started()
    assert restarted()
    assert for_rank(config).threads == 4
    (tmp_path / "checkpoint.pt").write_bytes(b"state")
    with own_folder(tmp_path) as place:
        assert (place / "checkpoint.pt").read_bytes() == b"state"
    assert not place.exists()


def test_a_run_of_two_is_the_run_of_one(drawn_set, tmp_path):
    """And where one of them is killed after the first checkpoint, it goes on from there."""
    options = [word for a in [*SMALL, "threads=1", "batch=8", "weight_precision=fp32"] for word in ("--set", a)]
    command = [sys.executable, "-m", "posetune", "train", "--data", str(drawn_set), "--base", "lite", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found = {}
    for name, devices in (("one", []), ("two", ["--devices", "2"])):
        out = tmp_path / name
        subprocess.run([*command, "--out", str(out), *devices], check=True, env=environment, capture_output=True)
        events = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
        found[name] = [e["mean_px"] for e in events if e["kind"] == "validation"]
        losses = [e["loss"]["loss"] for e in events if e["kind"] == "step"]
        found[name] += losses
        assert (out / "model.tflite").exists()
        assert losses
    assert found["two"] == pytest.approx(found["one"], abs=1e-3)
