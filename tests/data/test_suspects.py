"""Suspects: exchanged sides and misplaced points are found, good labels and unsure networks accuse nobody."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.labelled import PLACES, answers, dataset, exchanged, true_keypoints

from posetune.data.suspects import find_suspects
from posetune.errors import PosetuneError
from posetune.landmarks import FLIP, INDEX

ARMS = [i for i in range(11, 23)]


def test_good_labels_are_not_accused():
    assert find_suspects(dataset(true_keypoints()), answers(1)) == []


@pytest.mark.parametrize(
    ("kind", "region"), [("swap_all", range(11, 33)), ("swap_arms", range(11, 23)), ("swap_legs", range(23, 33))]
)
def test_exchanged_sides_are_found_and_nothing_else_is_said_of_them(kind, region):
    labels = exchanged(np.array(region))
    suspects = find_suspects(dataset(true_keypoints(), labels), answers(2))
    assert [(s.person_id, s.kind) for s in suspects] == [(2, kind)]
    assert set(suspects[0].landmarks) == {i for i in region if labels[i, 2]}
    assert suspects[0].score > 0.8
    assert "exchanged" in suspects[0].text


def test_a_misplaced_point_is_found():
    labels = true_keypoints()
    labels[INDEX["left_wrist"], :2] += [60, 70]
    suspects = find_suspects(dataset(labels), answers(1))
    assert [(s.kind, s.landmarks) for s in suspects] == [("point", (INDEX["left_wrist"],))]
    assert "left_wrist" in suspects[0].text


def test_a_network_that_is_not_sure_accuses_nobody():
    labels = true_keypoints()
    labels[INDEX["left_wrist"], :2] += [60, 70]
    torn = answers(1)
    torn[1, :, INDEX["left_wrist"], :2] += 40  # the mirrored crop says something else
    assert find_suspects(dataset(labels), torn) == []
    assert find_suspects(dataset(labels), answers(1, visibility=0.2)) == []
    lost = answers(1)
    lost[..., :2] += 60  # it does not see this person at all
    assert find_suspects(dataset(labels), lost) == []


def test_side_views_and_missing_partners_are_not_swaps():
    narrow = true_keypoints()
    narrow[:, 0] = np.where(narrow[:, 2] > 0, 200 + (narrow[:, 0] - 200) * 0.05, 0)
    assert find_suspects(dataset(narrow), narrow[None, FLIP]) == []
    one_sided = exchanged(np.arange(11, 33))
    one_sided[[INDEX[n] for n in PLACES if n.startswith("left") and n not in ("left_hip",)]] = 0
    found = find_suspects(dataset(one_sided), answers(1))
    assert all(s.kind != "swap_arms" for s in found)


def test_answers_must_fit_the_people():
    with pytest.raises(PosetuneError, match="2, 33"):
        find_suspects(dataset(true_keypoints(), true_keypoints()), answers(1))
