"""Whether the people who come now are others than those that were learned from: five comparisons that need no labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import Answers, crop_answers
from posetune.data.people import Person
from posetune.geometry import SIZE, joint_angles
from posetune.runtime.landmarker import Landmarker

#: Of each side so many people are needed, and so many are looked at.
LEAST, MOST = 50, 200
#: Chance of an alarm where nothing has changed, over all comparisons; and how far apart two distributions have to be (the largest
#: difference of their shares), for a difference that is sure may still be of no account.
ALPHA, APART = 0.001, 0.25
_NUMBERS = ("presence", "visibility", "the disagreement of two views", "the size of people")
_CELLS, _SEED = 8, 0


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network saw of N people. ``numbers``: (N, 4) presence 0…1, mean visibility 0…1, how far the answer on the mirrored
    crop is from the plain one (px of the 256 px crop), the crop's share of the picture's longer side. ``poses``: (N, 8) joint
    angles, degrees.
    """

    numbers: np.ndarray
    poses: np.ndarray


def seen(network: Landmarker, people: Sequence[Person]) -> Seen:
    """Look at up to :data:`MOST` of people who have crops, evenly chosen."""
    some = people[:: max(1, -(-len(people) // MOST))]
    plain = crop_answers({"": network}, some)[""]
    mirrored = crop_answers({"": network}, some, mirrored=True)[""]
    sides = np.array([p.crop.side for p in some if p.crop is not None])
    pictures = np.array([max(p.image.width, p.image.height, 1) for p in some])
    numbers = [plain.score, plain.visibility.mean(axis=1), _apart(plain, mirrored) * SIZE / sides, sides / pictures]
    return Seen(np.stack(numbers, axis=1), joint_angles(plain.points_px))


def _apart(a: Answers, b: Answers) -> np.ndarray:
    return np.asarray(np.linalg.norm(a.points_px[..., :2] - b.points_px[..., :2], axis=-1).mean(axis=1))


def drifted(reference: Seen, recent: Seen) -> str:
    """One sentence on what is other now than it was; "" where nothing is, or there are too few people to say."""
    if min(len(reference.numbers), len(recent.numbers)) < LEAST:
        return ""
    from scipy import stats

    alpha = ALPHA / (len(_NUMBERS) + 1)
    for i, name in enumerate(_NUMBERS):
        before, now = reference.numbers[:, i], recent.numbers[:, i]
        test = stats.ks_2samp(before, now)
        if test.pvalue < alpha and test.statistic >= APART:
            return (
                f"People have changed: {name} is {np.median(now):.3g} in the median of {len(now)} recent people, "
                f"{np.median(before):.3g} in those learned from."
            )
    counts = _cells(reference.poses, recent.poses)
    shares = counts / counts.sum(axis=1, keepdims=True)
    used = counts[:, counts.sum(axis=0) > 0]
    apart = float(np.abs(shares[0] - shares[1]).sum() / 2)
    if used.shape[1] > 1 and stats.chi2_contingency(used).pvalue < alpha and apart >= APART:
        return f"People have changed: {apart:.0%} of {len(recent.poses)} recent people are in other poses than those learned from."
    return ""


def _cells(reference: np.ndarray, recent: np.ndarray) -> np.ndarray:
    """(2, C) how many of each side are in each cell of poses; cells are those of the reference."""
    from sklearn.cluster import KMeans

    cells = KMeans(_CELLS, n_init=4, random_state=_SEED).fit(reference)
    return np.stack([np.bincount(cells.predict(side), minlength=_CELLS) for side in (reference, recent)])
