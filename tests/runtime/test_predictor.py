from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune.errors import PosetuneError
from posetune.runtime.pose import Pose


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return draw_person(room(440, 400), (220.0, 220.0), arms=0.4)


def test_a_row_stays_a_row(picture, photo, tmp_path, lite_landmarker):
    (tmp_path / "a.jpg").write_bytes(photo)
    batch = {"image": [picture, photo, str(tmp_path / "a.jpg"), room(200, 160), b"no image"], "id": np.arange(5)}
    found = posetune.Predictor("lite")(batch)
    assert list(found) == ["image", "id", "poses", "poses_error"]
    people = [json.loads(text) for text in found["poses"]]
    assert [len(p) for p in people] == [1, 1, 1, 0, 0]
    assert [bool(e) for e in found["poses_error"]] == [False] * 4 + [True]
    assert people[0][0] == lite_landmarker.predict(picture)[0].to_dict()
    assert Pose.from_dict(people[1][0]).score > 0.5


def test_it_goes_to_other_processes_without_its_networks(picture):
    predictor = posetune.Predictor("lite", out="who")
    predictor({"image": [picture]})
    again = pickle.loads(pickle.dumps(predictor))
    assert again._landmarker is None
    assert again({"image": [picture]})["who"][0] == predictor({"image": [picture]})["who"][0]


def test_a_column_that_is_not_there(picture):
    with pytest.raises(PosetuneError, match="no column 'image', only bytes"):
        posetune.Predictor("lite")({"bytes": [b""]})
