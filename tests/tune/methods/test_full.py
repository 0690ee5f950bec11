"""A whole run on a few drawn people: the smallest thing that goes through everything."""

import json
import os
import signal

import pytest

torch = pytest.importorskip("torch")
from tests.helpers.figures import draw_person, room
from tests.helpers.golden import assert_summary_keys
from tests.helpers.short_run import SMALL

import posetune
from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.data.split_record import SplitRecord
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph
from posetune.interrupt import Terminated
from posetune.tune.train import train
from posetune.tune.training.trainer import Trainer


def run(lite_labelled, out, *assignments, say=lambda text: None, **options):
    return train(lite_labelled, "lite", out, assignments=[*SMALL, *assignments], say=say, **options)


@pytest.fixture(scope="module")
def finished(lite_labelled, tmp_path_factory):
    said = []
    result = run(
        lite_labelled, tmp_path_factory.mktemp("run") / "run", "lr=0.002", "schedule=constant", say=said.append
    )
    return result, said


def test_a_run_leaves_everything_behind_and_learns(finished):
    result, said = finished
    assert {p.name for p in result.run.iterdir()} >= {
        "model.tflite", "train.yaml", "log.jsonl", "summary.json", "curves.png", "checkpoint.pt", "results.csv", "split.json",
        "batch.jpg", "validation.jpg",
    }  # fmt: skip
    assert result.tuned_px < result.base_px == result.stock_px  # six px to the right are quickly learnt
    summary = json.loads((result.run / "summary.json").read_text())
    assert summary["method"] == "full"
    assert_summary_keys("full", summary)
    assert summary["file_difference_px"] < 0.1  # the exported file is the trained network
    assert any("images/s" in text and "left" in text for text in said)
    events = [json.loads(line) for line in (result.run / "log.jsonl").read_text().splitlines()]
    assert [e["step"] for e in events if e["kind"] == "validation"] == [0, 2, 4]


def test_a_run_says_which_images_it_learned_from(lite_labelled, finished):
    record = SplitRecord.of_run(finished[0].run)
    assert {i.name for i in record.trained_on} == {f"images/train{k}.png" for k in range(8)}
    assert {i.name for i in record.held_out} == {"images/val0.png", "images/val1.png"}
    assert not record.val_is_part_of_train
    assert record.learned_from(load_dataset(lite_labelled, "train").usable).all()
    assert record.held_back(load_dataset(lite_labelled, "val").usable).all()


def test_the_result_is_the_stock_file_with_other_weights(finished):
    content, before = (finished[0].model.read_bytes(), stock.path("lite").read_bytes())
    assert len(content) == len(before)
    tuned, base = Graph.read(content), Graph.read(before)
    assert (tuned.inputs, tuned.outputs) == (base.inputs, base.outputs)
    assert posetune.load(finished[0].run, threads=1).predict(draw_person(room(240, 320), (120, 170), 0.42))


def test_the_same_seed_gives_the_same_network(lite_labelled, tmp_path):
    first, second = (run(lite_labelled, tmp_path / name, "samples=[8, 8]", threads=1) for name in "ab")
    assert first.model.read_bytes() == second.model.read_bytes()
    other = run(lite_labelled, tmp_path / "c", "samples=[8, 8]", threads=1, seed=5)
    assert other.model.read_bytes() != first.model.read_bytes()


def test_a_share_of_the_weights_is_taken_layer_by_layer(lite_labelled, tmp_path):
    said, files = [], []
    settings = [s for s in SMALL if not s.startswith(("blend", "replay.surroundings"))]
    for share in ("0.5", "1.0", "0.5"):  # the second and third are chosen anew on the finished run
        assignments = [*settings, "samples=[8, 8]", "replay.surroundings=8", f"blend={share}"]
        result = train(
            lite_labelled,
            "lite",
            tmp_path / "run",
            assignments=assignments,
            say=said.append,
            threads=1,
            resume=bool(files),
        )
        files.append(result.model.read_bytes())
    assert any("8 places besides the labelled people" in text for text in said)
    assert files[0] == files[2] != files[1]


def test_an_interrupted_run_keeps_its_best_and_resumes(lite_labelled, tmp_path):
    def interrupt_once(text):
        if text.startswith("validation at step 2"):
            os.kill(os.getpid(), signal.SIGINT)

    result = run(lite_labelled, tmp_path / "run", say=interrupt_once)
    assert result.interrupted
    assert result.model.exists()
    resumes(lite_labelled, tmp_path / "run", step=2)


def test_a_run_that_is_terminated_is_saved_at_once_and_resumes(lite_labelled, tmp_path, monkeypatch):
    """Docker and schedulers kill a few seconds after SIGTERM: no time for a validation."""
    step_of = Trainer.step

    def stepping(trainer, batch, total):
        os.kill(os.getpid(), signal.SIGTERM)
        return step_of(trainer, batch, total)

    said = []
    monkeypatch.setattr(Trainer, "step", stepping)
    with pytest.raises(Terminated):
        run(lite_labelled, tmp_path / "run", say=said.append)
    monkeypatch.undo()
    assert said[-1] == "Interrupted at step 1 of 4: saved; --resume goes on."
    assert not any(text.startswith("validation at step 1") for text in said)
    resumes(lite_labelled, tmp_path / "run", step=1)


def resumes(lite_labelled, folder, step):
    said = []
    resumed = run(lite_labelled, folder, resume=True, say=said.append)
    assert not resumed.interrupted
    assert any(text.startswith(f"Resumed at step {step}") for text in said)
    steps = [json.loads(x) for x in (folder / "log.jsonl").read_text().splitlines()]
    assert max(e["step"] for e in steps) == 4


def test_a_run_folder_is_not_overwritten(lite_labelled, finished):
    with pytest.raises(PosetuneError, match="already holds a run"):
        run(lite_labelled, finished[0].run)
    with pytest.raises(PosetuneError, match="nothing to resume"):
        run(lite_labelled, finished[0].run.parent / "elsewhere", resume=True)


def test_without_val_whole_groups_are_split_off(lite_labelled, tmp_path):
    copy = tmp_path / "data"
    (copy / "annotations").mkdir(parents=True)
    (copy / "images").symlink_to(lite_labelled / "images")
    (copy / "annotations" / "train.json").write_text((lite_labelled / "annotations" / "train.json").read_text())
    said = []
    run(copy, tmp_path / "run", "samples=[4, 4]", "val_share=0.3", say=said.append)
    assert any("kept for validation" in text for text in said)
    record, everybody = SplitRecord.of_run(tmp_path / "run"), load_dataset(copy, "train").usable
    assert record.val_is_part_of_train
    assert sum(i.people for i in (*record.trained_on, *record.held_out)) == len(everybody)
    assert record.held_back(everybody).any()
