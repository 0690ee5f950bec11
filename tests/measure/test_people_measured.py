"""Whom a network is measured on, and that nobody takes what it learned by heart for a result."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from tests.helpers.drawn_set import write_drawn_set

from posetune import cli, stock
from posetune.data.dataset import find_splits, load_dataset
from posetune.data.split_record import SPLIT, SplitRecord, recorded
from posetune.measure.compare import compare
from posetune.measure.compare_table import markdown, page
from posetune.measure.evaluate import evaluate
from posetune.measure.table import text_tables
from posetune.opencv import cv2


def write_run(folder: Path, data: Path, held_out: int, val_split: str = "val") -> Path:
    """A run folder as training leaves it: stock full under another name; the last ``held_out`` of train held out."""
    folder.mkdir()
    (folder / stock.RUN_NETWORK).write_bytes(stock.path("full").read_bytes() + bytes(8))
    images = [p.image for p in load_dataset(data, "train").people]
    cut = len(images) - held_out
    part_of_train = val_split not in find_splits(data)
    record = SplitRecord(
        str(data), "train", val_split, part_of_train, recorded(images[:cut], data), recorded(images[cut:], data)
    )
    record.save(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A set as small as a user's may be: four pictures, no split but train."""
    folder = tmp_path_factory.mktemp("four")
    write_drawn_set(folder, "train", [160, 190, 220, 250])
    return folder


@pytest.fixture(scope="module")
def run(data, tmp_path_factory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "mine", data, held_out=1)


QUICK = {"stock_names": ["full"], "threads": 1}


def test_without_a_split_it_is_what_the_run_held_out(data, run):
    found = evaluate(data, models=[run], pipeline=False, **QUICK)
    assert [p.image.path.name for p in found.people] == ["train3.png"]
    assert (found.splits, found.held_out_by) == (("train",), ("mine",))
    assert found.models[0].trained_on == 0
    assert found.models[0].chosen_on == 1
    assert "1 people of train, the part that mine held out" in repr(found)
    assert found.offset_from == "3 people of train"  # the others


def test_a_split_of_its_own_goes_before_a_part_of_train(data, run, tmp_path):
    (tmp_path / "images").symlink_to(data / "images")
    (tmp_path / "annotations").mkdir()
    for name in ("train", "dev"):
        (tmp_path / "annotations" / f"{name}.json").write_text((data / "annotations" / "train.json").read_text())
    other = write_run(tmp_path / "run", data, held_out=0, val_split="dev")
    assert evaluate(tmp_path, models=[other], pipeline=False, with_offset=False, **QUICK).splits == ("dev",)


def test_a_lone_label_file_is_divided_as_the_run_divided_it(data, run):
    file = data / "annotations" / "train.json"
    options = {"models": [run], "pipeline": False, "with_offset": False, **QUICK}
    assert len(evaluate(file, **options).people) == 1
    assert len(evaluate(file, "train", **options).people) == 4


