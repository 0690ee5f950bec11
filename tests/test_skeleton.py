"""Keypoint sets of users' labels."""

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.landmarks import COCO17_SIGMAS, INDEX
from posetune.skeleton import BLAZEPOSE, DEFAULT_SIGMA, Skeleton, infer


def test_partners_edges_and_sigmas_from_the_names():
    names = ("nose", "left_hip", "right_hip", "helmet_top", "barbell_l", "barbell_r", "upright_bar")
    skeleton = infer(names, sigmas={"helmet_top": 0.05})
    assert skeleton.flip.tolist() == [0, 2, 1, 3, 5, 4, 6]
    assert skeleton.edges == ((1, 2),)
    assert skeleton.sigmas[0] == COCO17_SIGMAS[0]
    assert skeleton.sigmas[3:5].tolist() == [0.05, DEFAULT_SIGMA]
    assert skeleton.body == {0: INDEX["nose"], 1: INDEX["left_hip"], 2: INDEX["right_hip"]}
    assert [skeleton.side_of(i) for i in (0, 1, 2, 4, 5)] == ["middle", "left", "right", "left", "right"]


def test_what_the_user_says_wins():
    skeleton = infer(["left_glove", "tip", "tail"], edges=[(0, 2)], flip_pairs=[["tip", "tail"]])
    assert skeleton.flip.tolist() == [0, 2, 1]
    assert skeleton.edges == ((0, 2),)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"names": []}, "no keypoint has a name"),
        ({"names": ["a", "a"]}, "a stands twice"),
        ({"names": ["a", "b"], "edges": [(0, 2)]}, "its skeleton has keypoint 3"),
        ({"names": ["a", "b"], "flip_pairs": [["a", "c"]]}, "flip_pairs has c"),
        ({"names": ["left_glove"]}, "left_glove has no partner right_glove"),
        ({"names": ["l_a", "r_a", "a_l"], "flip_pairs": [["l_a", "r_a"], ["r_a", "a_l"]]}, "sides"),
    ],
)
def test_what_cannot_be_a_keypoint_set(arguments, message):
    with pytest.raises(PosetuneError, match=message):
        infer(**arguments)


def test_between_a_set_and_the_33():
    skeleton = infer(["helmet_top", "right_hip", "left_hip"])
    values = np.arange(33.0)
    taken = skeleton.from_body(values)
    assert np.isnan(taken[0])
    assert taken[1:].tolist() == [INDEX["right_hip"], INDEX["left_hip"]]
    back = skeleton.to_body(np.array([5.0, 6.0, 7.0]))
    assert (back[INDEX["right_hip"]], back[INDEX["left_hip"]], back.sum()) == (6, 7, 13)
    assert BLAZEPOSE.from_body(values) is values


def test_json_there_and_back():
    skeleton = infer(["helmet_top", "right_hip", "left_hip"], edges=[(0, 1)])
    back = Skeleton.from_json(skeleton.as_json())
    assert back.names == skeleton.names
    assert back.edges == skeleton.edges
    assert (back.flip == skeleton.flip).all()
    assert np.allclose(back.sigmas, skeleton.sigmas)
    for broken in ({"flip": [0, 1]}, {"flip": [0, 1, 9]}, {"edges": [[0, 3]]}, {"keypoints": []}):
        with pytest.raises(ValueError, match=r"together|outside"):
            Skeleton.from_json(skeleton.as_json() | broken)


def test_angles_of_a_set():
    assert [a.name for a in infer(["left_hip", "left_ankle", "left_knee"], flip_pairs=[]).angles] == ["left_knee"]
    assert len(BLAZEPOSE.angles) == 8
