"""The distilled body: shapes, skinning, and where the landmarks lie."""

import numpy as np
import pytest

from posetune.landmarks import COUNT, FLIP, INDEX
from posetune.synthetic import body as bodies
from posetune.synthetic.pose import Poser, about


@pytest.fixture(scope="module")
def body():
    return bodies.load()


def rest(body, scores):
    shape = body.shape(scores)
    poser = Poser(body, shape)
    return shape, poser.posed()


def test_people_are_of_human_size(body):
    heights = [np.ptp(body.shape(s).vertices[body.groups["body"], 2]) for s in body.people_scores[:40]]
    assert min(heights) > 1.3
    assert max(heights) < 2.15
    assert np.std(heights) > 0.04


def test_feet_stand_on_the_floor(body):
    assert body.shape(body.people_scores[5]).vertices[body.groups["body"], 2].min() == pytest.approx(0, abs=1e-6)


def test_rest_pose_leaves_every_vertex_where_it_is(body):
    shape, posed = rest(body, body.people_scores[3])
    assert np.abs(posed.vertices - shape.vertices).max() < 1e-5


def test_a_turned_root_turns_the_body_rigidly(body):
    shape = body.shape(body.people_scores[3])
    poser = Poser(body, shape)
    poser.local[0] = turn = about([0.3, 1, 0.2], 70)
    expected = (shape.vertices - shape.heads[0]) @ turn.T + shape.heads[0]
    assert np.abs(poser.posed().vertices - expected).max() < 1e-4


def test_weights_are_shares(body):
    assert body.weights.sum(1) == pytest.approx(1, abs=1e-5)
    assert (body.weights > 0).sum(1).max() <= 8


def test_landmarks_lie_as_in_a_person(body):
    _, posed = rest(body, np.zeros(body.people_scores.shape[1]))
    points = body.landmarks(posed)
    assert points.shape == (COUNT, 3)
    at = {name: points[i] for name, i in INDEX.items()}
    for name, i in INDEX.items():  # x is the person's left
        if name.startswith("left") or name == "mouth_left":
            assert points[i, 0] > 0, name
            assert points[FLIP[i]] == pytest.approx(points[i] * [-1, 1, 1], abs=0.02), name
    assert at["nose"][1] < at["left_ear"][1]  # and faces -y
    order = ["left_eye", "mouth_left", "left_shoulder", "left_hip", "left_knee", "left_ankle", "left_heel"]
    heights = [at[name][2] for name in order]
    assert heights == sorted(heights, reverse=True)
    assert at["left_eye_inner"][0] < at["left_eye"][0] < at["left_eye_outer"][0]
    assert at["left_foot_index"][1] < at["left_ankle"][1] < at["left_heel"][1]


def test_credits_are_shipped():
    from importlib import resources

    text = (resources.files("posetune.synthetic") / "assets" / "CREDITS.md").read_text()
    assert "CC0" in text
    assert "Apache-2.0" in text


def test_the_file_is_small():
    from importlib import resources

    assert len((resources.files("posetune.synthetic") / "assets" / "body.npz").read_bytes()) < 4e6
