import numpy as np
import pytest

from posetune import landmarks
from posetune.landmarks import COCO17, FLIP, INDEX, NAMES, canonical_name, match_names


def test_flip_is_an_involution_of_paired_names():
    assert (FLIP[FLIP] == np.arange(33)).all()
    for i, name in enumerate(NAMES):
        swapped = name.replace("left", "#").replace("right", "left").replace("#", "right")
        assert NAMES[FLIP[i]] == swapped


def test_facts_of_the_schema():
    assert len(NAMES) == 33
    assert [NAMES[i] for i in COCO17[:3]] == ["nose", "left_eye", "right_eye"]
    assert all(0 <= a < 33 and 0 <= b < 33 for a, b in landmarks.EDGES)
    assert sorted(i for region in landmarks.REGIONS.values() for i in region) == list(range(33))
    knee = next(a for a in landmarks.ANGLES if a.name == "left_knee")
    assert [NAMES[i] for i in (knee.a, knee.b, knee.c)] == ["left_hip", "left_knee", "left_ankle"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Left Shoulder", "left_shoulder"),
        ("l_shoulder", "left_shoulder"),
        ("shoulder-r", "right_shoulder"),
        ("leftEye", "left_eye"),
        ("LBigToe", "left_foot_index"),
        ("right_big_toe", "right_foot_index"),
        ("left_mouth", "mouth_left"),
        ("NOSE", "nose"),
        ("neck", None),
        ("head_top", None),
        ("left_small_toe", None),
        ("barbell_left", None),
    ],
)
def test_names_of_other_schemas(name, meant):
    assert canonical_name(name) == meant


def test_mapping_is_by_name_and_says_what_it_drops():
    mapping, dropped = match_names(["right_ankle", "neck", "left_ankle", "r_ankle"])
    assert mapping == {0: INDEX["right_ankle"], 2: INDEX["left_ankle"]}
    assert dropped == ["neck", "r_ankle"]  # the second right ankle has no place left
