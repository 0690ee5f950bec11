"""A choice that covers all poses: one image of each kind, and of a kind one that is like most of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from posetune.label.rank import Suggested
from posetune.label.signals import PersonSignals

#: Of each kind of pose the image is taken that has more to say than this share of its kind. Those with most to say are mistakes of
#: all sorts, and learning from them is worse than from images drawn at random (docs/lab/results/label.md).
PLACE = 0.5
#: The place for who looks for what networks do not know.
HARD = 0.9
_ROUNDS = 20


def choose(
    candidates: Sequence[Suggested],
    people: Sequence[Sequence[PersonSignals]],
    groups: Sequence[str],
    count: int,
    a_group: int,
    place: float = PLACE,
) -> list[Suggested]:
    """``count`` of ``candidates``, those with most to say first; at most ``a_group`` of one group.

    With as many kinds of poses as images are wanted (k-means on the first person's joints), each gives the one at ``place`` of
    its scores, 0 the least to 1 the most. Images in which nobody is found are a kind of their own, which gives as many as its
    share of all is, times how likely somebody was missed. What is missing then, as groups are full, comes by the score.
    """
    found = [c for c in candidates if people[c.place]]
    nobody = sorted((c for c in candidates if not people[c.place]), key=lambda c: (-c.score, c.place))
    missed = sum(c.reasons.get("nobody", 0.0) for c in nobody)
    share = min(len(nobody), round(count * missed / max(len(candidates), 1)))
    kinds = _kinds(np.array([people[c.place][0].pose.ravel() for c in found]), max(count - share, 1))
    taken: Counter[str] = Counter()
    chosen: dict[int, Suggested] = {}

    def take(one: Suggested) -> bool:
        if len(chosen) >= count or one.place in chosen or taken[groups[one.place]] >= a_group:
            return False
        taken[groups[one.place]] += 1
        chosen[one.place] = one
        return True

    for kind in range(int(kinds.max(initial=-1)) + 1):
        members = sorted((found[i] for i in np.flatnonzero(kinds == kind)), key=lambda c: (c.score, c.place))
        wanted = round(place * (len(members) - 1))
        for _, one in sorted(enumerate(members), key=lambda member: abs(member[0] - wanted)):
            if take(one):
                break
    for one in nobody[:share]:
        take(one)
    for one in sorted(candidates, key=lambda c: (-c.score, c.place)):
        take(one)
    return sorted(chosen.values(), key=lambda c: (-c.score, c.place))


def _kinds(poses: np.ndarray, count: int) -> np.ndarray:
    """(N,) the kind of each of ``poses`` (N, 24): k-means (Lloyd 1982), the same for the same poses."""
    if not len(poses):
        return np.zeros(0, int)
    poses = np.nan_to_num(poses.astype(np.float64))
    count = min(count, len(poses))
    middles = poses[np.random.default_rng(0).choice(len(poses), count, replace=False)]
    nearest = np.zeros(len(poses), int)
    for _ in range(_ROUNDS):
        apart = (middles**2).sum(axis=1) - 2 * poses @ middles.T  # and the pose's own square, which is the same for all
        nearest = apart.argmin(axis=1)
        sums = np.zeros_like(middles)
        np.add.at(sums, nearest, poses)
        sizes = np.bincount(nearest, minlength=count)
        middles = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], middles)
    return nearest
