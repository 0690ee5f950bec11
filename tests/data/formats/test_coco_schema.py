"""Categories: their points, their skeletons, what contradicts itself."""

from __future__ import annotations

import json

import pytest
from tests.helpers.coco_labels import COCO_NAMES, annotation, content, read

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX


def test_each_category_has_its_own_schema(folder):
    labels = content(
        categories=[
            {"id": 1, "name": "person", "keypoints": COCO_NAMES},
            {"id": 2, "name": "feet", "keypoints": ["RHeel", "LBigToe"]},
            {"id": 3, "name": "ball"},
        ],
        annotations=[
            annotation(),
            annotation(id=8, category_id=2, keypoints=[5, 6, 2, 7, 8, 1]),
            annotation(id=9, category_id=3, keypoints=[]),
        ],
    )
    dataset = read(folder, labels)
    assert [p.id for p in dataset.people] == [7, 8]
    assert dataset.people[1].keypoints[INDEX["right_heel"]].tolist() == [5, 6, 2]
    assert dataset.people[1].keypoints[INDEX["left_foot_index"]].tolist() == [7, 8, 1]
    assert [p.id for p in dataset.usable] == [7]


def test_native_points_of_several_categories_and_what_they_say_of_themselves(folder):
    categories = [
        {"id": 1, "keypoints": COCO_NAMES, "skeleton": [[6, 1], [2, 3]], "sigmas": {"neck": 0.03}},
        {"id": 2, "keypoints": ["tip", "tail", "nose"], "skeleton": [[1, 3]], "flip_pairs": [["tip", "tail"]]},
    ]
    second = annotation(id=8, category_id=2, keypoints=[1, 2, 2, 3, 4, 1, 5, 6, 2])
    labels = content(categories=categories, annotations=[annotation(), second])
    (folder / "annotations" / "train.json").write_text(json.dumps(labels))
    dataset = load_dataset(folder, "train", native=True)
    skeleton = dataset.skeleton
    assert skeleton.names == (*COCO_NAMES, "tip", "tail")
    assert skeleton.edges == ((5, 0), (1, 2), (6, 0))
    assert skeleton.flip.tolist() == [0, 2, 1, 4, 3, 5, 7, 6]
    assert skeleton.sigmas[5] == 0.03
    assert dataset.people[1].keypoints[[6, 7, 0]].tolist() == [[1, 2, 2], [3, 4, 1], [5, 6, 2]]
    assert dataset.people[1].crop is None


@pytest.mark.parametrize("wrong", [{"sigmas": ["neck"]}, {"flip_pairs": [1]}, {"flip_pairs": 3}])
def test_a_category_that_contradicts_itself_is_refused(folder, wrong):
    labels = content(categories=[{"id": 1, "keypoints": COCO_NAMES, **wrong}])
    (folder / "annotations" / "train.json").write_text(json.dumps(labels))
    with pytest.raises(PosetuneError, match="do not fit its keypoints"):
        load_dataset(folder, "train", native=True)
    assert load_dataset(folder, "train").people  # who does not ask for it is not bothered


@pytest.mark.parametrize("native", [False, True])
def test_points_that_wholebody_keeps_under_other_keys(folder, native):
    feet = [float(v) for i in range(6) for v in (10 + i, 100, 2)]
    hand = [0.0] * 63
    hand[8 * 3 : 8 * 3 + 3] = [20, 60, 0.9]  # forefinger4: none of the 33
    hand[5 * 3 : 5 * 3 + 3] = [21, 61, 0.9]  # forefinger1
    hand[17 * 3 : 17 * 3 + 3] = [22, 62, 0.05]  # pinky_finger1, of which the detector is not sure
    face = [0.0] * 204
    face[48 * 3 : 48 * 3 + 3] = [50, 15, 2]
    row = annotation(foot_kpts=feet, lefthand_kpts=hand, righthand_kpts=[0] * 63, face_kpts=face)
    (folder / "annotations" / "train.json").write_text(json.dumps(content(annotations=[row])))
    dataset = load_dataset(folder, "train", native=native)
    person = dataset.people[0]
    body = person.skeleton.to_body(person.keypoints)
    assert body[INDEX["left_heel"]].tolist() == [12, 100, 2]
    assert body[INDEX["right_foot_index"]].tolist() == [13, 100, 2]
    assert body[INDEX["left_index"]].tolist() == [21, 61, 2]
    assert body[INDEX["left_pinky"], 2] == 0
    assert body[INDEX["mouth_right"]].tolist() == [50, 15, 2]
    assert "have a score for v" in dataset.warnings[0]
    assert [loss.count for loss in dataset.losses if "below 0.5" in loss.what] == [1]
    assert "foot_kpts" not in person.origin.other
    assert body[INDEX["left_hip"]].tolist() == [58, 70, 2]


def test_feet_of_another_number_are_refused(folder):
    (folder / "annotations" / "train.json").write_text(
        json.dumps(content(annotations=[annotation(foot_kpts=[1, 1, 2] * 5)]))
    )
    with pytest.raises(PosetuneError, match="are 15 numbers; COCO-WholeBody has 6 points there, so it takes 18"):
        load_dataset(folder, "train")
