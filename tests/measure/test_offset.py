"""A constant offset, fitted on other people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.helpers.standing import answer, person

from posetune.data.answers import Answers
from posetune.data.dataset import ImageRecord
from posetune.landmarks import INDEX
from posetune.measure.offset import add_offsets, fit_across_folds, fit_offsets, two_folds


def test_offsets_are_found_in_the_frame_of_the_crop():
    people = [person() for _ in range(6)]
    answers = _answers(np.concatenate([answer({"left_knee": (10, 0)})] * 6))
    offsets = fit_offsets(answers, people)
    expected = -10 * 256 / people[0].crop.side
    np.testing.assert_allclose(offsets[INDEX["left_knee"]], [expected, 0], atol=1e-6)
    moved = add_offsets(answers, [p.crop for p in people], offsets)
    np.testing.assert_allclose(moved.points_px[:, INDEX["left_knee"], 0], 230, atol=1e-4)
    assert (fit_offsets(answers, people)[INDEX["nose"]] == 0).all()
    few = _answers(answers.points_px[:4])
    assert (fit_offsets(few, people[:4]) == 0).all()  # four labels are too few to tell


def test_folds_share_no_group_and_nobody_is_fitted_on_himself():
    people = [person(image=ImageRecord(i, Path("a.png"), 400, 400, f"scene {i // 3}")) for i in range(30)]
    folds = two_folds(people)
    for scene in range(10):
        assert len(set(folds[3 * scene : 3 * scene + 3])) == 1
    assert folds.sum() == 15
    points = np.concatenate([answer({"left_knee": (10.0 if fold else 20.0, 0)}) for fold in folds])
    offsets = fit_across_folds(_answers(points), people, folds)[:, INDEX["left_knee"], 0] * people[0].crop.side / 256
    np.testing.assert_allclose(offsets, np.where(folds == 1, -20, -10), atol=1e-5)


def _answers(points: np.ndarray) -> Answers:
    empty = Answers.empty(len(points))
    return Answers(points, empty.world, empty.visibility, np.ones(len(points)))
