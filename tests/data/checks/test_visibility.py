"""How v was used."""

from __future__ import annotations

import dataclasses

import numpy as np
from tests.helpers.labelled import answers, dataset, true_keypoints

from posetune.data.checks.visibility import annotator_of, check_visibility, missing_points
from posetune.data.origin import Origin
from posetune.landmarks import INDEX


def people(count: int, *v: int) -> list[np.ndarray]:
    """So many people, the v of whose points are ``v`` in turn."""
    made = []
    for _ in range(count):
        keypoints = true_keypoints()
        keypoints[keypoints[:, 2] > 0, 2] = np.resize(v, 12)
        made.append(keypoints)
    return made


def test_a_set_in_which_nothing_is_hidden_or_nothing_visible():
    assert check_visibility(dataset(*people(20, 2, 1))) == []
    never, ever = check_visibility(dataset(*people(20, 2))), check_visibility(dataset(*people(20, 1)))
    assert "none has v = 1" in never[0].message
    assert "1 seems to mean visible" in ever[0].message
    assert check_visibility(dataset(*people(5, 2))) == []  # of a few people it may be so


def test_one_annotator_of_two_is_told():
    made = dataset(*people(15, 2, 1), *people(15, 2))
    names = ["Ann"] * 15 + ["Ben"] * 15
    named = [dataclasses.replace(p, origin=Origin(reviewer=n)) for p, n in zip(made.people, names, strict=True)]
    found = check_visibility(dataclasses.replace(made, people=tuple(named)))
    assert len(found) == 1
    assert "Ben" in found[0].message
    assert (
        annotator_of(dataclasses.replace(made.people[0], origin=Origin(other={"attributes": {"annotator": "Cem"}})))
        == "Cem"
    )


def test_a_point_left_out_that_is_seen_inside_the_picture():
    usual = [true_keypoints() for _ in range(4)]
    usual[0][INDEX["left_wrist"]] = 0
    made = dataset(*usual)
    looks = answers(4)
    found = missing_points(made, made.people, looks[..., :2], looks[..., 3])
    assert [(f.person.id, f.points) for f in found] == [(1, (INDEX["left_wrist"],))]
    looks[:, 0, INDEX["left_wrist"], 3] = 0.3  # hidden, the network thinks
    assert missing_points(made, made.people, looks[..., :2], looks[..., 3]) == []


def test_what_nobody_labels_or_lies_at_the_edge_is_not_missed():
    few = [true_keypoints() for _ in range(4)]
    for keypoints in few[:3]:
        keypoints[INDEX["left_wrist"]] = 0
    made, looks = dataset(*few), answers(4)
    assert missing_points(made, made.people, looks[..., :2], looks[..., 3]) == []
    few[1], few[2] = true_keypoints(), true_keypoints()
    made = dataset(*few)
    looks[:, 0, INDEX["left_wrist"], :2] = 396, 200
    assert missing_points(made, made.people, looks[..., :2], looks[..., 3]) == []
