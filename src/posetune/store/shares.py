"""How much each correction weighs, so that nobody alone decides what is learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.store.correction import Correction

#: Of all weight the most that one person has.
SHARE = 0.2


def weights(found: Sequence[Correction], beside: float = 0.0, share: float = SHARE) -> np.ndarray:
    """(N,) 0…1: what each correction weighs beside ``beside``, the weight of all else that is learned from (people of the original
    set, one each). Everybody's sum is at most ``share`` of the whole, but for those whom an operator trusts: the same limit for all
    who would have more, as high as it can be. Where there are too few people for that, and nothing beside, all weigh 0.
    """
    names = [c.annotator for c in found]
    free = {c.annotator for c in found if c.trusted}
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    beside += sum(count for name, count in counts.items() if name in free)
    limited = sorted((count for name, count in counts.items() if name not in free), reverse=True)
    limit = _limit(limited, beside, share)
    each = {name: 1.0 if name in free else min(1.0, limit / count) for name, count in counts.items()}
    return np.array([each[name] for name in names])


def _limit(counts: Sequence[int], beside: float, share: float) -> float:
    """The highest limit L with L ≤ share × (beside + the sum of min(count, L)). ``counts``: the greatest first."""
    for k, greatest in enumerate(counts):  # the k before it are limited: L = share (beside + k L + the rest)
        limit = share * (beside + sum(counts[k:])) / (1 - share * k) if share * k < 1 else float(greatest)
        if limit >= greatest:
            return limit
    return share * beside / (1 - share * len(counts)) if share * len(counts) < 1 else 0.0
