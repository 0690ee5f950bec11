"""Left and right taken for each other by a network: single pairs of points, and the people that have such a pair.

A few such people carry much of a mean error, and they flip from one training to the next; what was learnt shows better on the
others (docs/lab/results/acrobatics.md).
"""

from __future__ import annotations

import numpy as np

from posetune.landmarks import COUNT, FLIP

#: A point is missed when it is off by more than this share of the torso (as PCK@.2 counts).
MISSED = 0.2


def flipped_points(found: np.ndarray, labels: np.ndarray, known: np.ndarray, torso: np.ndarray) -> np.ndarray:
    """(N, 33) bool: missed points that are left/right swaps.

    A pair of partners, both ``known``, of which at least one is missed, is a swap if both would be right (within MISSED) with
    their answers exchanged. ``found``, ``labels``: (N, 33, ≥2) in one frame; ``known``: (N, 33) bool; ``torso``: (N,) in the
    same unit, NaN where there is none: nothing can be told then.
    """
    limit = MISSED * torso[:, None]
    with np.errstate(invalid="ignore"):
        missed = np.linalg.norm(found[..., :2] - labels[..., :2], axis=-1) > limit
        exchanged = np.linalg.norm(found[:, FLIP, :2] - labels[..., :2], axis=-1)
        right = (exchanged <= limit) & known
    pair = np.arange(COUNT) != FLIP
    return np.asarray(missed & known & pair & right & right[:, FLIP])
