"""Boxes of other detectors: by name or id, best first, and refused where they are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.runtime.boxes import Box, BoxFile, boxes_of


def write(folder: Path, content: Any) -> Path:
    path = folder / "boxes.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_results_by_name_and_frame(tmp_path):
    entries = [
        {"file_name": "val/a.jpg", "bbox": [1, 2, 30, 40], "score": 0.4},
        {"file_name": "val/a.jpg", "bbox": [5, 6, 70, 80], "score": 0.9},
        {"file_name": "clip.mp4", "frame": 3, "bbox": [1, 1, 9, 9]},
    ]
    boxes = BoxFile.read(write(tmp_path, entries))
    for name in ("val/a.jpg", "a.jpg", "data/val/a.jpg"):
        assert [b.score for b in boxes.of(name)] == [0.9, 0.4]
    assert boxes.of("clip.mp4", 3) == [Box((1, 1, 9, 9))]
    assert boxes.of("clip.mp4", 4) == boxes.of("clip.mp4") == boxes.of("b.jpg") == []
    assert boxes.unused == set()
    assert len(boxes) == 2


def test_labels_and_ids(tmp_path):
    labels = {"images": [{"id": 7, "file_name": "a.jpg"}], "annotations": [{"image_id": 7, "bbox": [1, 2, 3, 4]}]}
    assert len(BoxFile.read(write(tmp_path, labels)).of("a.jpg")) == 1
    results = [{"image_id": 7.0, "bbox": [1, 2, 3, 4], "score": 1}, {"image_id": 8, "bbox": [1, 2, 3, 4]}]
    boxes = BoxFile.read(write(tmp_path, results), lambda name, frame: 7 if name == "a.jpg" else None)
    assert len(boxes.of("a.jpg")) == 1
    assert boxes.of("b.jpg") == []
    assert boxes.unused == {8}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no JSON"),
        ({"a": 1}, "neither COCO results"),
        ([{"file_name": "a.jpg"}], "entry 1: there is no bbox"),
        ([{"file_name": "a.jpg", "bbox": [1, 2, 3]}], "entry 1: there is no bbox"),
        ([{"file_name": "a.jpg", "bbox": [1, 2, float("nan"), 3]}], "is no box"),
        ([{"file_name": "a.jpg", "bbox": [1, 2, 0, 3]}], "is no box"),
        ([{"file_name": "a.jpg", "bbox": [1, 2, "3", 3]}], "is no box"),
        ([{"file_name": "a.jpg", "bbox": [1, 2, 3, 4], "score": 7}], "score 7"),
        ([{"bbox": [1, 2, 3, 4]}], "which picture"),
    ],
)
def test_files_that_hold_no_boxes(tmp_path, content, message):
    with pytest.raises(PosetuneError, match=message) as error:
        BoxFile.read(write(tmp_path, content))
    assert "\n" not in str(error.value)


def test_rows():
    assert [b.xywh for b in boxes_of([[1, 2, 3, 4, 0.1], [5, 6, 7, 8, 0.9]])] == [(5, 6, 7, 8), (1, 2, 3, 4)]
    assert boxes_of([]) == []
    assert boxes_of([Box((1, 2, 3, 4))]) == [Box((1, 2, 3, 4))]
    assert [b.score for b in boxes_of([np.array([1, 2, 3, 4]), (5, 6, 7, 8, np.float32(0.5))])] == [1, 0.5]
    assert boxes_of(np.array([[1, 2, 3, 4]])) == [Box((1, 2, 3, 4))]
    for wrong in ([[1, 2, 3]], [1, 2, 3, 4], "four", [["a", 1, 2, 3]]):
        with pytest.raises(PosetuneError, match=r"x, y, width, height"):
            boxes_of(wrong)
    with pytest.raises(PosetuneError, match="row 1"):
        boxes_of([[0, 0, float("inf"), 1]])


def test_a_box_outside_the_picture_has_no_crop():
    assert Box((700, 10, 50, 50)).crop((640, 480)) is None
    assert Box((-80, 10, 50, 50)).crop((640, 480)) is None
    crop = Box((600, 10, 100, 200)).crop((640, 480))
    assert crop is not None
    assert (crop.cx, crop.cy, crop.angle) == (650, 110, 0)
    assert crop.side == pytest.approx(2 * 1.25 * 0.55 * 200)
