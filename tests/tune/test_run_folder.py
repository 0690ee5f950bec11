"""What a run folder does on a full disk: one sentence, and nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posetune.errors import PosetuneError
from posetune.tune import run_folder
from posetune.tune.run_folder import RunFolder

torch = pytest.importorskip("torch")


def test_a_checkpoint_comes_back(tmp_path):
    folder = RunFolder(tmp_path)
    folder.save_checkpoint({"weights": [torch.arange(3.0)], "step": 4})
    state = folder.load_checkpoint()
    assert state["step"] == 4
    assert torch.equal(state["weights"][0], torch.arange(3.0))


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    folder.save_checkpoint({"step": 1})

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PosetuneError, match=r"checkpoint\.pt: No space left on device"):
        folder.save_checkpoint({"step": 2})
    assert folder.load_checkpoint()["step"] == 1
    assert [p.name for p in tmp_path.iterdir()] == [run_folder.CHECKPOINT]


def test_the_time_before_resuming_counts(tmp_path):
    (tmp_path / run_folder.SUMMARY).write_text('{"seconds": 600.0}')
    RunFolder(tmp_path).save_summary({"method": "full"})
    summary = json.loads((tmp_path / run_folder.SUMMARY).read_text())
    assert summary["method"] == "full"
    assert 600 <= summary["seconds"] < 660


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_log_on_a_full_disk(tmp_path):
    (tmp_path / run_folder.LOG).symlink_to("/dev/full")
    with pytest.raises(PosetuneError, match=r"log\.jsonl: No space left on device.*--resume"):
        RunFolder(tmp_path).log({"kind": "step"})
