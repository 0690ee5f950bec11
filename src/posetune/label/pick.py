"""Which frames to label: of what is alike one, and of the others those that differ most from what is chosen already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.label.features import likeness, pose_distances, stacked

#: Frames are near-duplicates if the picture is alike beyond this and nobody's joints moved by more than so many torsos. Between
#: two frames of somebody who stands still the answer itself moves by .01 to .02.
_ALIKE, _STILL = 0.98, 0.03
#: More than a torso apart is as new as can be: beyond are mostly mistakes, which need not come first.
_NEW = 1.0
#: What a picture of its own, and the time to the nearest chosen frame of the clip, are worth beside a pose.
_PICTURE, _TIME = 0.2, 0.2


@dataclass(frozen=True, eq=False)
class Candidate:
    """A frame that may be chosen. ``clip``: the file that it is of; ``scene``: its group, in which frames may be near-duplicates;
    ``frame``: its number in the file, ``seconds`` when; ``look``: (256,) its cells; ``poses``: (P, 12, 2) of its people;
    ``people``: how many were found, those without a measurable pose too.
    """

    clip: str
    scene: str
    frame: int | None
    seconds: float
    look: np.ndarray
    poses: np.ndarray
    people: int


def without_duplicates(candidates: Sequence[Candidate]) -> list[int]:
    """The places of those that are no near-duplicate of the last one that was kept of their scene."""
    kept: list[int] = []
    last: dict[str, int] = {}
    for i, candidate in enumerate(candidates):
        before = last.get(candidate.scene)
        if before is None or not is_duplicate(candidate, candidates[before]):
            kept.append(i)
            last[candidate.scene] = i
    return kept


def is_duplicate(one: Candidate, other: Candidate) -> bool:
    """Whether two frames show the same people in the same poses in the same picture."""
    if one.people != other.people or likeness(one.look, other.look[None])[0] < _ALIKE:
        return False
    return all(len(other.poses) and pose_distances(pose, other.poses).min() < _STILL for pose in one.poses)


def pick(
    candidates: Sequence[Candidate], count: int, seed: int, known: Sequence[np.ndarray] = (), taken: Sequence[int] = ()
) -> list[int]:
    """The places of ``count`` candidates that differ most, in their order; fewer where the rest are near-duplicates.

    Each next one is the farthest from all before (farthest-point traversal; Gonzalez 1985): by its person in the newest pose,
    a little by the picture and by the time in its clip. The first is drawn by ``seed``. ``known``: (12, 2) each, poses that the
    set has already; ``taken``: places that are chosen already, and count.
    """
    n = len(candidates)
    if not n:
        return []
    chosen = list(taken)
    owner = np.repeat(np.arange(n), [len(c.poses) for c in candidates])
    poses = stacked([pose for c in candidates for pose in c.poses])
    looks = np.array([c.look for c in candidates], np.float32).reshape(n, -1)
    clips = np.array([c.clip for c in candidates])
    seconds = np.array([c.seconds for c in candidates])
    length = {clip: max(float(np.ptp(seconds[clips == clip])), 1e-9) for clip in dict.fromkeys(clips.tolist())}
    scale = np.array([length[c] for c in clips.tolist()])
    new_pose = np.full(len(poses), np.inf)
    new_look = np.full(n, 1.0)
    new_time = np.full(n, 1.0)
    open_ = np.ones(n, bool)
    for pose in known:
        new_pose = np.minimum(new_pose, pose_distances(pose, poses))

    def take(i: int) -> None:
        nonlocal new_pose
        open_[i] = False
        for pose in candidates[i].poses:
            new_pose = np.minimum(new_pose, pose_distances(pose, poses))
        new_look[:] = np.minimum(new_look, (1 - likeness(looks[i], looks)) / 2)
        same = clips == clips[i]
        new_time[same] = np.minimum(new_time[same], np.abs(seconds[same] - seconds[i]) / scale[same])

    for i in taken:
        take(i)
    first = int(np.random.default_rng(seed).integers(n)) if n and not chosen else None
    while len(chosen) < count and open_.any():
        if first is not None:
            i, first = first, None
        else:
            worth = np.zeros(n)
            np.maximum.at(worth, owner, np.minimum(new_pose, _NEW))
            worth += _PICTURE * new_look + _TIME * new_time
            i = int(np.argmax(np.where(open_, worth, -1.0)))
        same_scene = (j for j in chosen if candidates[j].scene == candidates[i].scene)
        if any(is_duplicate(candidates[i], candidates[j]) for j in same_scene):
            open_[i] = False
            continue
        take(i)
        chosen.append(i)
    return sorted(set(chosen) - set(taken))
