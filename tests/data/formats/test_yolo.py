"""YOLO-pose as Ultralytics, CVAT and Roboflow export it, and as people edit it."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.helpers.coco_labels import annotation, content
from tests.helpers.coco_labels import read as read_coco

from posetune.data.dataset import find_splits, load_dataset
from posetune.data.formats import yolo
from posetune.data.formats.reading import SOME, Reading
from posetune.data.formats.writing import Part, unique_names
from posetune.data.formats.yolo_yaml import describe
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

NAMES = ("nose", "left_shoulder", "right_shoulder", "left_hip")
LINE = "0 0.5 0.5 0.8 0.8 0.5 0.1 2 0.6 0.25 2 0.4 0.25 1 0 0 0"
YAML = "path: .\ntrain: images/train\nkpt_shape: [4, 3]\nnames: {0: person}\n"


def lay(folder: Path, text: str = YAML, **labels: str) -> Path:
    """data.yaml, and images of 100 × 200 px with these labels; "train_a" is labels/train/a.txt."""
    folder.mkdir(exist_ok=True)
    (folder / "data.yaml").write_text(text)
    for key, lines in labels.items():
        split, _, name = key.partition("_")
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "images" / split / f"{name}.png"), np.zeros((200, 100, 3), np.uint8))
        (folder / "labels" / split / f"{name}.txt").write_bytes(lines.encode())
    return folder


def read(folder: Path, **how):
    return yolo.read(folder, Reading(**{"order": NAMES, "require": SOME, **how}))


def test_shares_become_px(tmp_path):
    dataset = read(lay(tmp_path, train_a=LINE + "\n"))
    (person,) = dataset.people
    assert person.bbox.tolist() == pytest.approx([10, 20, 80, 160])
    assert person.keypoints[INDEX["left_shoulder"]].tolist() == pytest.approx([60, 50, 2])
    assert person.keypoints[INDEX["right_shoulder"]].tolist() == pytest.approx([40, 50, 1])
    assert not person.labelled[INDEX["left_hip"]]


def test_points_without_names_are_refused_never_guessed(tmp_path):
    folder = lay(tmp_path, YAML.replace("[4, 3]", "[17, 3]"), train_a="")
    with pytest.raises(PosetuneError, match=r"17 points have no names.*--names FILE.*--names auto"):
        load_dataset(folder, "train")


def test_names_in_the_yaml_are_read(tmp_path):
    dataset = load_dataset(lay(tmp_path, f"{YAML}kpt_names: {{0: [{', '.join(NAMES)}]}}\n", train_a=LINE), "train")
    assert dataset.source_names == NAMES
    with pytest.raises(PosetuneError, match="kpt_names has 4"):
        describe(lay(tmp_path, f"{YAML}kpt_names: [{', '.join(NAMES)}]\n".replace("[4, 3]", "[5, 3]")))


def test_two_numbers_a_point(tmp_path):
    line = "0 0.5 0.5 0.8 0.8 0.5 0.1 0.6 0.25 0.4 0.25 0 0"
    dataset = read(lay(tmp_path, YAML.replace("3]", "2]"), train_a=line))
    assert dataset.people[0].keypoints[INDEX["nose"]].tolist() == [50, 20, 2]
    assert not dataset.people[0].labelled[INDEX["left_hip"]]
    assert any("has no v" in w for w in dataset.warnings)


def test_ints_blanks_crlf_and_a_byte_order_mark(tmp_path):
    text = f"﻿{LINE}  \r\n\r\n0 0.5 0.5 1 1 0.5 0.5 2 0 0 0 0 0 0 0 0 0 \r\n"
    assert len(read(lay(tmp_path, train_a=text)).people) == 2


def test_a_row_without_points_is_somebody_without_labels(tmp_path):
    dataset = read(lay(tmp_path, train_a=f"{LINE}\n0 0.2 0.2 0.1 0.1\n"))
    assert [p.ignore for p in dataset.people] == [False, True]


def test_classes_keep_apart_and_padding_is_unlabelled(tmp_path):
    text = YAML.replace("{0: person}", "[standing, sitting]")
    dataset = read(lay(tmp_path, text, train_a=f"{LINE}\n1 0.5 0.5 0.8 0.8 0.5 0.1 2 0.6 0.25 2 0 0 0 0 0 0"))
    assert [int(p.labelled.sum()) for p in dataset.people] == [3, 2]


@pytest.mark.parametrize("entry", [
    "train: images/train", "train: ../images/train", "train: /home/somebody/set/images/train", "train: .\\images\\train",
    "train: C:\\set\\images\\train", "train: [images/train]", "train: train.txt", "train: https/../images/train",
])  # fmt: skip
def test_places_as_people_write_them(tmp_path, entry):
    (tmp_path / "train.txt").write_text("./images/train/a.png\nimages\\train\\b.png\n\nimages/train/gone.png\n")
    dataset = read(lay(tmp_path, YAML.replace("train: images/train", entry), train_a=LINE, train_b=LINE))
    assert len(dataset.images) == 2


def test_pictures_of_two_splits_with_one_name_are_not_confused(tmp_path, monkeypatch):
    text = YAML.replace("train: images/train", "train: images/train\nval: images/val")
    lay(tmp_path / "set", text, train_a=LINE, val_a=LINE)
    monkeypatch.chdir(tmp_path)
    for split in ("train", "val"):
        dataset = read(Path("set"), split=split)
        assert dataset.images[0].path == Path(f"set/images/{split}/a.png")
        assert not dataset.warnings


def test_roboflows_folders(tmp_path):
    text = "train: ../train/images\nval: ../valid/images\nkpt_shape: [4, 3]\nflip_idx: [0, 1, 2, 3]\nnames: [p]\n"
    folder = lay(tmp_path, text)
    for split in ("train", "valid"):
        for kind in ("images", "labels"):
            (folder / split / kind).mkdir(parents=True)
        cv2.imwrite(str(folder / split / "images" / f"{split}_jpg.rf.1a.jpg"), np.zeros((20, 20, 3), np.uint8))
        (folder / split / "labels" / f"{split}_jpg.rf.1a.txt").write_text(LINE)
    assert find_splits(folder) == ["train", "val"]
    dataset = read(folder, split="val")
    assert len(dataset.people) == 1
    assert any("flip_idx that does not exchange left and right" in w for w in dataset.warnings)


def test_names_with_blanks_dots_brackets_and_accents(tmp_path):
    folder = lay(tmp_path, train_a=LINE)
    for name in ("Copy of Copy of x.mp4_frame_0000003", "1 (2)", "目录.v1.0", "ü"):
        cv2.imwrite(str(folder / "images" / "train" / "tmp.png"), np.zeros((20, 20, 3), np.uint8))
        (folder / "images" / "train" / "tmp.png").rename(folder / "images" / "train" / f"{name}.png")
        (folder / "labels" / "train" / f"{name}.txt").write_text(LINE)
    assert len(read(folder).people) == 5


@pytest.mark.parametrize(("line", "sentence"), [
    (LINE.replace(" 2 ", " 3 ", 1), "a v of 3"),
    (LINE[:-2], r"a.txt, line 1: 16 numbers; kpt_shape: \[4, 3\] takes 17"),
    (LINE.replace("0.6", "60"), "60 is no share of the picture"),
    (LINE.replace("0.6", "nan"), "NaN"),
    (LINE.replace("0.6", "six"), "not numbers"),
    ("0 " * 2000, "characters; a person of 4 points takes 17"),
])  # fmt: skip
def test_a_wrong_line_is_one_sentence_with_its_number(tmp_path, line, sentence):
    with pytest.raises(PosetuneError, match=sentence):
        read(lay(tmp_path, train_a=line))


def test_files_that_are_far_too_long_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(yolo, "_LARGEST_FILE", 1000)
    with pytest.raises(PosetuneError, match="no label file of one image does"):
        read(lay(tmp_path, train_a="0 " * 600))


def test_scores_for_v_count_from_a_half(tmp_path):
    dataset = read(lay(tmp_path, train_a=LINE.replace(" 2 ", " 0.9 ", 1).replace(" 2 ", " 0.3 ", 1)))
    assert dataset.people[0].keypoints[INDEX["nose"], 2] == 2
    assert not dataset.people[0].labelled[INDEX["left_shoulder"]]
    assert any("score for v" in loss.what for loss in dataset.losses)


@pytest.mark.parametrize(("change", "sentence"), [
    (("kpt_shape: [4, 3]", "kpt_shape: [4]"), r"kpt_shape is \[4\]; write \[number of points, 3\]"),
    (("kpt_shape: [4, 3]", "kpt_shape: [4, 3]\nflip_idx: [0, 1, 2 3]"), "line 4: flip_idx has '2 3', .* is a comma missing"),
    (("kpt_shape: [4, 3]", "kpt_shape: [4, 3]\nflip_idx: [0, 1, 2]"), "takes each of 0 to 3 once"),
    (("kpt_shape: [4, 3]", "kpt_shape: [4, 3"), "not YAML in line"),
    (("path: .", "path: https: //there"), "not YAML in line 1"),
    (("train: images/train", ""), "names no train, val or test"),
])  # fmt: skip
def test_a_wrong_yaml_is_one_sentence_that_says_what_to_write(tmp_path, change, sentence):
    with pytest.raises(PosetuneError, match=sentence):
        read(lay(tmp_path, YAML.replace(*change), train_a=LINE))


def test_labels_without_pictures_need_them(tmp_path):
    folder = lay(tmp_path, train_a=LINE)
    (folder / "images" / "train" / "a.png").rename(tmp_path / "a.png")
    (folder / "images" / "train").rmdir()
    with pytest.raises(PosetuneError, match="the pictures are needed: give their folder with --images"):
        read(folder)
    assert len(read(folder, images=tmp_path).people) == 1


def test_there_and_back_with_the_losses_that_are_stated(folder):
    rows = [annotation(bbox=[10, 5, 70, 80]), annotation(id=9, ignore=1), annotation(id=12)]
    dataset = read_coco(folder, content(annotations=rows))
    (names,) = unique_names([dataset])
    losses = yolo.write([Part("train", dataset, names)], folder / "out")
    (folder / "out" / "images" / "train").mkdir(parents=True)
    (folder / "out" / "images" / "train" / "a.png").symlink_to(folder / "images" / "a.png")
    told = " ".join(map(str, losses))
    assert "1 people: are to be ignored" in told
    assert "1 boxes: are not given" in told
    back = load_dataset(folder / "out", "train")
    first, second = back.people
    assert np.abs(first.keypoints - dataset.people[0].keypoints).max() < 1e-4
    assert first.bbox.tolist() == pytest.approx([10, 5, 70, 80], abs=1e-4)
    assert second.bbox[2] > 20
    about = describe(folder / "out")
    assert about.flip[INDEX["left_hip"]] == INDEX["right_hip"]
    assert about.count == 33


def test_points_outside_of_the_picture_are_not_written(folder):
    dataset = read_coco(
        folder, content(annotations=[annotation(keypoints=[-3, 10, 2, *content()["annotations"][0]["keypoints"][3:]])])
    )
    (names,) = unique_names([dataset])
    losses = yolo.write([Part("train", dataset, names)], folder / "out")
    assert any(loss.things == "points" and loss.count == 1 for loss in losses)
    values = [float(v) for v in (folder / "out" / "labels" / "train" / "a.txt").read_text().split()]
    assert min(values) >= 0
    unknown = dataclasses.replace(dataset, images=(dataclasses.replace(dataset.images[0], width=0),))
    losses = yolo.write([Part("train", unknown, {id(unknown.images[0]): "a.png"})], folder / "two")
    assert any("no known size" in loss.what for loss in losses)


@pytest.mark.parametrize("key", ["kpt_shape", "names", "train"])
def test_aliases_that_would_grow_to_gigabytes_are_refused(tmp_path, key):
    rows = (f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in itertools.pairwise("abcdefghi"))
    bomb = "a: &a [x, x]\n" + "".join(rows)
    lay(tmp_path, f"{bomb}{YAML}{key}: *i\n", train_a=LINE)
    with pytest.raises(PosetuneError, match=r"line 2 .*aliases"):
        read(tmp_path)
