"""How much speaks for each image, and what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from posetune.label.features import pose_distances, stacked
from posetune.label.signals import PersonSignals

#: What each reason counts.
WEIGHTS: Mapping[str, float] = {"views": 1.0, "models": 1.0, "doubt": 0.5, "jump": 0.5, "rarity": 0.5}
#: The rank of an image in which nobody is found, where all others show somebody: who is not found teaches a detector, and points no
#: better than others (docs/lab/results/label.md).
_NOBODY = 0.6
#: A pose is as rare as it is far from so many others.
_NEIGHBOURS = 5
#: Rarity is measured against so many poses at most, evenly taken.
_MOST_POSES = 1500
REASONS = {
    "views": "looked at in other ways, the network answers something else",
    "models": "the two networks disagree",
    "doubt": "little is seen for sure",
    "jump": "bones change their length from frame to frame",
    "rarity": "the pose is rare",
    "nobody": "nobody was found, where the others show somebody",
}


@dataclass(frozen=True, eq=False)
class Suggested:
    """``place``: of the image; ``score`` 0…1; ``reasons``: name → 0…1, the share of the people whom it exceeds in this."""

    place: int
    score: float
    reasons: dict[str, float] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """The reason that counts most, in words."""
        weighed = {name: value * WEIGHTS.get(name, 1.0) for name, value in self.reasons.items()}
        return REASONS[max(weighed, key=lambda name: weighed[name])] if weighed else ""


def scores(
    people: Sequence[Sequence[PersonSignals]],
    groups: Sequence[str],
    order: Sequence[int | None],
    known: Sequence[np.ndarray] = (),
    weights: Mapping[str, float] = WEIGHTS,
) -> list[Suggested]:
    """What speaks for each of N images, by the person for whom most does.

    ``people``: of each image; ``groups``: of the images; ``order``: their places in the group's clip, None where there is no clip;
    ``known``: (12, 2) each, poses that are labelled already. Each reason counts by its rank among all people, so that none has to
    be in the others' unit.
    """
    flat = [(i, p) for i, of_image in enumerate(people) for p in of_image]
    reasons = {name: np.array([getattr(p, name) for _, p in flat]) for name in ("views", "models", "doubt")}
    reasons["rarity"] = _rarity([p.pose for _, p in flat], known)
    jumps = _jumps(people, groups, order)
    reasons["jump"] = np.array([jumps[i] for i, _ in flat])
    ranks = {name: _ranks(values) for name, values in reasons.items() if len(values) and np.ptp(values) > 0}
    total = sum(weights[name] for name in ranks) or 1.0
    best: dict[int, Suggested] = {}
    for row, (i, _) in enumerate(flat):
        own = {name: round(float(values[row]), 4) for name, values in ranks.items()}
        score = sum(weights[name] * value for name, value in own.items()) / total
        if i not in best or score > best[i].score:
            best[i] = Suggested(i, round(float(score), 4), own)
    somebody = Counter(group for of_image, group in zip(people, groups, strict=True) if of_image)
    all_of = Counter(groups)
    share = sum(somebody.values()) / max(len(people), 1)
    for i, of_image in enumerate(people):
        if not of_image:  # the more of its like show somebody, the more is it one who was missed
            group = groups[i]
            likely = somebody[group] / all_of[group] if all_of[group] > 1 else share
            best[i] = Suggested(i, round(_NOBODY * likely, 4), {"nobody": round(likely, 4)})
    return [best[i] for i in range(len(people))]


def _ranks(values: np.ndarray) -> np.ndarray:
    """0…1: the share of the others that each exceeds, equals shared."""
    order = np.argsort(values, kind="stable")
    _, first, count = np.unique(values[order], return_index=True, return_counts=True)
    middle = np.repeat(first + (count - 1) / 2, count)
    ranks = np.empty(len(values))
    ranks[order] = middle / max(len(values) - 1, 1)
    return ranks


def _rarity(poses: Sequence[np.ndarray], known: Sequence[np.ndarray]) -> np.ndarray:
    """(N,) mean distance to the nearest others, among ``poses`` and those ``known``, torsos."""
    every = stacked([*poses, *known])
    some = every[:: max(1, len(every) // _MOST_POSES)]
    near = np.zeros(len(poses))
    for i, pose in enumerate(poses):
        apart = pose_distances(pose, some)
        apart = apart[apart > 0]  # itself is at 0
        if len(apart) > _NEIGHBOURS:
            apart = np.partition(apart, _NEIGHBOURS)[:_NEIGHBOURS]
        near[i] = apart.mean() if len(apart) else 0.0
    return near


def _jumps(people: Sequence[Sequence[PersonSignals]], groups: Sequence[str], order: Sequence[int | None]) -> np.ndarray:
    """(N,) how far the bones of each image's first person are from those in the frames before and behind it, torsos."""
    jumps = np.zeros(len(people))
    clips: dict[str, list[int]] = {}
    for i, (group, place) in enumerate(zip(groups, order, strict=True)):
        if place is not None and people[i]:
            clips.setdefault(group, []).append(i)
    for members in clips.values():
        members.sort(key=lambda i: order[i] or 0)
        bones = np.array([people[i][0].bones for i in members])
        if len(members) < 2:
            continue
        steps = np.abs(np.diff(bones, axis=0)).max(axis=1)
        both = np.concatenate([steps[:1], np.minimum(steps[:-1], steps[1:]), steps[-1:]])
        jumps[members] = both
    return jumps
