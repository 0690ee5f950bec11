"""A sweep: each cell trained once, taken up again, failing alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.golden import ADDED, assert_golden

from posetune import cli, stock
from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.runtime.corrector import Corrector
from posetune.sweep import run as sweeping
from posetune.sweep.run import SweepConfig, run_training, sweep


@pytest.fixture
def trainings(monkeypatch):
    """Instead of training: a run folder with a corrector that is the better the more images there are."""
    calls: list[tuple[str, ...]] = []

    def stand_in(arguments, out, say):
        calls.append((out.name, *arguments))
        if "lite" in out.name:
            return "there is no lite today"
        words = dict(zip(arguments[::2], arguments[1::2], strict=False))
        people = len(load_dataset(words["--data"], "train").usable)
        out.mkdir()
        (out / stock.RUN_NETWORK).write_bytes(stock.path("full").read_bytes())
        constant = np.full((2, 2), 0.2 / people)
        Corrector(np.array([23, 24]), constant, (), 0.0, 1.0, {"kind": "x"}).save(out / stock.RUN_CORRECTOR)
        summary = {"method": "corrector", "train_people": people, "seconds": 2.0, "tuned_px": 1.0}
        (out / "summary.json").write_text(json.dumps(summary))
        return None

    monkeypatch.setattr(sweeping, "run_training", stand_in)
    return calls


def test_a_sweep_trains_each_cell_once_and_goes_on_where_it_was(drawn_set, tmp_path, trainings):
    out = tmp_path / "sweep"
    config = SweepConfig(drawn_set, out, ("corrector",), ("full",), ("2", "all"), threads=1)
    result = sweep(config, say=lambda text: None)
    assert [call[0] for call in trainings] == ["corrector-full-2", "corrector-full-all"]
    rows = [row for row in result.comparison.result["rows"] if row["kind"] == "model"]
    assert [(row["name"], row["train_people"]) for row in rows] == [("corrector-full-2", 2), ("corrector-full-all", 4)]
    assert len(load_dataset(out / "sets" / "2", "train").usable) == 2
    assert (out / "sweep.md").read_text().startswith("data · val")
    assert "## Recommendation" in (out / "sweep.md").read_text()
    assert "Validation has 2 scenes" in (out / "sweep.html").read_text()
    figures = json.loads((out / "sweep.json").read_text())
    assert figures["recommendation"] == result.words
    del figures["recommendation"]  # it names figures of this machine
    assert_golden("sweep", figures, ("posetune", "data", "ms_per_crop", "bytes", "added_bytes"), ADDED)

    (out / "corrector-full-2" / "summary.json").unlink()  # as if it had been interrupted
    (out / "corrector-full-2" / stock.RUN_NETWORK).unlink()
    (out / "corrector-full-2" / stock.RUN_CORRECTOR).unlink()
    (out / "corrector-full-2").rmdir()
    sweep(config, say=lambda text: None)
    assert [call[0] for call in trainings[2:]] == ["corrector-full-2"]


def test_a_set_of_one_video_keeps_its_last_images(tmp_path, trainings):
    write_drawn_set(tmp_path / "data", "train", [150, 180, 210, 240, 270])
    file = tmp_path / "data" / "annotations" / "train.json"
    labels = json.loads(file.read_text())
    for image in labels["images"]:
        image["video"] = "the only one"
        image.pop("scene_group", None)
    file.write_text(json.dumps(labels))
    said: list[str] = []
    sweep(
        SweepConfig(tmp_path / "data", tmp_path / "s", ("corrector",), ("full",), ("all",), threads=1), say=said.append
    )
    assert any("figures on them flatter" in text for text in said)
    held = load_dataset(tmp_path / "s" / "sets" / "all", "val")
    assert [image.path.name for image in held.images] == [labels["images"][-1]["file_name"]]


def test_a_cell_that_fails_does_not_end_the_sweep(drawn_set, tmp_path, trainings, capsys):
    command = [
        "sweep",
        "--data",
        str(drawn_set),
        "--out",
        str(tmp_path / "s"),
        "--methods",
        "corrector",
        "--counts",
        "all",
    ]
    assert cli.main([*command, "--threads", "1", "--json"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["failed"] == {"corrector-lite-all": "there is no lite today"}
    assert "corrector-lite-all failed" in shown.err


def test_every_cell_failing_is_an_error_with_its_reason(drawn_set, tmp_path, trainings):
    with pytest.raises(PosetuneError, match="no lite today"):
        sweep(SweepConfig(drawn_set, tmp_path / "s", ("corrector",), ("lite",), ("all",)), say=lambda text: None)


def test_a_folder_of_another_sweep_or_of_something_else_is_refused(drawn_set, tmp_path, trainings):
    out = tmp_path / "sweep"
    sweep(SweepConfig(drawn_set, out, ("corrector",), ("full",), ("all",), threads=1), say=lambda text: None)
    with pytest.raises(PosetuneError, match="another seed"):
        sweep(SweepConfig(drawn_set, out, ("corrector",), ("full",), ("all",), seed=1), say=lambda text: None)
    with pytest.raises(PosetuneError, match="not empty"):
        sweep(SweepConfig(drawn_set, drawn_set, ("corrector",), ("full",), ("all",)), say=lambda text: None)


def test_a_real_training_process_says_why_it_failed(tmp_path):
    said: list[str] = []
    reason = run_training(["--method", "corrector", "--data", str(tmp_path / "none")], tmp_path / "run", said.append)
    assert reason is not None
    assert "no data set folder" in reason
    assert reason in (tmp_path / "run.log").read_text()
