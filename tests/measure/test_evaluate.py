"""The whole evaluation on a set drawn here, through the real networks; and the report and the command on top of it."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest
from tests.helpers.drawn_set import JOINTS

from posetune import stock
from posetune.data.dataset import Dataset, Person, load_dataset, write_coco
from posetune.errors import PosetuneError
from posetune.measure.evaluate import evaluate
from posetune.measure.table import text_tables


def test_both_protocols_and_all_lines_are_there(evaluation):
    result = evaluation.result
    assert result["people"] == 3
    assert result["groups"] == 2
    assert result["offset_from"] == "2 people of train"
    for protocol in ("crop", "pipeline"):
        assert list(result["protocols"][protocol]) == ["full", "full + offset", "my-network"]
    crop = result["protocols"]["crop"]["full"]
    assert crop["points"] == 24
    assert crop["found"] == crop["labelled"] == 3
    assert 0 < crop["mean_error_crop_px"] < 12  # the network sees the drawn figures
    assert set(crop["per_landmark"]) == {f"{side}_{joint}" for side in ("left", "right") for joint in JOINTS}
    assert set(crop["per_angle"]) == {"left_hip", "right_hip", "left_knee", "right_knee"}
    assert result["protocols"]["pipeline"]["full"]["found"] >= 2
    json.dumps(result, allow_nan=False)


def test_the_same_network_under_another_name_differs_by_nothing(evaluation):
    change = evaluation.result["protocols"]["crop"]["my-network"]["difference_to_stock"]
    assert change["stock"] == "full"
    assert change["mean_error_crop_px"] == 0
    assert change["interval_95"]["mean_error_crop_px"] == [0, 0]


def test_the_mean_is_what_the_rows_say(evaluation):
    crop = evaluation.result["protocols"]["crop"]["full"]
    rows = crop["per_landmark"].values()
    mean = sum(r["points"] * r["mean_error_crop_px"] for r in rows) / sum(r["points"] for r in rows)
    assert mean == pytest.approx(crop["mean_error_crop_px"])
    people = [row["mean_error_crop_px"] for row in crop["per_person"]]
    assert np.mean(people) == pytest.approx(mean)  # all have as many points


def test_nobody_to_score_is_said(measured_set, tmp_path):
    data = shutil.copytree(measured_set, tmp_path / "copy")
    dataset = load_dataset(data, "val")
    lone = tuple(Person(p.id, p.image, p.keypoints, ignore=True) for p in dataset.people)
    write_coco(Dataset("x", dataset.images, lone, (), (), data), data / "annotations" / "upper.json")
    with pytest.raises(PosetuneError, match="can be scored"):
        evaluate(data, "upper", stock_names=["full"])


def test_a_stock_network_that_cannot_be_had_is_skipped_with_a_word(measured_set, monkeypatch):
    resolve = stock.resolve

    def offline(model):
        if model in ("lite", "heavy"):
            raise PosetuneError(f"{model} is not in the cache and npm is not installed.")
        return resolve(model)

    monkeypatch.setattr(stock, "resolve", offline)
    evaluation = evaluate(measured_set, "val", pipeline=False, with_offset=False, threads=1)
    assert list(evaluation.result["models"]) == ["full"]
    assert "npm is not installed" in evaluation.result["skipped"]["heavy"]
    assert "Without stock heavy: heavy is not in the cache" in text_tables(evaluation)


def test_a_damaged_image_ends_the_evaluation_with_its_name(measured_set, tmp_path):
    shutil.copytree(measured_set, tmp_path / "copy")
    (tmp_path / "copy" / "images" / "val1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(PosetuneError, match=r"val1\.png"):
        evaluate(tmp_path / "copy", "val", stock_names=["full"], pipeline=False, with_offset=False, threads=1)


def test_people_in_depth_are_measured_in_depth(measured_set, tmp_path):
    """World landmarks taken for truth, moved 4 cm away from the camera at the ankles alone."""
    data = shutil.copytree(measured_set, tmp_path / "copy")
    first = evaluate(data, "val", stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    worlds = first.scored["crop"]["full"].answers.world.copy()
    worlds[:, [27, 28], 2] += 0.04
    truth = [dataclasses.replace(p, keypoints_3d=w) for p, w in zip(first.people, worlds, strict=True)]
    images = tuple({id(p.image): p.image for p in truth}.values())
    write_coco(Dataset("deep", images, tuple(truth), (), (), data), data / "annotations" / "deep.json")
    evaluation = evaluate(data, "deep", stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    result = evaluation.result
    crop = result["protocols"]["crop"]["full"]
    assert crop["z_error_cm"] == pytest.approx(4 * 2 / 33, abs=1e-3)
    assert crop["mpjpe_cm"] == pytest.approx(4 * 2 / 33, abs=1e-3)
    assert 0 < crop["pa_mpjpe_cm"] < 1
    assert "PA-MPJPE cm" in text_tables(evaluation)


def test_a_lone_label_file_is_its_own_split(measured_set):
    file = measured_set / "annotations" / "val.json"
    result = evaluate(file, "train,val", stock_names=["full"], pipeline=False, with_offset=False, threads=1).result
    assert result["splits"] == ["val"]
    assert result["people"] == 3
