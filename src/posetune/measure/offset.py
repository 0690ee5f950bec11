"""Stock + a constant offset per point: what a mere change of label convention would gain, not skill.

Whoever labels hips a little higher than Google did can "improve" a network by moving every hip. A tuned
network has to beat stock with the best such shift.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.data.answers import Answers
from posetune.data.people import Person
from posetune.geometry import Crop

#: A point with fewer labels than this keeps the stock answer.
FEWEST_LABELS = 5


def fit_offsets(answers: Answers, people: Sequence[Person]) -> np.ndarray:
    """(33, 2) crop px, in the axes of the crop: the median of label − answer over ``people``, 0 where
    labels are few.

    The median, not the mean: it lowers the mean distance more and does not mind swapped labels.
    """
    count = answers.points_px.shape[1]
    residuals = np.full((len(people), count, 2), np.nan)
    for i, person in enumerate(people):
        if person.crop is None:
            continue
        difference = person.crop.to_crop(person.keypoints[:, :2]) - person.crop.to_crop(answers.points_px[i, :, :2])
        residuals[i, person.labelled] = difference[person.labelled]
    enough = np.isfinite(residuals[..., 0]).sum(axis=0) >= FEWEST_LABELS
    offsets = np.zeros((count, 2))
    if enough.any():
        offsets[enough] = np.nanmedian(residuals[:, enough], axis=0)
    return offsets


def add_offsets(answers: Answers, crops: Sequence[Crop | None], offsets: np.ndarray) -> Answers:
    """``answers`` moved by ``offsets``: (33, 2) for all or (N, 33, 2), crop px of the crop that each answer
    is from.
    """
    points = answers.points_px.copy()
    offsets = np.broadcast_to(offsets, (*points.shape[:2], 2))
    for i, crop in enumerate(crops):
        if crop is not None:
            points[i, :, :2] = crop.to_image(crop.to_crop(points[i, :, :2]) + offsets[i])
    return Answers(points, answers.world, answers.visibility, answers.score)


def two_folds(people: Sequence[Person], seed: int = 0) -> np.ndarray:
    """(N,) 0 or 1: two halves of the people that share no group (single people, where there is but one
    group).
    """
    groups = [p.group for p in people]
    names = sorted(set(groups))
    random = np.random.default_rng(seed)
    if len(names) < 2:
        return random.permutation(np.arange(len(people)) % 2)
    fold = dict(zip(random.permutation(names), np.arange(len(names)) % 2, strict=True))
    return np.array([fold[g] for g in groups])


def fit_across_folds(answers: Answers, people: Sequence[Person], folds: np.ndarray) -> np.ndarray:
    """(N, 33, 2): for each person the offsets fitted on the fold that they are not in."""
    offsets = np.zeros((*answers.points_px.shape[:2], 2))
    for fold in (0, 1):
        others = [int(i) for i in np.flatnonzero(folds != fold)]
        chosen = Answers(
            answers.points_px[others],
            answers.world[others],
            answers.visibility[others],
            answers.score[others],
        )
        offsets[folds == fold] = fit_offsets(chosen, [people[i] for i in others])
    return offsets
