"""Where labelled people come in: folders, lone files, their images."""

from __future__ import annotations

import json

import pytest
from tests.helpers.coco_labels import content, read

from posetune.data.dataset import find_splits, load_coco, load_dataset
from posetune.errors import PosetuneError


def test_files_that_are_no_data_set(folder, tmp_path):
    task = tmp_path / "full.task"
    task.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(PosetuneError, match="a MediaPipe bundle, not a data set"):
        load_dataset(task, "train")
    with pytest.raises(PosetuneError, match="a MediaPipe bundle, not a data set"):
        find_splits(task)
    with pytest.raises(PosetuneError, match="no data set folder"):
        load_dataset(tmp_path / "nowhere", "train")
    with pytest.raises(PosetuneError, match=r"has no annotations/<split>.json"):
        find_splits(tmp_path / "images")
    for name, data in (("zip", b"PK\x03\x04"), ("noise", bytes(range(256))), ("half", b'{"images": [')):
        path = tmp_path / f"{name}.json"
        path.write_bytes(data)
        with pytest.raises(PosetuneError, match=r"ZIP archive|not JSON"):
            load_coco(path, tmp_path / "images")
    read(folder, content())
    with pytest.raises(PosetuneError, match="has no split 'val'; it has train"):
        load_dataset(folder, "val")


def test_a_lone_coco_file_finds_images_beside_it(folder):
    read(folder, content())
    assert load_dataset(folder / "annotations" / "train.json", "any").images[0].path.exists()


def test_missing_images_can_be_a_warning(folder):
    images = [*content()["images"], {"id": 2, "file_name": "b.png", "width": 9, "height": 9}]
    (folder / "annotations" / "train.json").write_text(json.dumps(content(images=images)))
    dataset = load_dataset(folder, "train", require_images=False)
    assert any("1 of 2 images are missing" in w for w in dataset.warnings)