def test_being_trained_on_the_people_measured_is_said_before_any_figure(data, run, tmp_path, capsys):
    figures, html = tmp_path / "e.json", tmp_path / "e.html"
    command = ["eval", "--data", str(data), "--split", "train", str(run), "--stock", "full", "--threads", "1"]
    assert cli.main([*command, "--no-pipeline", "--json", str(figures), "--report", str(html)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1].startswith("mine was trained on 3 of these 4 people: its figures are no measure of how good it is")
    assert any("trained on" in line and "crop px" in line for line in shown)  # a column
    assert any(line.startswith("mine") and " 3/4 " in line for line in shown)
    content = json.loads(figures.read_text())
    assert content["models"]["mine"] == {"kind": "model", "base": "full", "trained_on_people": 3, "chosen_on_people": 1}
    text = re.sub("<[^>]+>", "", html.read_text().split("<h2>Result</h2>")[1])
    assert text.startswith("mine was trained on 3 of these 4 people")
    assert "more than chance" not in text


def test_compare_says_it_too(data, run):
    found = compare(data, "train", [run], general=data, general_split="train", timing=False, with_offset=False, **QUICK)
    first = markdown(found).splitlines()[2:6:2]
    assert first[0].startswith("mine was trained on 3 of these 4 people")
    assert first[1].startswith("The general set: mine was trained on 3")
    assert "of these trained on" in markdown(found)
    text = re.sub("<[^>]+>", "", page(found).split("<h2>Result</h2>")[1])
    assert text.startswith("mine was trained on 3 of these 4 people")
    row = found.to_json()["rows"][1]
    assert (row["trained_on_people"], row["general_trained_on_people"]) == (3, 3)
    assert "trained on 3 of them" in repr(found)


def test_a_run_of_an_earlier_version_does_not_know(data, run, tmp_path, capsys):
    old = write_run(tmp_path / "old", data, held_out=1)
    (old / SPLIT).unlink()
    assert evaluate(data, "train", [old], pipeline=False, with_offset=False, **QUICK).models[0].trained_on is None
    command = ["eval", "--data", str(data), str(old), "--stock", "full", "--threads", "1", "--no-pipeline"]
    assert cli.main(command) == 2
    assert "has no split 'val'" in capsys.readouterr().err
    assert cli.main([*command, "--split", "train", "--brief"]) == 0
    assert "Whether old learned from some of these people is not known" in capsys.readouterr().out


def test_two_runs_are_measured_on_what_both_held_out(data, run, tmp_path, capsys):
    second = write_run(tmp_path / "second", data, held_out=2)
    assert len(evaluate(data, models=[second], pipeline=False, with_offset=False, **QUICK).people) == 2
    found = evaluate(data, models=[run, second], pipeline=False, with_offset=False, **QUICK)
    assert (len(found.people), found.held_out_by) == (1, ("mine", "second"))
    third = write_run(tmp_path / "third", data, held_out=0)
    assert cli.main(["eval", "--data", str(data), str(run), str(third), "--stock", "full"]) == 2
    assert "none of its people were held out by mine, third" in capsys.readouterr().err


def test_who_is_left_out_is_said_with_the_reason(data, capsys, tmp_path):
    labels = json.loads((data / "annotations" / "train.json").read_text())
    names = labels["categories"][0]["keypoints"]

    def unlabel(person: dict, *points: str) -> None:
        for name in points:
            person["keypoints"][3 * names.index(name) : 3 * names.index(name) + 3] = [0, 0, 0]

    unlabel(labels["annotations"][0], "left_hip", "right_hip")
    unlabel(labels["annotations"][1], "left_shoulder", "right_shoulder")
    file = data / "annotations" / "partly.json"
    file.write_text(json.dumps(labels))
    command = [
        "eval",
        "--data",
        str(data),
        "--split",
        "partly",
        "--stock",
        "full",
        "--no-pipeline",
        "--no-offset",
        "--brief",
    ]
    assert cli.main(command) == 0
    shown = capsys.readouterr().out
    assert "2 labelled people are left out: 1 without a labelled hip, 1 without a labelled shoulder." in shown
    for person in labels["annotations"]:  # now nobody's labels imply a crop
        unlabel(person, "left_hip", "right_hip")
    file.write_text(json.dumps(labels))
    assert cli.main(command) == 0  # by the detector's crops
    assert (
        "4 of the 4 people have no labelled shoulder and hip, so no torso to measure PCK by" in capsys.readouterr().out
    )
    for person in labels["annotations"]:
        person["iscrowd"] = 1
    file.write_text(json.dumps(labels))
    assert cli.main(command) == 2
    assert "can be scored: 4 marked to be ignored" in capsys.readouterr().err
    file.unlink()


def test_along_what_a_torso_was_measured(data):
    found = evaluate(data, "train", pipeline=False, with_offset=False, **QUICK)
    assert found.to_json()["torso_from"] == {"diagonals": 4}
    one_sided = dataclasses.replace(found, torso_from={"diagonals": 1, "side": 3})
    assert "The torso of 3 of the 4 people, labelled on one side" in text_tables(one_sided)
    without = dataclasses.replace(found, torso_from={"diagonals": 3, "none": 1})
    assert "1 of the 4 people have no labelled shoulder and hip, so no torso to measure PCK by" in text_tables(without)


def test_a_set_that_contradicts_the_network_as_a_whole_is_said_first(tmp_path, capsys):
    """Left and right as the viewer sees them, in a set of six drawn people."""
    write_drawn_set(tmp_path, "val", [150, 170, 190, 210, 230, 250])
    plain = evaluate(tmp_path, pipeline=False, with_offset=False, **QUICK)
    assert plain.contradictions == ()
    file = tmp_path / "annotations" / "val.json"
    labels = json.loads(file.read_text())
    names = labels["categories"][0]["keypoints"]
    exchanged = [n.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right") for n in names]
    labels["categories"][0]["keypoints"] = exchanged
    file.write_text(json.dumps(labels))
    html = tmp_path / "report.html"
    command = ["eval", "--data", str(tmp_path), "--stock", "full", "--no-pipeline", "--no-offset", "--brief"]
    assert cli.main([*command, "--json", str(tmp_path / "e.json"), "--report", str(html)]) == 0
    sentence = capsys.readouterr().out.splitlines()[1]
    assert "left and right exchanged" in sentence
    assert json.loads((tmp_path / "e.json").read_text())["contradictions"] == [sentence]
    assert re.sub("<[^>]+>", "", html.read_text().split("<h2>Result</h2>")[1]).startswith(sentence)


def test_labels_of_resized_pictures_are_converted_and_said_once(tmp_path, capsys):
    write_drawn_set(tmp_path, "val", [170, 230])
    before = evaluate(tmp_path, pipeline=False, with_offset=False, **QUICK)
    for path in (tmp_path / "images").iterdir():
        picture = cv2.imread(str(path))
        cv2.imwrite(str(path), cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    command = ["eval", "--data", str(tmp_path), "--stock", "full", "--no-pipeline", "--no-offset", "--brief"]
    assert cli.main([*command, "--json", str(tmp_path / "e.json")]) == 0
    assert capsys.readouterr().out.count("were resized after labelling") == 1
    after = json.loads((tmp_path / "e.json").read_text())["protocols"]["crop"]["full"]["mean_error_crop_px"]
    assert after == pytest.approx(before.crop["full"].mean_error_crop_px, rel=0.1)
