from __future__ import annotations

import json

import numpy as np
import pytest

pq = pytest.importorskip("pyarrow.parquet")

from tests.helpers.clips import write_clip
from tests.helpers.jobs import planned, unplanned

from posetune.data.dataset import load_dataset
from posetune.data.reviewed import prelabelled
from posetune.errors import PosetuneError
from posetune.measure.evaluate import evaluate
from posetune.scale.folder import Folder
from posetune.scale.measuring import Measured
from posetune.scale.merge import merge
from posetune.scale.verify import verify
from posetune.scale.work import Settings, work


def done(tmp_path, what: str, *inputs, **options) -> Folder:
    store = Folder(tmp_path / what)
    planned(store, *inputs, what=what, **options)
    work(store, Settings(wait=0.01))
    assert verify(store).faults == ()
    merge(store)
    return store


@pytest.mark.parametrize("what", ["label", "teach"])
def test_labels_that_nobody_has_seen(tmp_path, unlabelled, lite_landmarker, what):
    write_clip(unlabelled.parent / f"{what}.avi", 2)
    store = done(tmp_path, what, unlabelled, unlabelled.parent / f"{what}.avi")
    dataset = load_dataset(store.path / "labels.json", "labels")
    assert len(dataset.images) == 3  # the damaged one is not among them
    people = prelabelled(dataset, lambda _: False).people
    assert len(people) == 2
    for person in people:
        assert person.image.path.parent == unlabelled
        assert person.labelled.sum() > 20
        assert person.origin.status == "prelabel"
        assert len(person.origin.confidence) == 33
        poses = lite_landmarker.predict(person.image.read())
        near = [np.abs(p.landmarks_px[:, :2] - person.keypoints[:, :2])[person.labelled].mean() for p in poses]
        assert min(near) < 8
    rows = pq.read_table(next(store.path.glob("l*s.parquet"))).to_pylist()
    assert len(rows) == 4
    assert sum(row["error"] is not None for row in rows) == 1
    assert json.loads((store.path / "job.json").read_text())["left_out"] == {".avi": 1}


def test_eval_gives_the_figures_of_eval(tmp_path, measured_set):
    store = done(tmp_path, "eval", measured_set, split="val", shard=1)
    found = json.loads((store.path / "evaluation.json").read_text())
    expected = evaluate(measured_set, "val", stock_names=["lite"], with_offset=False).to_json()
    assert (found["people"], found["groups"], found["not_read"]) == (expected["people"], expected["groups"], [])
    for protocol in ("crop", "pipeline"):
        mine, theirs = found["protocols"][protocol]["lite"], expected["protocols"][protocol]["lite"]
        left = {"detection", "sides", "differences", "difference_to_stock"}
        assert {k: v for k, v in mine.items() if k not in left} == {k: v for k, v in theirs.items() if k not in left}
    assert pq.read_table(store.path / "answers.parquet").num_rows >= found["people"]


def test_eval_wants_one_set_with_people(tmp_path, measured_set, unlabelled):
    with pytest.raises(PosetuneError, match="one data set"):
        Measured.of(unplanned(measured_set, measured_set, what="eval"))
    with pytest.raises(PosetuneError, match="has no split"):
        Measured.of(unplanned(measured_set, what="eval", split="dev"))


def test_networks_with_points_of_their_own_do_not_label(tmp_path, monkeypatch, unlabelled):
    monkeypatch.setattr("posetune.scale.labelling.has_own_points", lambda _: True)
    store = Folder(tmp_path / "job")
    planned(store, unlabelled, what="label")
    with pytest.raises(PosetuneError, match="points of its own"):
        work(store)
