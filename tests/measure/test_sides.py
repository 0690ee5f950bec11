"""Errors apart: of people whose sides nobody flips, and of the others."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests.helpers.standing import person

from posetune.data.answers import Answers
from posetune.landmarks import INDEX
from posetune.measure.beside import Entry
from posetune.measure.metrics import Labels
from posetune.measure.sides import judges, sides
from posetune.measure.summary import Scored
from posetune.measure.table import sides_lines

STOCK, MINE = Entry("full", "stock", "full"), Entry("mine", "model", "full")
OTHERS = (Entry("lite", "stock", "lite"), Entry("full + offset", "offset", "full"))
KNEES = [INDEX["left_knee"], INDEX["right_knee"]]


def standing(n):
    return [person({"right_knee": (170, 240), "right_ankle": (170, 300)}) for _ in range(n)]


def answers(people, off, flipped=()):
    points = np.stack([p.keypoints for p in people])
    points[:, :, 0] += off
    for i in flipped:
        points[i, KNEES] = points[i, KNEES[::-1]]
    empty = Answers.empty(len(people))
    return Scored(Answers(points, empty.world, empty.visibility, np.ones(len(people))), Labels.of(people))


def test_who_judges():
    assert judges((*OTHERS, STOCK, MINE)) == ["full", "mine"]
    assert judges((*OTHERS, STOCK)) == ["lite", "full"]


def test_a_person_counts_as_flipped_whoever_flips():
    people = standing(4)
    px = answers(people, 1).errors_crop[0, KNEES[0]]  # of one image px, in crop px
    scored = {"full": answers(people, 10, flipped=[0]), "mine": answers(people, 5, flipped=[1])}
    found = sides(people, (STOCK, MINE), scored)
    full, mine = found["full"], found["mine"]
    assert (mine.kept_people, mine.flipped_people, mine.own_flips, full.own_flips) == (2, 2, 1, 1)
    assert full.kept_error_crop_px == pytest.approx(10 * px)
    assert mine.kept_error_crop_px == pytest.approx(5 * px)
    assert mine.kept_relative == pytest.approx(-0.5)
    assert full.kept_relative is None
    assert mine.flipped_error_crop_px > 5 * px


def test_the_table_says_nothing_where_nobody_flips():
    people = standing(2)
    scored = {"full": answers(people, 10), "mine": answers(people, 5)}
    plain = {name: SimpleNamespace(sides=one) for name, one in sides(people, (STOCK, MINE), scored).items()}
    assert sides_lines(plain) == []
    scored["mine"] = answers(people, 5, flipped=[1])
    flips = {name: SimpleNamespace(sides=one) for name, one in sides(people, (STOCK, MINE), scored).items()}
    lines = sides_lines(flips)
    assert lines[0] == "left and right of 1 person are taken for each other by full or mine; crop px apart:"
    assert lines[1].split() == ["on", "the", "1", "others", "relative", "on", "these", "1", "flipped", "by", "it"]
    assert lines[3].split()[2:4] == ["−50.0", "%"]
