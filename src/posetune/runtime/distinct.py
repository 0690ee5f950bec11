"""Of poses that two looks found, those that are different people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from posetune.landmarks import INDEX, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from posetune.runtime.pose import Pose

#: Two poses are one person whose noses, shoulders' and hips' middles lie so near in the mean, in sides of the smaller crop: 20 cm.
SAME_PERSON = 0.08


def distinct(poses: Iterable[Pose]) -> Iterator[Pose]:
    """``poses`` without those that are somebody who came before, in their order."""
    before: list[Pose] = []
    for pose in poses:
        if not is_among(pose, before):
            before.append(pose)
            yield pose


def is_among(pose: Pose, others: Sequence[Pose]) -> bool:
    """Whether ``pose`` is one of ``others``, seen again."""
    middle = _axis(pose)
    for other in others:
        apart = np.nanmean(np.linalg.norm(middle - _axis(other), axis=1))
        if apart < SAME_PERSON * min(pose.crop.side, other.crop.side):
            return True
    return False


def _axis(pose: Pose) -> np.ndarray:
    """(4, 2) image px: nose, middles of shoulders and hips, NaN where the network has no such point, and the circle's middle."""
    points = pose.skeleton.to_body(pose.landmarks_px, np.nan)[:, :2]
    return np.stack(
        [
            points[INDEX["nose"]],
            points[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(axis=0),
            points[[LEFT_HIP, RIGHT_HIP]].mean(axis=0),
            pose.auxiliary_px[0, :2],
        ]
    )
