"""COCO files that were written are read again as they were."""

from __future__ import annotations

import json

import numpy as np
from tests.helpers.coco_labels import COCO_NAMES, annotation, content, read

from posetune.data.dataset import find_splits, load_dataset, write_coco
from posetune.landmarks import INDEX, NAMES


def test_written_and_read_again_is_the_same(folder):
    origin = {"network": "ab", "confidence": [0.1 * i for i in range(6)], "status": "prelabel"}
    rows = [annotation(bbox=[1, 2, 30, 40], area=900, phase="pull", ignore=1), annotation(id=8, origin=origin)]
    labels = content(annotations=rows)
    first = read(folder, labels)
    write_coco(first, folder / "annotations" / "copy.json")
    again = load_dataset(folder, "copy")
    assert find_splits(folder) == ["train", "copy"]
    assert again.source_names == NAMES
    for a, b in zip(first.people, again.people, strict=True):
        np.testing.assert_array_equal(a.keypoints, b.keypoints)
        assert (a.id, a.ignore, a.area, a.origin, a.group) == (b.id, b.ignore, b.area, b.origin, b.group)
    assert again.people[0].bbox.tolist() == [1, 2, 30, 40]
    assert again.people[1].origin.confidence[INDEX["left_hip"]] == origin["confidence"][COCO_NAMES.index("left_hip")]


def test_native_points_are_written_back(folder, tmp_path):
    (folder / "annotations" / "train.json").write_text(json.dumps(content()))
    dataset = load_dataset(folder, "train", native=True)
    write_coco(dataset, tmp_path / "again.json")
    again = load_dataset(tmp_path / "again.json", "again", images=folder / "images", native=True)
    assert again.skeleton.names == dataset.skeleton.names
    assert (again.people[0].keypoints == dataset.people[0].keypoints).all()
