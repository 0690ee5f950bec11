"""What a run folder does on a full disk: one sentence, and nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posetune.errors import PosetuneError
from posetune.tune import run_folder
from posetune.tune.run_folder import RunFolder

torch = pytest.importorskip("torch")


def take(folder, resume=False):
    with RunFolder(folder).taken(resume):
        pass


def test_two_processes_do_not_train_into_one_folder(tmp_path):
    hold = "import sys; from posetune.tune.run_folder import RunFolder\n"
    hold += f"with RunFolder({str(tmp_path)!r}).taken(False): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(PosetuneError, match="Another training is at work"):
            take(tmp_path)
        other.kill()
        other.wait()
        take(tmp_path)  # the lock died with the process


def test_a_log_of_a_run_that_left_nothing_to_go_on_from_is_not_continued(tmp_path):
    for name in (run_folder.CONFIG, run_folder.LOG, run_folder.RESULTS):
        (tmp_path / name).write_text("of a run that was killed early")
    (tmp_path / "tensorboard").mkdir()
    take(tmp_path)
    assert not (tmp_path / run_folder.LOG).exists()
    assert not (tmp_path / run_folder.RESULTS).exists()
    assert not (tmp_path / "tensorboard").exists()


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_what_is_no_run_is_not_resumed_and_not_made(tmp_path, folder):
    with pytest.raises(PosetuneError, match="it is no run folder"):
        take(tmp_path / folder, resume=True)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_not_put_among_labels(tmp_path):
    (tmp_path / "annotations").mkdir()
    with pytest.raises(PosetuneError, match="is a data set"):
        take(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["annotations"]


@pytest.mark.parametrize(
    ("made_before", "written", "kept"),
    [
        (False, run_folder.CONFIG, False),
        (False, run_folder.PSEUDO_LABELS, True),
        (False, run_folder.LOG, True),
        (True, run_folder.CONFIG, True),
    ],
)
def test_a_start_that_fails_leaves_no_folder_unless_there_is_something_in_it(tmp_path, made_before, written, kept):
    folder = tmp_path / "run"
    if made_before:
        folder.mkdir()

    def start():
        with RunFolder(folder).taken(False):
            (folder / written).touch()
            raise PosetuneError("no such set")

    with pytest.raises(PosetuneError, match="no such set"):
        start()
    assert folder.exists() == kept


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
