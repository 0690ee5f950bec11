"""A teacher that ran elsewhere."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
from tests.helpers.clips import write_clip
from tests.helpers.labelled import true_keypoints

from posetune.errors import PosetuneError
from posetune.landmarks import COCO17, INDEX
from posetune.progress import Reporter
from posetune.tune.config import load_config
from posetune.tune.people.pseudo_labels import teachers_labels


def entry(**more):
    flat = []
    for i in COCO17:
        x, y, v = true_keypoints()[i].tolist()
        flat += [x, y, 0.2 if i == INDEX["left_knee"] else 0.9 if v else 0.0]
    return {"keypoints": flat, "score": 0.9, **more}


def labels(tmp_path, entries):
    (tmp_path / "p.json").write_text(json.dumps(entries))
    keys = {
        "unlabelled": [str(tmp_path / "pictures")], "out": str(tmp_path / "run"), "teacher": str(tmp_path / "p.json"),
        "method": "distill",
    }  # fmt: skip
    said = []
    return teachers_labels(load_config(None, keys), set(), tmp_path / "run", Reporter(said.append)), said


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((400, 400, 3), 90, np.uint8))
    write_clip(folder / "clip.mp4", 12, fps=10)  # frames 0, 5 and 10 are looked at
    return folder


def test_images_and_frames_get_their_people(tmp_path, pictures):
    weak = entry(file_name="a.png")
    weak["keypoints"][2::3] = [0.31] * 17
    subjects, said = labels(
        tmp_path, [entry(file_name="a.png"), weak, entry(file_name="clip.mp4", frame=5),
                   entry(file_name="clip.mp4", frame=6)],
    )  # fmt: skip
    assert len(subjects) == 2
    assert "2 of 3 people" in said[-1]
    weight = subjects[0].weight
    places = [INDEX[n] for n in ("left_hip", "left_knee", "nose", "left_heel")]
    assert weight[places] == pytest.approx([0.9, 0, 0, 0])
    assert subjects[1].image.path.name.endswith("-000005.jpg")


def test_predictions_of_other_pictures(tmp_path, pictures):
    with pytest.raises(PosetuneError, match="0 are in the unlabelled images"):
        labels(tmp_path, [entry(file_name="b.png")])
