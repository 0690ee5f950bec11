"""The label file after a pull: what is other in it, and nothing else."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from posetune.data.dataset import load_dataset
from posetune.data.origin import VERIFIED, ImageOrigin
from posetune.errors import PosetuneError
from posetune.label.cvat.write_back import held, write_back
from posetune.landmarks import NAMES
from posetune.lock import locked

POINTS = [0.1234567, 2, 2] + [0, 0, 0] * 32


@pytest.fixture
def path(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images").mkdir()
    people = [{"id": i, "image_id": 1, "category_id": 4, "keypoints": POINTS, "mine": {"a": [1.50]}} for i in (3, 5)]
    ball = {"id": 9, "image_id": 1, "category_id": 8, "bbox": [0, 0, 1, 1]}
    content = {
        "posetune_history": {"entries": 2},
        "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9, "licence": 3, "status": "prelabel"}],
        "annotations": [people[0], ball, people[1]],
        "categories": [{"id": 4, "name": "human", "keypoints": list(NAMES)}, {"id": 8, "name": "ball"}],
    }
    path = tmp_path / "annotations" / "train.json"
    path.write_text(json.dumps(content))
    return path


def changed(dataset, number, x):
    person = next(p for p in dataset.people if p.id == number)
    keypoints = person.keypoints.copy()
    keypoints[0, 0] = x
    return dataclasses.replace(person, keypoints=keypoints)


def test_what_did_not_change_stays_with_all_that_others_keep_there(path):
    before = load_dataset(path.parent.parent, "train", require_images=None)
    (image,) = before.images
    after = dataclasses.replace(
        before, people=(before.people[0], changed(before, 5, 7.0), dataclasses.replace(before.people[0], id=10))
    )
    seen = dataclasses.replace(image, origin=ImageOrigin(status=VERIFIED))
    was = path.read_bytes()
    kept = write_back(path, before, after.with_images({id(image): seen}, ()))
    assert kept.read_bytes() == was
    old, new = json.loads(was), json.loads(path.read_text())
    assert new["posetune_history"] == {"entries": 2}
    assert new["categories"] == old["categories"]
    assert new["images"] == [{**old["images"][0], "status": "verified"}]
    assert new["annotations"][:2] == old["annotations"][:2], "7 digits, and the ball"
    assert new["annotations"][2]["keypoints"][:3] == [7.0, 2.0, 2]
    assert new["annotations"][2]["mine"] == {"a": [1.5]}
    assert (new["annotations"][3]["id"], new["annotations"][3]["category_id"]) == (10, 4)


def test_a_file_with_other_names_is_written_anew_in_the_sets(path):
    content = json.loads(path.read_text())
    content["categories"][0]["keypoints"] = ["nose", "left_hip"]
    for row in content["annotations"]:
        if "keypoints" in row:
            row["keypoints"] = [1, 2, 2, 3, 4, 1]
    path.write_text(json.dumps(content))
    before = load_dataset(path.parent.parent, "train", require_images=None)
    write_back(path, before, dataclasses.replace(before, people=before.people[:1]))
    (person,) = load_dataset(path.parent.parent, "train", require_images=None).people
    np.testing.assert_array_equal(person.keypoints, before.people[0].keypoints)


def test_a_set_that_annotate_has_open_is_left_alone(path):
    with (
        locked(path.with_name(".train.lock")) as alone,
        pytest.raises(PosetuneError, match="open in posetune annotate"),
        held(path),
    ):
        pass
    assert alone


def test_actions_that_are_not_in_the_file_yet_are_not_lost(path):
    history = path.with_name("train.history.jsonl")
    history.write_text('{"n": 1}\n{"n": 2}\n')
    with held(path):
        pass
    history.write_text('{"n": 1}\n{"n": 2}\n{"n": 3}\n{"n":')
    with pytest.raises(PosetuneError, match="lacks 1 actions"), held(path):
        pass
