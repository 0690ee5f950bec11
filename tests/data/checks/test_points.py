"""Points that lie elsewhere, or on somebody else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from tests.helpers.labelled import IMAGE, answers, dataset, true_keypoints

from posetune.data.checks.looks import Looks
from posetune.data.checks.points import doubtful, find_misplaced
from posetune.landmarks import INDEX

WRIST, KNEE = INDEX["left_wrist"], INDEX["left_knee"]


def looks_at(count: int, **options) -> Looks:
    said = answers(count, views=4, **options)
    return Looks(said[..., :2], said[..., 3])


def moved(point: int, *by: float) -> np.ndarray:
    keypoints = true_keypoints()
    keypoints[point, :2] += by
    return keypoints


def test_a_misplaced_point_is_found_with_the_distance():
    people = dataset(moved(WRIST, 60, 70), true_keypoints()).people
    found = find_misplaced(people, looks_at(2))
    assert [(f.kind, f.person.id, f.points) for f in found] == [("point", 1, (WRIST,))]
    assert "left_wrist is 1.0 torsos" in found[0].message
    assert doubtful(people, looks_at(2)) == [0]
    assert find_misplaced(people, looks_at(2), frozenset({0})) == []


def test_looks_that_are_not_sure_accuse_nobody():
    people = dataset(moved(WRIST, 60, 70)).people
    torn = looks_at(1)
    torn.points[1, :, WRIST] += 40
    assert find_misplaced(people, torn) == []
    assert find_misplaced(people, looks_at(1, visibility=0.2)) == []
    hidden = moved(WRIST, 60, 70)
    hidden[WRIST, 2] = 1
    assert find_misplaced(dataset(hidden).people, looks_at(1)) == []


def test_a_network_that_takes_one_limb_for_the_other_accuses_nobody():
    said = looks_at(1)
    said.points[:, :, KNEE] = true_keypoints()[INDEX["right_knee"], :2]
    assert find_misplaced(dataset(true_keypoints()).people, said) == []


def test_what_is_said_of_many_people_of_a_clip_is_the_networks_mistake():
    frames = [dataclasses.replace(IMAGE, path=Path(f"{i}.png"), group="scene" if i < 8 else str(i)) for i in range(60)]
    labels = [moved(WRIST, 60, 70)] * 3 + [true_keypoints()] * 57
    people = [dataclasses.replace(p, image=f) for p, f in zip(dataset(*labels).people, frames, strict=True)]
    assert find_misplaced(people, looks_at(60)) == []  # three of the eight of that clip, but not of the sixty
    alone = [dataclasses.replace(p, image=dataclasses.replace(p.image, group=str(p.id))) for p in people]
    assert len(find_misplaced(alone, looks_at(60))) == 3
    assert find_misplaced(alone[:20], looks_at(20)) == []  # three of all twenty


def test_a_point_on_the_neighbour_names_whose_it_is():
    beside = true_keypoints() + np.array([90, 0, 0]) * (true_keypoints()[:, 2:] > 0)
    mine = true_keypoints()
    mine[WRIST, :2] = beside[WRIST, :2]
    people = dataset(mine, beside).people
    said = looks_at(2)
    said.points[:, 1] += (90, 0)
    found = find_misplaced(people, said)
    assert [(f.kind, f.person.id, f.points) for f in found] == [("neighbour", 1, (WRIST,))]
    assert "lies on person 2" in found[0].message
    assert doubtful(people, said) == [0]


def test_on_a_neighbour_less_is_asked_of_the_looks_than_elsewhere():
    unsure = looks_at(2, visibility=0.4)
    unsure.points[:, 1] += (60, 0)
    beside = true_keypoints() + np.array([60, 0, 0]) * (true_keypoints()[:, 2:] > 0)
    mine = moved(WRIST, 60, 0)
    assert [f.kind for f in find_misplaced(dataset(mine, beside).people, unsure)] == ["neighbour"]
    assert find_misplaced(dataset(mine).people, Looks(unsure.points[:, :1], unsure.visibility[:, :1])) == []
