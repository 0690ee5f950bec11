"""``posetune data check``: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.standing import person

from posetune import cli
from posetune.data.dataset import Dataset, ImageRecord, Person, write_coco
from posetune.landmarks import INDEX

FAST = ["--threads", "1", "--model", "lite", "--second", "none"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for split in ("train", "val"):
        path = tmp_path / "images" / f"{split}.png"
        picture = draw_person(room(400, 400), (200, 180))
        if split == "val":  # or it would be one picture in two splits
            picture[:, 300:] = 30
        cv2.imwrite(str(path), picture[:, :, ::-1])
        image = ImageRecord(1, path, 400, 400, f"scene {split}")
        people = (Person(1, image, person().keypoints),)
        write_coco(Dataset(split, (image,), people, (), (), tmp_path), tmp_path / "annotations" / f"{split}.json")
    return tmp_path


@pytest.fixture
def swapped(folder: Path) -> Path:
    """The drawn figure, labelled as it is drawn but with the sides exchanged, alone in a split."""
    image = ImageRecord(1, folder / "images" / "train.png", 400, 400, "scene")
    keypoints = np.zeros((33, 3))
    for joint, (x, y) in {"shoulder": (36, -92), "hip": (16, 0), "knee": (20, 70), "ankle": (22, 135)}.items():
        keypoints[INDEX[f"right_{joint}"]] = 200 + x, 180 + y, 2
        keypoints[INDEX[f"left_{joint}"]] = 200 - x, 180 + y, 2
    made = Dataset("swapped", (image,), (Person(5, image, keypoints),), (), (), folder)
    write_coco(made, folder / "annotations" / "swapped.json")
    return folder


def test_a_clean_set(folder, capsys):
    assert cli.main(["data", "check", str(folder), "--no-suspects"]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_findings_end_with_1_and_are_named(folder, tmp_path, capsys):
    (folder / "images" / "train.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (folder / "images" / "val.png").unlink()
    broken = json.loads((folder / "annotations" / "train.json").read_text())
    wrist = 3 * broken["categories"][0]["keypoints"].index("left_wrist")
    broken["annotations"][0]["keypoints"][wrist : wrist + 2] = [230, 399]
    (folder / "annotations" / "train.json").write_text(json.dumps(broken))
    out = tmp_path / "findings.json"
    assert cli.main(["data", "check", str(folder), "--split", "train", "--no-suspects", "--json", str(out)]) == 1
    shown = capsys.readouterr().out
    assert "images that cannot be read: 1" in shown
    assert "left elbow–wrist" in shown
    content = json.loads(out.read_text())
    assert [(f["kind"], f["image"], f["person"]) for f in content["findings"]] == [
        ("unreadable", "images/train.png", None), ("bones", "images/train.png", 1),
    ]  # fmt: skip
    assert content["findings"][1]["points"] == ["left_elbow", "left_wrist"]
    kinds = [p["kind"] for problems in content["problems"].values() for p in problems]
    assert kinds == ["images that cannot be read", "impossible skeletons"]
    assert (
        cli.main(["data", "check", str(folder), "--split", "train", "--no-suspects", "--skip", "unreadable,bones"]) == 0
    )


def test_labels_without_a_single_picture_are_checked_by_themselves(folder, capsys):
    (folder / "images" / "val.png").unlink()
    assert cli.main(["data", "check", str(folder), "--split", "val", *FAST]) == 1
    assert "val.png is missing" in capsys.readouterr().out


def test_swaps_are_listed_drawn_reported_and_ruled_on(swapped, capsys, tmp_path):
    sheet, page = tmp_path / "sheet.png", tmp_path / "report.html"
    command = ["data", "check", str(swapped), "--split", "swapped", "--skip", "missing_point", *FAST]
    assert cli.main([*command, "--sheet", str(sheet), "--report", str(page), "--rule"]) == 1
    shown = capsys.readouterr().out
    assert "left and right exchanged, whole body: 1" in shown
    assert "train.png, person 5: left and right look exchanged" in shown
    assert cv2.imread(str(sheet)).shape[0] > 200
    assert page.read_text(encoding="utf-8").count("<article") == 1
    rulings = swapped / "suspects.json"
    assert rulings.read_text().count("undecided") == 2  # the word list, and the one suspect
    rulings.write_text(rulings.read_text().replace('"ruling": "undecided"', '"ruling": "keep"'))
    assert cli.main(command) == 0
    assert "Nothing is wrong" in capsys.readouterr().out


def test_without_the_second_network_the_first_one_judges_alone(swapped, tmp_path, capsys):
    command = ["data", "check", str(swapped), "--split", "swapped", *FAST[:-1], str(tmp_path / "gone.task")]
    assert cli.main(command) == 1
    shown = capsys.readouterr().out
    assert "No second opinion: " in shown
    assert "left and right exchanged" in shown


def test_fix_mends_the_file_before_it_is_checked(folder, capsys):
    file = folder / "annotations" / "train.json"
    labels = json.loads(file.read_text())
    labels["annotations"][0]["num_keypoints"] = 3
    file.write_text(json.dumps(labels))
    command = ["data", "check", str(folder), "--no-suspects"]
    assert cli.main(command) == 1
    assert "num_keypoints is 3, 8 points are labelled" in capsys.readouterr().out
    assert cli.main([*command, "--fix"]) == 0
    assert "train.json.before-fix-1" in capsys.readouterr().out
    assert json.loads(file.read_text())["annotations"][0]["num_keypoints"] == 8


def test_bad_input_ends_with_2(folder, tmp_path, capsys):
    bundle = tmp_path / "full.task"
    bundle.write_bytes(b"PK\x03\x04")
    assert cli.main(["data", "check", str(bundle)]) == 2
    assert "a MediaPipe bundle, not a data set" in capsys.readouterr().err
    assert cli.main(["data", "check", str(folder), "--skip", "swaps"]) == 2
    assert "swap_all" in capsys.readouterr().err
    assert cli.main(["data", "check", str(folder), "--report", str(folder)]) == 2


def test_labels_as_the_viewer_sees_them_are_told_once_and_not_trained_on(tmp_path, capsys):
    from posetune.synthetic.sample import write_sample

    write_sample(tmp_path)
    path = tmp_path / "annotations" / "ordinary.json"
    content = json.loads(path.read_text())
    names = content["categories"][0]["keypoints"]
    other = {name: name.replace("left", "?").replace("right", "left").replace("?", "right") for name in names}
    content["categories"][0]["keypoints"] = [other[name] for name in names]
    content["images"] = content["images"][::3]
    ids = {image["id"] for image in content["images"]}
    content["annotations"] = [a for a in content["annotations"] if a["image_id"] in ids]
    path.write_text(json.dumps(content))
    assert cli.main(["data", "check", str(path), *FAST]) == 1
    shown = capsys.readouterr().out
    assert "labelled as the viewer sees them" in shown
    assert "look exchanged" not in shown
    assert cli.main(["train", "--data", str(path), "--base", "lite", "--out", str(tmp_path / "run")]) == 2
    assert "--trust-labels" in capsys.readouterr().err
