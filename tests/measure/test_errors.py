"""Why a network errs, on figures whose answer can be worked out by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.standing import PLACES, answer, person

from posetune.data.answers import Answers
from posetune.data.people import ImageRecord, Person
from posetune.landmarks import FLIP, INDEX
from posetune.measure.errors import analyse, conditions, missed, swapped
from posetune.measure.metrics import Labels
from posetune.measure.summary import Scored

RIGHT_LEG = {"right_knee": (170, 240), "right_ankle": (170, 300)}


def scored(people: list[Person], points: np.ndarray, visibility: float = 1.0) -> Scored:
    empty = Answers.empty(len(people))
    seen = np.full((len(people), 33), visibility)
    return Scored(Answers(points, empty.world, seen, np.ones(len(people))), Labels.of(people))


def turned(who: Person, degrees: float) -> Person:
    """The same person, turned in the image."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    keypoints = who.keypoints.copy()
    keypoints[who.labelled, :2] = (keypoints[who.labelled, :2] - 200) @ turn.T + 200
    return Person(who.id, who.image, keypoints)


def names(who: Person) -> set[str]:
    return {c.name for c in conditions([who], scored([who], who.keypoints[None].copy()))}


def both_legs() -> Person:
    return person(RIGHT_LEG)


def test_an_exchanged_pair_is_a_swap_and_a_lone_error_a_plain_miss():
    who = both_legs()
    points = who.keypoints[None].copy()
    knees = [INDEX["left_knee"], INDEX["right_knee"]]
    points[0, knees] = points[0, knees[::-1]]
    points[0, INDEX["left_ankle"], 1] += 50  # half a torso off, its partner is right
    one = scored([who], points)
    assert np.flatnonzero(missed(one)[0]).tolist() == sorted([*knees, INDEX["left_ankle"]])
    assert np.flatnonzero(swapped(one)[0]).tolist() == sorted(knees)
    found = analyse([who], one)
    assert (found.missed, found.swaps, found.people_with_swaps) == (3, 2, 1)
    assert found.swaps_by_landmark == {"left_knee": 1, "right_knee": 1}
    assert found.error_share_of_missed == pytest.approx(1)
    assert found.error_share_of_swaps == pytest.approx(120 / 170)


def test_both_points_on_one_knee_are_no_swap():
    who = both_legs()
    points = who.keypoints[None].copy()
    points[0, INDEX["left_knee"]] = points[0, INDEX["right_knee"]]  # exchanging mends nothing
    assert missed(scored([who], points)).sum() == 1
    assert not swapped(scored([who], points)).any()


def test_a_point_whose_partner_is_unlabelled_cannot_be_a_swap():
    who = person()  # the right knee has no label
    points = answer({"left_knee": (-60, 0)})
    points[0, INDEX["right_knee"]] = [*PLACES["left_knee"], 0]
    assert missed(scored([who], points)).sum() == 1
    assert not swapped(scored([who], points)).any()


def test_nobody_found_is_nothing_missed_here():
    who = person()
    none = scored([who], np.full((1, 33, 3), np.nan))
    assert not missed(none).any()
    assert analyse([who], none).error_share_of_missed is None


def test_poses_are_told_from_the_labels():
    who = both_legs()
    assert {"upright", "seen from the front"} <= names(who)
    assert "tilted or lying" in names(turned(who, 80))
    assert {"upside-down", "seen from the front"} <= names(turned(who, 180))
    mirrored = dataclasses.replace(who, keypoints=who.keypoints[FLIP])  # left and right change places: the back
    assert "seen from behind" in names(mirrored)
    thin = who.keypoints.copy()
    thin[:, 0] = np.where(who.labelled, 200 + (thin[:, 0] - 200) / 6, 0)
    assert "seen from the side" in names(Person(1, who.image, thin))
    assert not {"crouched", "hands up", "seen from behind", "seen from the side"} & names(who)


def test_crouched_and_hands_up():
    crouched = person({"left_knee": (290, 175), "left_ankle": (235, 200)})
    assert "crouched" in names(crouched)
    assert "hands up" in names(person({"left_wrist": (230, 20)}))
    below = person({"left_knee": (290, 175), "left_ankle": (350, 180)})  # the hip is bent, the knee is not
    assert "crouched" not in names(below)


def test_sizes_and_occlusion():
    who = person()
    assert "torso 64 … 128 px" in names(who)  # 100 px
    assert not any("label" in name for name in names(who))  # a set that never says hidden
    keypoints = who.keypoints.copy()
    keypoints[INDEX["left_knee"], 2] = 1
    partly = Person(1, who.image, keypoints)
    found = {c.name: c for c in conditions([partly], scored([partly], keypoints[None]))}
    assert np.flatnonzero(found["label: hidden"].mask[0]).tolist() == [INDEX["left_knee"]]
    assert found["label: visible"].mask.sum() == who.labelled.sum() - 1
    unseen = {c.name for c in conditions([who], scored([who], keypoints[None], visibility=0.2))}
    assert "network: unseen" in unseen
    assert "network: seen" not in unseen


def test_rows_add_up():
    people = [both_legs(), turned(both_legs(), 180), person(image=ImageRecord(2, Path("b.png"), 400, 400, "b"))]
    points = np.array([p.keypoints for p in people])
    points[1, INDEX["left_knee"], 0] += 45
    found = analyse(people, scored(people, points))
    rows = {row.name: row for row in found.by}
    assert rows["upright"].points + rows["upside-down"].points == found.points
    assert (rows["upright"].missed, rows["upside-down"].missed) == (0, 1)
    assert rows["upside-down"].pck_02 == pytest.approx(9 / 10)
    assert found.worst_tenth_share == pytest.approx(1)
