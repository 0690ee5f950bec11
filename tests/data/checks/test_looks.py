"""Looks at people: several ways, and a second network for some."""

from __future__ import annotations

import numpy as np

from posetune.data.checks.looks import Looks, look_at
from posetune.data.dataset import load_dataset
from posetune.data.suspects import network_answers
from posetune.data.teacher import VIEWS


def test_everybody_is_looked_at_in_all_ways_and_some_once_more(lite_labelled, lite_landmarker):
    dataset = load_dataset(lite_labelled, "val")
    done: list[int] = []
    looks = look_at(lite_landmarker, dataset.usable, progress=done.append)
    assert looks.points.shape == (len(VIEWS), 2, 33, 2)
    assert done[-1] == 2
    labelled = dataset.usable[0].labelled
    apart = np.linalg.norm(looks.points[:, 0] - dataset.usable[0].keypoints[:, :2], axis=-1)
    assert np.median(apart[:, labelled]) < 12  # the labels are its answers, moved by 6 px
    again = looks.and_then(look_at(lite_landmarker, dataset.usable, [1]))
    assert [len(again.of(i)[0]) for i in (0, 1)] == [4, 8]


def test_the_first_two_looks_are_those_of_training(lite_labelled, lite_landmarker):
    dataset = load_dataset(lite_labelled, "val")
    looks = look_at(lite_landmarker, dataset.usable).plain_and_mirrored
    expected = network_answers(dataset, {"lite": lite_landmarker})
    assert np.abs(looks[..., :2] - expected[..., :2]).max() < 1e-3
    assert np.abs(looks[..., 3] - expected[..., 3]).max() < 1e-4


def test_nobody_was_asked():
    nothing = Looks(np.full((4, 1, 33, 2), np.nan), np.full((4, 1, 33), np.nan))
    assert len(nothing.of(0)[0]) == 0
