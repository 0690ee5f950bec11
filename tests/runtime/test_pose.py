"""One person in memory and as JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.runtime.pose import Point, Pose
from posetune.skeleton import BLAZEPOSE, Skeleton, infer


def pose_of(skeleton: Skeleton = BLAZEPOSE, **more) -> Pose:
    rng, count = np.random.default_rng(2), skeleton.count
    values = {
        "landmarks_px": (rng.random((count, 3)) * [640, 480, 300]).astype(np.float32),
        "visibility": rng.random(count).astype(np.float32),
        "presence": rng.random(count).astype(np.float32),
        "world": rng.normal(size=(count, 3)).astype(np.float32),
        "score": 0.98765432,
        "auxiliary_px": rng.normal(size=(2, 3)).astype(np.float32),
        "crop": Crop(320.5, 200.25, 400.125, 0.1234567),
        "detection_score": 0.75,
        "skeleton": skeleton,
    }
    return Pose(**values | more)


def test_a_point_by_its_name():
    pose = pose_of()
    i = INDEX["left_knee"]
    point = pose["left_knee"]
    assert (point.x, point.y, point.z) == tuple(pose.landmarks_px[i].tolist())
    assert (point.visibility, point.presence) == (pose.visibility[i], pose.presence[i])
    assert point.world == tuple(pose.world[i].tolist())
    assert [p.name for p in pose] == list(BLAZEPOSE.names)
    assert "left_knee" in pose
    assert "left_kne" not in pose
    assert isinstance(next(iter(pose)), Point)


@pytest.mark.parametrize(
    ("name", "hint"), [("left_kne", "left_knee"), ("LKnee", "left_knee"), ("left_shin", None), (25, None)]
)
def test_an_unknown_name_gets_the_nearest(name, hint):
    with pytest.raises(PosetuneError, match=f"{name!r}; " + (f"did you mean {hint}" if hint else "")):
        pose_of()[name]


def test_an_angle_is_the_interior_one_in_the_image():
    points = np.zeros((33, 3), np.float32)
    points[INDEX["left_hip"]], points[INDEX["left_knee"]] = (100, 100, 50), (100, 200, -80)
    points[INDEX["left_ankle"]] = (200, 200, 0)
    pose = pose_of(landmarks_px=points, visibility=np.zeros(33, np.float32))
    assert pose.angle("left_knee") == pytest.approx(90)
    assert math.isnan(pose.angle("right_knee"))  # all three points in one place
    with pytest.raises(PosetuneError, match="no joint angle 'left_ankle'"):
        pose.angle("left_ankle")


def test_it_says_what_it_is():
    points = np.zeros((33, 3), np.float32)
    points[:, :2] = (100, 50)
    points[3, :2] = (160, 250)
    pose = pose_of(landmarks_px=points, visibility=np.r_[np.ones(30), np.zeros(3)].astype(np.float32), id=2)
    assert repr(pose) == "<Pose: score 0.99, box 60×200 px at (100, 50), 30 of 33 points visible, id 2>"


def own() -> Skeleton:
    return infer(["left_hip", "right_hip", "neck"], edges=[(0, 2), (1, 2)])


@pytest.mark.parametrize("skeleton", [BLAZEPOSE, own()])
def test_json_gives_the_pose_back(skeleton):
    pose = pose_of(skeleton, id=3)
    if skeleton is not BLAZEPOSE:  # what a network with points of its own does not tell
        pose.world[2] = pose.presence[2] = pose.landmarks_px[2, 2] = np.nan
    text = pose.to_json()
    json.loads(text, parse_constant=pytest.fail)  # NaN is no JSON
    back = Pose.from_json(text)
    for name, within in (("landmarks_px", 6e-4), ("visibility", 6e-5), ("presence", 6e-5), ("world", 6e-5)):
        assert getattr(back, name) == pytest.approx(getattr(pose, name), abs=within, nan_ok=True), name
        assert getattr(back, name).dtype == np.float32
    assert back.auxiliary_px == pytest.approx(pose.auxiliary_px, abs=6e-4)
    assert back.crop.to_crop(np.array([10.0, 20.0])) == pytest.approx(
        pose.crop.to_crop(np.array([10.0, 20.0])), abs=0.01
    )
    assert (back.id, back.skeleton.names, back.skeleton.edges) == (3, skeleton.names, skeleton.edges)
    assert back.score == pytest.approx(pose.score, abs=1e-5)
    assert back.detection_score == 0.75
    assert back.to_json() == text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keypoints": [1, 2]}', b"\xff", None])
def test_what_is_no_pose_is_refused(text):
    with pytest.raises(PosetuneError, match="no pose"):
        Pose.from_json(text)


def test_too_few_points_are_refused():
    content = pose_of().to_dict()
    content["presence"] = content["presence"][:-1]
    with pytest.raises(PosetuneError, match="no pose"):
        Pose.from_dict(content)
