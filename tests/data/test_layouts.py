"""The folders of COCO, CVAT and Roboflow, other spellings of splits, and label files without keypoints."""

import gzip
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.helpers.coco_labels import annotation, content

from posetune.data.dataset import find_splits, has_split, load_dataset, load_train_and_val, splits_besides
from posetune.data.layouts import split_name
from posetune.errors import PosetuneError


def lay(root: Path, labels: str, picture: str, **changes) -> None:
    """A label file of one picture, a.png, and that picture."""
    for path in (root / labels, root / picture):
        path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content(**changes))
    (root / labels).write_bytes(gzip.compress(text.encode()) if labels.endswith(".gz") else text.encode())
    cv2.imwrite(str(root / picture), np.zeros((120, 100, 3), np.uint8))


def test_coco(tmp_path):
    for split in ("train2017", "val2017"):
        lay(tmp_path, f"annotations/person_keypoints_{split}.json", f"{split}/a.png")
    (tmp_path / "annotations" / "captions_train2017.json").write_text('{"images": [], "annotations": []}')
    assert find_splits(tmp_path) == ["train", "val"]
    for name in ("train", "person_keypoints_train2017", "training"):
        dataset = load_dataset(tmp_path, name)
        assert dataset.images[0].path == tmp_path / "train2017" / "a.png"
    assert load_dataset(tmp_path, "val").images[0].path == tmp_path / "val2017" / "a.png"
    warnings = load_dataset(tmp_path, "train").warnings
    assert len(warnings) == 1
    assert "without keypoints are left out (captions_train2017.json)" in warnings[0]
    assert splits_besides(tmp_path, ["person_keypoints_train2017"]) == ["val"]


def test_label_files_of_other_formats_are_not_left_out(tmp_path):
    (tmp_path / "annotations").mkdir()
    size = {"original_width": 10, "original_height": 10}
    region = {"id": "a", "type": "keypointlabels", "value": {"x": 1, "y": 2, "keypointlabels": ["nose"]}, **size}
    tasks = [{"data": {"image": "a.png"}, "annotations": [{"result": [region]}]}]
    for split in ("train", "val"):
        (tmp_path / "annotations" / f"{split}.json").write_text(json.dumps(tasks))
    (tmp_path / "annotations" / "notes.json").write_text("{}")
    assert find_splits(tmp_path) == ["train", "val"]
    assert load_dataset(tmp_path, "val", require_images=None).people[0].labelled.sum() == 1


def test_cvat_has_one_part_which_is_train(tmp_path):
    lay(tmp_path, "annotations/person_keypoints_default.json", "images/default/a.png")
    assert find_splits(tmp_path) == ["default"]
    dataset = load_dataset(tmp_path, "train")
    assert dataset.images[0].path == tmp_path / "images" / "default" / "a.png"
    assert "is taken for it" in dataset.warnings[0]
    assert not has_split(tmp_path, "val")
    with pytest.raises(PosetuneError, match="no split 'val'; it has default"):
        load_dataset(tmp_path, "val")


def test_roboflow(tmp_path):
    for split in ("train", "valid"):
        lay(tmp_path, f"{split}/_annotations.coco.json", f"{split}/a.png")
    assert find_splits(tmp_path) == ["train", "val"]
    assert load_dataset(tmp_path, "val").images[0].path == tmp_path / "valid" / "a.png"
    assert load_dataset(tmp_path, "valid").name.endswith(" val")


def test_valid_is_val_unless_there_is_one(tmp_path):
    lay(tmp_path, "annotations/train.json.gz", "images/a.png")
    lay(tmp_path, "annotations/valid.json", "images/a.png")
    assert find_splits(tmp_path) == ["train", "val"]
    lay(tmp_path, "annotations/val.json", "images/a.png")
    assert find_splits(tmp_path) == ["train", "val", "valid"]
    assert split_name("ordinary_train") == "ordinary_train"


def test_an_archive_that_was_unpacked_into_a_folder_of_its_name(tmp_path):
    lay(tmp_path, "set/train/_annotations.coco.json", "set/train/a.png")
    with pytest.raises(PosetuneError, match=r"is not a data set, but .*set is: give that folder"):
        find_splits(tmp_path)
    lay(tmp_path / "b", "v2/annotations/train.json", "v2/images/a.png")
    with pytest.raises(PosetuneError, match=r"but .*v2 is: give that folder"):
        find_splits(tmp_path / "b")


@pytest.mark.parametrize(
    "stem", ["instances_train", "train_keypoints", "train_set", "Training", "person_keypoints_train2017"]
)
def test_spellings_of_a_split(stem):
    assert split_name(stem) == "train"


def test_a_part_of_another_name_is_not_passed_over_where_val_is_missing(tmp_path):
    images = [{"id": i, "file_name": name, "width": 100, "height": 120} for i, name in ((1, "a.png"), (2, "b.png"))]
    people = [annotation(id=i, image_id=i) for i in (1, 2)]
    for split in ("train", "eval"):
        for picture in ("images/a.png", "images/b.png"):
            lay(tmp_path, f"annotations/{split}.json", picture, images=images, annotations=people)
    said: list[str] = []
    load_train_and_val(tmp_path, "train", "val", 0.5, 0, said.append)
    assert "It has eval: --val-split eval takes that." in said[0]


def test_a_set_without_keypoints_is_told(tmp_path):
    (tmp_path / "annotations").mkdir()
    for name in ("captions_train2017", "instances_train2017"):
        (tmp_path / "annotations" / f"{name}.json").write_text('{"images": [], "annotations": []}')
    with pytest.raises(PosetuneError, match=r"None of the label files .* has keypoints"):
        find_splits(tmp_path)
