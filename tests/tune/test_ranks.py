from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.helpers.short_run import SMALL

import posetune
from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.tune.config import load_config
from posetune.tune.launch import launch
from posetune.tune.methods import dispatch
from posetune.tune.ranks import SINGLE, Ranks, for_rank, joined, own_folder, restarted, started
from posetune.tune.run import Start

#: Two processes: sums, means, the largest number, what each has; strides stay; whose turn it is.
SCRIPT = """
import sys, torch
from pathlib import Path
import posetune.tune.ranks
from posetune.tune.ranks import joined
from posetune.tune.training.division import sum_scaled
folder = Path(sys.argv[1])
with joined(folder) as ranks:
    mine = folder / str(ranks.rank)
    mine.mkdir()
    assert ranks.count == 2 and ranks.first == (ranks.rank == 0)
    n = ranks.rank + 1
    assert ranks.rows([[n, 0.1], [n + 10, 0.5]]) == [[1, 0.1], [11, 0.5], [2, 0.1], [12, 0.5]]
    g = torch.Generator().manual_seed(1)
    strided = [torch.randn(2, 30, 2, 2, generator=g).to(memory_format=torch.channels_last) for _ in range(4)]
    parts = [[t, None, torch.tensor([k + 1.0])] for k, t in enumerate(strided)]
    posetune.tune.ranks._PIECE = 100  # each tensor in a message of its own
    found = ranks.sum(parts[2 * ranks.rank : 2 * n], [0.3, 0.2])
    assert torch.equal(found[0], sum_scaled(strided, [0.3, 0.2, 0.3, 0.2])), "not to the bit what one process adds up"
    assert found[0].stride() == strided[0].stride() and found[1] is None and abs(float(found[2]) - 2.4) < 1e-6
    assert ranks.most(n) == 2
    assert ranks.gather(["a", None][ranks.rank]) == ["a", None]
    with ranks.in_turn(mine):
        if ranks.first:
            (folder / "pseudo_labels.npz").write_bytes(b"said")
        else:
            assert (mine / "pseudo_labels.npz").read_bytes() == b"said"
"""

#: The command line, with its second process killed before the third step.
KILLED = """
import os, signal, sys
from pathlib import Path
from posetune import cli
from posetune.graph.torch import depthwise
from posetune.tune.ranks import restarted
depthwise._compiled = lambda: None  # each process would compile for seconds
from posetune.tune.training.trainer import Trainer
step = Trainer.step
def noted(self, batch, total):
    if self.ranks.rank == 1 and self.steps_done == 2 and not restarted():
        os.kill(os.getpid(), signal.SIGKILL)
    found = step(self, batch, total)
    with open(sys.argv[-1] + f".steps{self.ranks.rank}", "a") as file:
        print(self.steps_done, file=file)
    return found
Trainer.step = noted
sys.exit(cli.main(sys.argv[1:]))
"""

#: Of each batch, two for each of two processes: only then does the order matter in which they are added up.
FOUR_PARTS = ["batch=8", "samples=[32, 32]"]


def run(script: str, folder: Path) -> tuple[int, list[str]]:
    said: list[str] = []
    return launch([sys.executable, "-c", script, str(folder)], 2, said.append), said


def test_alone_nothing_changes():
    tensors = [torch.ones(2), None]
    assert SINGLE.first
    assert SINGLE.rows([[2.0, 1.0]]) == [[2.0, 1.0]]
    total, nothing = SINGLE.sum([tensors, tensors], [1.0, 2.0])
    assert total.tolist() == [3.0, 3.0]
    assert nothing is None
    assert (SINGLE.most(15), SINGLE.gather("x")) == (15, ["x"])
    with joined(Path("x")) as ranks, ranks.in_turn(Path("x")):
        assert ranks is SINGLE


def test_two_agree(tmp_path):
    assert run(SCRIPT, tmp_path) == (0, [])


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


def test_a_run_of_two_is_the_run_of_one_to_the_byte_though_one_of_them_is_killed(drawn_set, tmp_path, monkeypatch):
    monkeypatch.setattr("posetune.graph.torch.depthwise._compiled", lambda: None)
    one, two = tmp_path / "one", tmp_path / "two"
    posetune.train(drawn_set, "lite", one, assignments=[*SMALL, *FOUR_PARTS, "threads=4"], report=Reporter())
    options = [w for a in [*SMALL, *FOUR_PARTS, "threads=2", "checkpoint_minutes=0"] for w in ("--set", a)]
    words = ["train", "--data", str(drawn_set), "--base", "lite", *options, "--out", str(two)]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    said: list[str] = []
    assert launch([sys.executable, "-c", KILLED, *words], 2, said.append) == 0
    assert said == ["A process of the run was lost: all begin anew from the last checkpoint (1 of 3 times)."]
    assert (tmp_path / "two.steps0").read_text().split() in (["1", "2", "3", "4"], ["1", "2", "2", "3", "4"])
    assert (two / "model.tflite").read_bytes() == (one / "model.tflite").read_bytes()

    def figures(run):
        events = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
        return [e.get("mean_px") or e["loss"] for e in events]

    assert len(figures(one)) > 2
    assert figures(two) == figures(one)


def test_more_processes_than_crops_are_refused(monkeypatch, tmp_path):
    config = load_config(None, {"data": "x", "out": str(tmp_path / "run")}, ["batch=2"])
    monkeypatch.setattr("posetune.tune.methods.dispatch.joined", lambda folder: nullcontext(Ranks(0, 3, folder)))
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(PosetuneError, match="2 crops is too small for 3 processes"):
        dispatch.run(config, Start())
    assert not (tmp_path / "run").exists()
