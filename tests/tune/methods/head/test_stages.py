"""A new head for points of one's own, from labels to poses, on the rendered people that come with posetune."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from tests.helpers.golden import assert_summary_keys
from tests.helpers.own_points import NAMES, own_points, run

import posetune
from posetune.cli import main
from posetune.errors import PosetuneError
from posetune.graph import points
from posetune.runtime.images import read_image
from posetune.tune.config import TRAINABLE, load_config
from posetune.tune.run_folder import STAGES, RunFolder
from posetune.tune.train import train


@pytest.fixture(scope="module")
def finished(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    return run(folder, out, "head.views=3", "head.frozen_passes=5")


def test_a_run_learns_points_that_are_none_of_the_33(finished, people):
    result, said = finished
    own = points.read((result.run / "model.tflite").read_bytes())
    assert own is not None
    assert own.skeleton.names == tuple(NAMES)
    assert own.skeleton.edges == ((0, 1),)
    assert own.skeleton.flip.tolist() == [1, 0, 3, 2, 4, 6, 5]
    first = next(float(s.split("mean ")[1].split(" ")[0]) for s in said if "before" in s)
    best = next(float(s.split("mean ")[1].split(" ")[0]) for s in said if "frozen stage, best" in s)
    assert best < first
    network = posetune.load(result.run)
    mine, middle = [], []
    for person in people[10:]:
        for pose in network.predict(person.image.read(), max_people=1):
            assert pose.landmarks_px.shape == (7, 3)
            assert np.isnan(pose.landmarks_px[4:, 2]).all()  # nothing is known of the depth of a shin
            assert np.isfinite(pose.landmarks_px[:4, 2]).all()
            assert np.isfinite(pose.auxiliary_px).all()
            hips = person.keypoints[[23, 24], :2].mean(0)
            if np.linalg.norm((pose.crop.cx, pose.crop.cy) - hips) > person.torso:
                continue  # somebody else in the picture
            target = own_points(person.keypoints)[4:, :2]
            mine.append(np.linalg.norm(pose.landmarks_px[4:, :2] - target, axis=1).mean())
            middle.append(np.linalg.norm((pose.crop.cx, pose.crop.cy) - target, axis=1).mean())
    assert len(mine) >= 2
    assert np.mean(mine) < 0.7 * np.mean(middle)  # ten people teach little, but not nothing


def test_a_run_leaves_everything_behind(finished):
    result, _ = finished
    assert {p.name for p in result.run.iterdir()} >= {"model.tflite", "train.yaml", "log.jsonl", "summary.json"}
    summary = json.loads((result.run / "summary.json").read_text())
    assert summary["points"] == NAMES
    assert_summary_keys("head with points of its own", summary)
    assert summary["stock_px"] == pytest.approx(result.stock_px)
    assert summary["tuned_px"] == pytest.approx(result.tuned_px)


def test_the_tracking_outputs_stay_near_stock(finished, people):
    result, _ = finished
    tuned, plain = posetune.load(result.run), posetune.load("lite")
    for person in people[10:12]:
        image = person.image.read()
        mine, theirs = tuned.predict_crop(image, person.crop), plain.predict_crop(image, person.crop)
        assert np.abs(mine.auxiliary_px - theirs.auxiliary_px).max() < 0.08 * person.crop.side
        assert abs(mine.score - theirs.score) < 0.3


def test_predict_writes_the_own_points(finished, people, tmp_path):
    result, _ = finished
    picture = people[10].image.path
    assert main(["predict", str(picture), "--model", str(result.run), "--out", str(tmp_path), "--min-score", "0"]) == 0
    found = json.loads((tmp_path / "predictions.json").read_text())
    assert found
    assert found[0]["keypoint_names"] == NAMES
    assert len(found[0]["keypoints"]) == 21
    assert found[0]["z"][4] is None
    table = (tmp_path / "predictions.csv").read_text().splitlines()
    assert table[5].split(",")[6:7] == ["neck"]
    overlay = read_image(next((tmp_path / "overlays").iterdir()))
    assert (overlay != read_image(picture)).any()


def test_eval_measures_each_network_on_its_points(finished, folder, tmp_path, capsys):
    result, _ = finished
    out = tmp_path / "eval.json"
    arguments = [
        "eval",
        "--data",
        str(folder),
        "--split",
        "val",
        str(result.run),
        "--stock",
        "lite",
        "--json",
        str(out),
    ]
    assert main([*arguments, "--no-offset", "--report", str(tmp_path / "report.html")]) == 0
    evaluated = json.loads(out.read_text())
    assert evaluated["keypoints"] == NAMES
    crop = evaluated["protocols"]["crop"]
    mine, theirs = crop[result.run.name], crop["lite"]
    assert mine["mean_error_crop_px"] == pytest.approx(result.tuned_px, rel=0.02)
    assert set(mine["per_landmark"]) == set(NAMES)
    assert set(theirs["per_landmark"]) == set(NAMES[:4])
    common = np.mean([mine["per_landmark"][n]["mean_error_crop_px"] for n in NAMES[:4]])
    difference = mine["difference_to_stock"]["mean_error_crop_px"]
    assert difference == pytest.approx(common - theirs["mean_error_crop_px"], abs=1e-6)
    assert "neck" in capsys.readouterr().out
    assert "left shin" in (tmp_path / "report.html").read_text()
    table = ["compare", "--data", str(folder), "--split", "val", str(result.run), "--no-offset"]
    assert main([*table, "--json", str(out)]) == 0
    rows = {row["name"]: row for row in json.loads(out.read_text())["rows"]}
    assert rows[result.run.name]["points"] > rows["lite"]["points"] > 0
    assert "The networks do not have the same points" in capsys.readouterr().out


def test_doctor_and_export_say_why_it_is_no_task(finished, tmp_path, capsys):
    result, _ = finished
    assert main(["doctor", str(result.model)]) == 1
    said = capsys.readouterr().out
    assert "7 keypoints of its own, and cannot be a MediaPipe .task" in said
    assert main(["export", str(result.run), "--out", str(tmp_path / "own.task")]) == 2
    assert "cannot be a MediaPipe .task" in capsys.readouterr().err
    assert main(["export", str(result.run), "--int8", "--calibrate", ".", "--out", str(tmp_path / "own.task")]) == 2
    assert "export it without --int8" in capsys.readouterr().err
    assert not (tmp_path / "own.task").exists()
    assert main(["export", str(result.run), "--out", str(tmp_path / "own.tflite")]) == 0
    assert points.read((tmp_path / "own.tflite").read_bytes()).skeleton.names == tuple(NAMES)


def test_a_run_whose_first_stage_is_finished_goes_on_behind_it(tmp_path):
    """What a crash in the second stage leaves: no checkpoint, the first stage's network."""
    run = RunFolder(tmp_path)
    (tmp_path / "train.yaml").write_text("method: head\n")
    with pytest.raises(PosetuneError, match="nothing to resume"), run.taken(resume=True):
        pass
    (tmp_path / "head.tflite").write_bytes(b"finished")
    with run.taken(resume=True):
        pass
    assert set(STAGES) == {f"{stage}.tflite" for stage in TRAINABLE}
    with pytest.raises(PosetuneError, match="already holds a run"), run.taken(resume=False):
        pass


def test_what_cannot_be_trained(folder, finished, tmp_path, capsys):
    with pytest.raises(PosetuneError, match="has a head of its own already"):
        train(folder, finished[0].run, tmp_path / "a", method="head", say=lambda s: None)
    for method in ("full", "corrector"):
        command = ["train", "--method", method, "--data", str(folder), "--base", str(finished[0].run)]
        assert main([*command, "--out", str(tmp_path / method)]) == 2
    said = capsys.readouterr().err
    assert "has a head of its own already" in said
    assert "has points of its own, and a corrector moves" in said
    for method in ("head", "corrector"):
        command = ["train", "--method", method, "--data", str(folder), "--base", "lite", "--size", "192"]
        assert main([*command, "--out", str(tmp_path / method)]) == 2
        assert "leave out size 192" in capsys.readouterr().err
    with pytest.raises(PosetuneError, match=r"head\.kind wants"):
        load_config(None, {"method": "head", "data": "x", "out": "y"}, ["head.kind=magic"])
    assert (
        main(["train", "--method", "head", "--data", str(folder), "--out", str(tmp_path / "b"), "--trainable", "all"])
        == 2
    )
