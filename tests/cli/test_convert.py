"""posetune data convert, as a user calls it."""

from __future__ import annotations

import json
import zipfile

import cv2
import numpy as np
import pytest
from tests.helpers import cvat_xml as x

from posetune.cli import main
from posetune.cli.convert import read_map, read_names
from posetune.errors import PosetuneError


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "annotations.xml"
    names = (*x.NAMES, "left_foot", "tail")
    inside = "".join(x.points(n, *x.PLACES.get(n, (70, 90))) for n in names)
    path.write_text(x.export(x.image(inside=x.skeleton(inside=inside)), x.task(x.label(names=names))))
    return path


def test_a_set_is_converted_and_everything_lost_is_listed(export, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["data", "convert", str(export), str(out), "--to", "coco", "--json", str(tmp_path / "r.json")]) == 0
    printed = capsys.readouterr().out
    assert "train: 1 images, 1 people, 1 groups" in printed
    assert "'left_foot' is none of the 33; perhaps left_ankle, left_heel, left_foot_index (--map)" in printed
    assert "1 points: 'tail' means none of the 33" in printed
    result = json.loads((tmp_path / "r.json").read_text())
    assert {loss["things"] for loss in result["losses"]} == {"points", "images"}
    assert json.loads((out / "annotations" / "train.json").read_text())["annotations"][0]["num_keypoints"] == 5


def test_map_and_strict(export, tmp_path, capsys):
    names = tmp_path / "names.yaml"
    names.write_text("left_foot: left_ankle\ntail: null\n")
    out = tmp_path / "out"
    assert main(["data", "convert", str(export), str(out), "--to", "coco", "--strict"]) == 1
    assert not out.exists()
    assert "Lost:" in capsys.readouterr().out
    assert main(["data", "convert", str(export), str(out), "--to", "coco", "--map", str(names)]) == 0
    assert json.loads((out / "annotations" / "train.json").read_text())["annotations"][0]["num_keypoints"] == 6


@pytest.mark.parametrize(("text", "sentence"), [
    ("left_fot: left_ankle", "has no keypoint 'left_fot'"), ("left_foot: ankle_joint", "none of the 33; nearest"),
    ("- a", "write a line"), ("a: [", "not YAML"), ("left_foot: 3", "write a line"),
])  # fmt: skip
def test_a_wrong_map_is_one_sentence(export, tmp_path, text, sentence, capsys):
    names = tmp_path / "names.yaml"
    names.write_text(text)
    assert main(["data", "convert", str(export), str(tmp_path / "out"), "--to", "coco", "--map", str(names)]) == 2
    assert sentence in capsys.readouterr().err


def test_files_of_names(tmp_path):
    path = tmp_path / "n.txt"
    for text in ("nose\nleft eye\n", "- nose\n- left eye\n", "﻿nose\r\nleft eye"):
        path.write_bytes(text.encode())
        assert read_names(path) == ["nose", "left eye"]
    path.write_text("nose\nnose\n")
    with pytest.raises(PosetuneError, match="'nose' stands twice"):
        read_names(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(PosetuneError, match="not UTF-8"):
        read_names(path)
    path.write_text("a: left_hip\nb:\n")
    assert read_map(path) == {"a": "left_hip", "b": None}


def test_strict_tells_all_that_is_lost_in_writing_too(tmp_path, capsys):
    path = tmp_path / "annotations.xml"
    places = {"nose": (20, 10), "left_shoulder": (30, 30), "left_hip": (30, 60)}
    inside = "".join(x.points(n, *places.get(n, (70, 90)), outside=int(n not in places)) for n in x.NAMES)
    path.write_text(x.export(x.image(inside=x.skeleton(inside=inside)), x.task(x.label())))
    out, told = tmp_path / "out", tmp_path / "told.json"
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((120, 100, 3), np.uint8))
    assert main(["data", "convert", str(path), str(out), "--to", "yolo", "--strict", "--json", str(told)]) == 1
    assert "Nothing is lost" not in capsys.readouterr().out
    assert json.loads(told.read_text())["losses"]


def test_archives_are_called_by_their_own_name(tmp_path, capsys):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("notes.txt", "nothing here")
    assert main(["data", "convert", str(archive), str(tmp_path / "out"), "--to", "coco"]) == 2
    assert f"{archive} is not a data set" in capsys.readouterr().err
    archive.write_text("no archive")
    assert main(["data", "convert", str(archive), str(tmp_path / "out"), "--to", "coco"]) == 2
    assert "is no ZIP archive" in capsys.readouterr().err


def test_aliases_in_a_map_are_refused(tmp_path):
    path = tmp_path / "names.yaml"
    path.write_text("a: &a [x, x]\nb: &b [*a, *a]\n")
    with pytest.raises(PosetuneError, match="aliases"):
        read_map(path)


def test_a_folder_of_pictures_that_is_not_there_is_said(export, tmp_path, capsys):
    call = ["data", "convert", str(export), str(tmp_path / "out"), "--to", "coco", "--images", str(tmp_path / "none")]
    assert main(call) == 2
    assert "there is no such folder" in capsys.readouterr().err
