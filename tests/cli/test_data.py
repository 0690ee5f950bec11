"""``posetune data check`` and ``info``: what they say, and how they end."""

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for split in ("train", "val"):
        path = tmp_path / "images" / f"{split}.png"
        picture = draw_person(room(400, 400), (200, 180))
        picture[:20] = 200 if split == "val" else 90  # or it would be one picture in two splits
        cv2.imwrite(str(path), picture[:, :, ::-1])
        image = ImageRecord(1, path, 400, 400, f"scene {split}")
        people = (Person(1, image, person().keypoints),)
        write_coco(Dataset(split, (image,), people, (), (), tmp_path), tmp_path / "annotations" / f"{split}.json")
    return tmp_path


def test_a_clean_set(folder, capsys):
    assert cli.main(["data", "check", str(folder), "--no-suspects"]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_info_counts(folder, capsys):
    assert cli.main(["data", "info", str(folder), "--split", "val"]) == 0
    shown = capsys.readouterr().out
    assert "1 images, 1 groups, 1 people" in shown
    assert "left_wrist 1" in shown
    assert "right_wrist" not in shown


def test_problems_end_with_1_and_are_named(folder, tmp_path, capsys):
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
    kinds = [p["kind"] for problems in json.loads(out.read_text())["problems"].values() for p in problems]
    assert kinds == ["images that cannot be read", "impossible skeletons"]
    assert cli.main(["data", "check", str(folder), "--split", "val"]) == 2  # not one image is there
    assert "1 of 1 images" in capsys.readouterr().err


def test_suspects_are_listed_and_drawn(folder, capsys, tmp_path):
    """The drawn figure, labelled as it is drawn but with the sides exchanged."""
    image = ImageRecord(1, folder / "images" / "train.png", 400, 400, "scene")
    keypoints = np.zeros((33, 3))
    for joint, (x, y) in {"shoulder": (36, -92), "hip": (16, 0), "knee": (20, 70), "ankle": (22, 135)}.items():
        keypoints[INDEX[f"right_{joint}"]] = 200 + x, 180 + y, 2
        keypoints[INDEX[f"left_{joint}"]] = 200 - x, 180 + y, 2
    swapped = Dataset("swapped", (image,), (Person(5, image, keypoints),), (), (), folder)
    write_coco(swapped, folder / "annotations" / "swapped.json")
    sheet = tmp_path / "sheet.png"
    assert cli.main(["data", "check", str(folder), "--split", "swapped", "--sheet", str(sheet), "--threads", "1"]) == 0
    shown = capsys.readouterr().out
    assert "swap_all: 1" in shown
    assert "train.png, person 5: left and right look exchanged" in shown
    assert cv2.imread(str(sheet)).shape[0] > 200


def test_what_is_no_set_ends_with_2(tmp_path, capsys):
    bundle = tmp_path / "full.task"
    bundle.write_bytes(b"PK\x03\x04")
    assert cli.main(["data", "check", str(bundle)]) == 2
    assert "a MediaPipe bundle, not a data set" in capsys.readouterr().err


def test_labels_as_the_viewer_sees_them_are_a_problem_and_not_trained_on(tmp_path, capsys):
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
    assert cli.main(["data", "check", str(path), "--model", "lite"]) == 1
    assert "labelled as the viewer sees them" in capsys.readouterr().out
    assert cli.main(["train", "--data", str(path), "--base", "lite", "--out", str(tmp_path / "run")]) == 2
    assert "--trust-labels" in capsys.readouterr().err
