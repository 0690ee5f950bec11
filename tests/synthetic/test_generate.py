"""Whole sets: repeatable, resumable, readable by the rest of posetune; and the sample set that is shipped."""

import json
import os

import numpy as np
import pytest

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.synthetic import generate as generating
from posetune.synthetic.generate import Order, _row, generate
from posetune.synthetic.label import Label


def order(**changes):
    return Order(**{"scene_names": ("stand",), "count": 2, "size": 96, "renderer": "software", **changes})


def content(folder):
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix in (".jpg", ".json")}


def test_a_set_is_repeatable_to_the_byte_and_taken_up_where_it_stopped(tmp_path):
    generate(order(), tmp_path / "a", workers=2)
    generate(order(count=1), tmp_path / "b", workers=1)  # as if stopped after the first
    first = (tmp_path / "b" / "images" / "train-stand-1-000000.jpg").stat().st_mtime_ns
    generate(order(), tmp_path / "b", workers=1)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert (tmp_path / "b" / "images" / "train-stand-1-000000.jpg").stat().st_mtime_ns == first
    with pytest.raises(PosetuneError, match="other settings"):
        generate(order(seed=2), tmp_path / "b", workers=1)

    dataset = load_dataset(tmp_path / "a", "train")
    assert len(dataset.images) == 2
    assert not dataset.warnings
    assert not dataset.dropped_names
    person = dataset.people[0]
    assert person.keypoints_3d.shape == (33, 3)
    assert person.keypoints_3d[[23, 24]].mean(0) == pytest.approx(0, abs=1e-3)
    assert len(person.origin.other["self_occluded"]) == 33
    assert dataset.images[0].group != dataset.images[1].group


def test_a_sequence_shares_people_place_and_group(tmp_path):
    generate(order(scene_names=("squat",), count=1, frames=3), tmp_path, workers=1)
    dataset = load_dataset(tmp_path, "train")
    assert len(dataset.images) == 3
    assert len(dataset.groups) == 1
    hips = [p.keypoints_3d[25, 1] for p in dataset.people if not p.ignore][:3]
    assert np.ptp(hips) > 0.01  # but it moves


def test_bad_orders_get_one_sentence(tmp_path):
    cases = (
        ({"scene_names": ("fly",)}, "no scene"), ({"count": 0}, "nothing"), ({"size": 10}, "--size"),
        ({"seed": -1}, "--seed"), ({"split": "a/b"}, "--split"), ({"backgrounds": str(tmp_path)}, "background"),
    )  # fmt: skip
    for wrong, word in cases:
        with pytest.raises(PosetuneError, match=word):
            generate(order(**wrong), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_set_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "train.json").write_text("{}")
    with pytest.raises(PosetuneError, match="not made here"):
        generate(order(), tmp_path)
    assert (tmp_path / "annotations" / "train.json").read_text() == "{}"


def test_recipes_say_everything_that_decides_a_picture():
    known = order().fingerprint()
    assert "count" not in known
    assert json.loads(json.dumps(known))["size"] == 96


def test_somebody_mostly_hidden_is_left_out():
    def row(hidden, covered=0.0):
        points = np.tile([[60.0, 60.0]], (33, 1))
        object_occluded = np.arange(33) < hidden
        label = Label(
            points_px=points, world=np.zeros((33, 3)), hips=np.zeros(3), in_frame=np.ones(33, bool),
            self_occluded=np.zeros(33, bool), object_occluded=object_occluded, bbox=np.array([10, 10, 60, 100.0]),
            area=900.0, covered=covered, height=100.0,
        )  # fmt: skip
        return _row(label, 128)["ignore"]

    assert [row(0), row(16), row(17), row(33)] == [0, 0, 1, 1]
    assert [row(0, covered=890.0), row(0, covered=910.0)] == [0, 1]


def test_processes_started_inside_run_one_thread_and_the_environment_is_as_before(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with generating.one_thread():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
