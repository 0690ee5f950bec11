"""How much of what is learned from may come from one person, so that nobody alone decides what is learned."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from posetune.store.correction import Correction

#: Of all weight the most that one person has.
SHARE = 0.2


def weights(found: Sequence[Correction], beside: float = 0.0, share: float = SHARE) -> np.ndarray:
    """(N,) 0…1: what each correction weighs beside ``beside``, the weight of all else that is learned from (people of the original
    set, one each). Everybody's sum is at most ``share`` of the whole, but for those whom an operator trusts: one limit for all who
    would have more, as high as it can be. With nothing beside and fewer people than that takes, all may have the same.
    """
    limits = _limits(found, beside, share)
    counts = Counter(c.annotator for c in found)
    return np.array([min(1.0, limits[c.annotator] / counts[c.annotator]) for c in found])


def bounded(
    found: Sequence[Correction], beside: float = 0.0, share: float = SHARE
) -> tuple[list[Correction], Counter[str]]:
    """As :func:`weights`, for a trainer that weighs people alike: who would have more gives fewer corrections, drawn by their ids.
    Those that are learned from, in their order, and of whom how many are left out.
    """
    limits = _limits(found, beside, share)
    kept: set[int] = set()
    left_out: Counter[str] = Counter()
    for name, limit in limits.items():
        theirs = sorted((c for c in found if c.annotator == name), key=lambda c: hashlib.sha256(c.id.encode()).digest())
        most = min(len(theirs), int(limit + 1e-9))
        kept.update(c.number for c in theirs[:most])
        if most < len(theirs):
            left_out[name] = len(theirs) - most
    return [c for c in found if c.number in kept], left_out


def _limits(found: Sequence[Correction], beside: float, share: float) -> dict[str, float]:
    """Annotator → how much they may weigh at most."""
    counts = Counter(c.annotator for c in found)
    free = {c.annotator for c in found if c.trusted}
    beside += sum(counts[name] for name in free)
    limited = sorted((count for name, count in counts.items() if name not in free), reverse=True)
    if not beside and limited:
        share = max(share, 1 / len(limited))
    limit = _limit(limited, beside, share)
    return {name: float(count) if name in free else limit for name, count in counts.items()}


def _limit(counts: Sequence[int], beside: float, share: float) -> float:
    """The highest limit L with L ≤ share × (beside + the sum of min(count, L)). ``counts``: the greatest first."""
    for k, greatest in enumerate(counts):  # the k before it are limited: L = share (beside + k L + the rest)
        limit = share * (beside + sum(counts[k:])) / (1 - share * k) if share * k < 1 else float(greatest)
        if limit >= greatest - 1e-9:
            return limit
    return share * beside / (1 - share * len(counts)) if share * len(counts) < 1 else 0.0
