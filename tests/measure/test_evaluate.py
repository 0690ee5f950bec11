"""The whole evaluation on a set drawn here, through the real networks; and the report and the command on top of it."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.drawn_set import JOINTS, write_drawn_set
from tests.helpers.standing import PLACES, answer, person

from posetune import cli, stock
from posetune.data.answers import Answers
from posetune.data.dataset import Dataset, ImageRecord, Person, load_dataset, write_coco
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.measure.beside import stock_base
from posetune.measure.evaluate import evaluate
from posetune.measure.offset import add_offsets, fit_across_folds, fit_offsets, two_folds
from posetune.measure.pipeline import match
from posetune.measure.report import report_html
from posetune.measure.table import text_tables
from posetune.runtime.pose import Pose


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """A set folder: train and val with two images each, the second of val with two people."""
    folder = tmp_path_factory.mktemp("drawn")
    write_drawn_set(folder, "train", [160, 200], area=30_000.0)
    write_drawn_set(folder, "val", [170, [(110, 220), (330, 220)]], area=30_000.0)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """Stock full under another name, with bytes behind its end, so that it is not recognised as stock."""
    path = tmp_path_factory.mktemp("model") / "my-network.tflite"
    path.write_bytes(stock.path("full").read_bytes() + bytes(8))
    return path


@pytest.fixture(scope="module")
def evaluation(drawn, model):
    return evaluate(drawn, "val", [model], stock_names=["full"], threads=1)


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


def test_the_report_holds_everything_and_needs_nothing(evaluation):
    page = report_html(evaluation)
    for text in (
        "my-network against stock",
        "Crop protocol",
        "Pipeline protocol",
        "left knee",
        "Why it errs",
        "Pose and view",
        "Worst",
        "How to read this",
    ):
        assert text in page
    assert page.count("data:image/jpeg;base64,") >= 3 * 3  # label, stock and tuned of three people
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "<script" not in page
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)
    assert "$" not in text  # every place of the template is filled


def test_names_are_escaped_in_the_report(drawn, model, tmp_path):
    odd = tmp_path / "a<b>&c.tflite"
    odd.write_bytes(model.read_bytes())
    page = report_html(
        evaluate(drawn, "val", [odd], stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    )
    assert "a&lt;b&gt;&amp;c" in page
    assert "<b>&c" not in page


def test_the_command_prints_tables_and_writes_files(drawn, model, tmp_path, capsys):
    out, page = tmp_path / "e.json", tmp_path / "e.html"
    command = ["eval", "--data", str(drawn), "--split", "val,train", str(model), "--stock", "full"]
    assert cli.main([*command, "--json", str(out), "--report", str(page), "--threads", "1"]) == 0
    shown = capsys.readouterr().out
    for text in (
        "5 people of 4 groups",
        "my-network",
        "full + offset",
        "left_shoulder",
        "+0.0 %",
        "no train split besides",
    ):
        assert text in shown
    figures = json.loads(out.read_text())
    assert figures["splits"] == ["val", "train"]
    assert figures["protocols"]["pipeline"]["my-network"]["labelled"] == 5
    assert page.read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--split", "nope"], "has no split 'nope'"),
        (["nothing.tflite"], "no network"),
        (["--stock", "tiny"], "there is no tiny"),
        (["--json", "."], "it is a folder"),
        (["--threads", "0"], "at least 1"),
    ],
)
def test_bad_arguments_are_one_sentence(drawn, arguments, expected, capsys):
    assert cli.main(["eval", "--data", str(drawn), *arguments]) == 2
    message = capsys.readouterr().err
    assert expected in message
    assert "Traceback" not in message


def test_nobody_to_score_is_said(drawn):
    dataset = load_dataset(drawn, "val")
    lone = [Person(p.id, p.image, p.keypoints, ignore=True) for p in dataset.people]
    write_coco(Dataset("x", dataset.images, tuple(lone), (), (), drawn), drawn / "annotations" / "upper.json")
    with pytest.raises(PosetuneError, match="can be scored"):
        evaluate(drawn, "upper", stock_names=["full"])


@pytest.mark.parametrize("name", stock.LANDMARK_NAMES)
def test_the_base_of_a_network_is_known_by_its_weights(name):
    if name != "full":
        try:
            stock.path(name)
        except PosetuneError as error:
            pytest.skip(str(error))
    assert stock_base(stock.path(name).read_bytes()) == name


def test_offsets_are_found_in_the_frame_of_the_crop():
    people = [person() for _ in range(6)]
    answers = _answers(np.concatenate([answer({"left_knee": (10, 0)})] * 6))
    offsets = fit_offsets(answers, people)
    expected = -10 * 256 / people[0].crop.side
    np.testing.assert_allclose(offsets[INDEX["left_knee"]], [expected, 0], atol=1e-6)
    moved = add_offsets(answers, [p.crop for p in people], offsets)
    np.testing.assert_allclose(moved.points_px[:, INDEX["left_knee"], 0], 230, atol=1e-4)
    assert (fit_offsets(answers, people)[INDEX["nose"]] == 0).all()
    few = _answers(answers.points_px[:4])
    assert (fit_offsets(few, people[:4]) == 0).all()  # four labels are too few to tell


def test_folds_share_no_group_and_nobody_is_fitted_on_himself():
    people = [person(image=ImageRecord(i, Path("a.png"), 400, 400, f"scene {i // 3}")) for i in range(30)]
    folds = two_folds(people)
    for scene in range(10):
        assert len(set(folds[3 * scene : 3 * scene + 3])) == 1
    assert folds.sum() == 15
    points = np.concatenate([answer({"left_knee": (10.0 if fold else 20.0, 0)}) for fold in folds])
    offsets = fit_across_folds(_answers(points), people, folds)[:, INDEX["left_knee"], 0] * people[0].crop.side / 256
    np.testing.assert_allclose(offsets, np.where(folds == 1, -20, -10), atol=1e-5)


def _answers(points: np.ndarray) -> Answers:
    empty = Answers.empty(len(points))
    return Answers(points, empty.world, empty.visibility, np.ones(len(points)))


def _pose(x: float, y: float) -> Pose:
    points = np.zeros((33, 3), np.float32)
    points[[23, 24], :2] = x, y
    nothing = np.zeros(33, np.float32)
    return Pose(points, nothing, nothing, points, 0.9, points[:2], Crop(0, 0, 1))


def test_a_pose_serves_one_person_and_far_ones_none():
    first = person()  # mid-hip (200, 180) or so, torso 100
    hip = np.array([first.crop.cx, first.crop.cy])
    second = person({n: (x + 100, y) for n, (x, y) in PLACES.items()})
    near_second = _pose(*(hip + [90, 0]))
    assert match([first, second], [near_second]) == [None, near_second]
    both = [_pose(*(hip + [60, 0])), near_second]
    assert match([first, second], both) == both
    assert match([first], [_pose(*(hip + [0, 149]))]) != [None]
    assert match([first], [_pose(*(hip + [0, 151]))]) == [None]
    assert match([], both) == []


def test_a_stock_network_that_cannot_be_had_is_skipped_with_a_word(drawn, monkeypatch):
    resolve = stock.resolve

    def offline(model):
        if model in ("lite", "heavy"):
            raise PosetuneError(f"{model} is not in the cache and npm is not installed.")
        return resolve(model)

    monkeypatch.setattr(stock, "resolve", offline)
    evaluation = evaluate(drawn, "val", pipeline=False, with_offset=False, threads=1)
    assert list(evaluation.result["models"]) == ["full"]
    assert "npm is not installed" in evaluation.result["skipped"]["heavy"]
    assert "Without stock heavy: heavy is not in the cache" in text_tables(evaluation)


def test_a_damaged_image_ends_the_evaluation_with_its_name(drawn, tmp_path):
    shutil.copytree(drawn, tmp_path / "copy")
    (tmp_path / "copy" / "images" / "val1.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(PosetuneError, match=r"val1\.png"):
        evaluate(tmp_path / "copy", "val", stock_names=["full"], pipeline=False, with_offset=False, threads=1)


def test_people_in_depth_are_measured_in_depth(drawn):
    """World landmarks taken for truth, moved 4 cm away from the camera at the ankles alone."""
    first = evaluate(drawn, "val", stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    worlds = first.scored["crop"]["full"].answers.world.copy()
    worlds[:, [27, 28], 2] += 0.04
    truth = [dataclasses.replace(p, keypoints_3d=w) for p, w in zip(first.people, worlds, strict=True)]
    images = tuple({id(p.image): p.image for p in truth}.values())
    write_coco(Dataset("deep", images, tuple(truth), (), (), drawn), drawn / "annotations" / "deep.json")
    evaluation = evaluate(drawn, "deep", stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    result = evaluation.result
    crop = result["protocols"]["crop"]["full"]
    assert crop["z_error_cm"] == pytest.approx(4 * 2 / 33, abs=1e-3)
    assert crop["mpjpe_cm"] == pytest.approx(4 * 2 / 33, abs=1e-3)
    assert 0 < crop["pa_mpjpe_cm"] < 1
    assert "PA-MPJPE cm" in text_tables(evaluation)


def test_a_lone_label_file_is_its_own_split(drawn):
    file = drawn / "annotations" / "val.json"
    result = evaluate(file, "train,val", stock_names=["full"], pipeline=False, with_offset=False, threads=1).result
    assert result["splits"] == ["val"]
    assert result["people"] == 3
