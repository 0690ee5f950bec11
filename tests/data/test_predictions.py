"""Poses from elsewhere."""

import json

import numpy as np
import pytest

from posetune.data.predictions import KNOWN, Predictions
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX


def entry(count, **more):
    """Point k lies at (10 k, 5), with a score of .5 and of the first .9."""
    points = [v for k in range(count) for v in (10 * k, 5, 0.9 if k == 0 else 0.5)]
    return {"file_name": "a.jpg", "category_id": 1, "keypoints": points, "score": 0.8, **more}


def read(tmp_path, entries, **more):
    (tmp_path / "p.json").write_text(json.dumps(entries))
    return Predictions.read(tmp_path / "p.json", **more)


@pytest.mark.parametrize(
    ("count", "places"),
    [(17, {"nose": 0, "left_shoulder": 5, "right_ankle": 16}), (26, {"left_foot_index": 20, "right_heel": 25}),
     (133, {"left_foot_index": 17, "left_heel": 19, "left_index": 91 + 5, "right_thumb": 112 + 2, "mouth_right": 23 + 48}),
     (33, {"left_foot_index": 31})],
)  # fmt: skip
def test_points_are_found_by_their_number(tmp_path, count, places):
    (person,) = read(tmp_path, [entry(count)]).of("images/a.jpg")
    for name, place in places.items():
        assert person.points_px[INDEX[name]].tolist() == [10 * place, 5], name
    assert person.score == 0.8
    assert len(KNOWN[count]) == count


def test_names_say_what_other_points_are(tmp_path):
    with pytest.raises(PosetuneError, match="--names"):
        read(tmp_path, [entry(3)])
    (person,) = read(tmp_path, [entry(3)], names=["head", "LShoulder", "nose"]).of("a.jpg")
    assert np.isfinite(person.points_px[:, 0]).sum() == 2
    assert person.points_px[INDEX["nose"]].tolist() == [20, 5]
    with pytest.raises(PosetuneError, match="none of its names"):
        read(tmp_path, [entry(2)], names=["a", "b"])


def test_no_score_is_no_point_and_more_than_one_is_one(tmp_path):
    points = entry(17)["keypoints"]
    points[2], points[5] = 1.4, 0.0
    two = [entry(17, keypoints=points), entry(17, score=0.9)]
    best, other = read(tmp_path, two).of("a.jpg")
    assert best.score == 0.9
    assert other.confidence[INDEX["nose"]] == 1
    assert np.isnan(other.points_px[INDEX["left_eye"]]).all()
    del two[0]["score"]
    assert 0.4 < read(tmp_path, two[:1]).of("a.jpg")[0].score < 0.6


def test_frames_of_a_video(tmp_path):
    found = read(tmp_path, [entry(17, file_name="clips/a.mp4", frame=f) for f in (0, 7)])
    assert found.frames_of("a.mp4") == {0, 7}
    assert len(found.of("a.mp4", 7)) == 1
    assert found.frames_of("b.mp4") == frozenset()


@pytest.mark.parametrize(
    ("entries", "why"),
    [([], "hold nobody"), ([{"file_name": "a.jpg"}], "no keypoints"), ([entry(17, keypoints=["x"] * 51)], "not numbers"),
     ([entry(17, score="good")], "score"), ({}, "neither")],
)  # fmt: skip
def test_what_is_none_is_one_sentence(tmp_path, entries, why):
    with pytest.raises(PosetuneError, match=why):
        read(tmp_path, entries)
