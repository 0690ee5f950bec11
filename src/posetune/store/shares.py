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
    set, one each). Everybody's sum is at most ``share`` of the whole: one limit for all who would have more, as high as it can be.
    Audits are not bounded, which were drawn by chance, nor whom an operator trusts. With nothing beside, fewer people than that
    takes may have half each, if they are three or four, or all.
    """
    counts = Counter(c.annotator for c in found if _is_bounded(c))
    limit = _limit_of(found, beside, share)
    return np.array([min(1.0, limit / counts[c.annotator]) if _is_bounded(c) else 1.0 for c in found])


def bounded(
    found: Sequence[Correction], beside: float = 0.0, share: float = SHARE
) -> tuple[list[Correction], Counter[str]]:
    """As :func:`weights`, for a trainer that weighs people alike: who would have more gives fewer corrections, drawn by their ids.
    Those that are learned from, in their order, and of whom how many are left out.
    """
    limit = _limit_of(found, beside, share)
    kept = {c.number for c in found if not _is_bounded(c)}
    left_out: Counter[str] = Counter()
    for name in dict.fromkeys(c.annotator for c in found):
        theirs = [c for c in found if c.annotator == name and _is_bounded(c)]
        theirs.sort(key=lambda c: hashlib.sha256(c.id.encode()).digest())
        most = len(theirs) if limit >= len(theirs) else int(limit + 1e-9)
        kept.update(c.number for c in theirs[:most])
        if most < len(theirs):
            left_out[name] = len(theirs) - most
    return [c for c in found if c.number in kept], left_out


def _is_bounded(correction: Correction) -> bool:
    return correction.kind == "correction" and not correction.trusted


def _limit_of(found: Sequence[Correction], beside: float, share: float) -> float:
    """How much anybody may weigh."""
    counts = sorted(Counter(c.annotator for c in found if _is_bounded(c)).values(), reverse=True)
    beside += sum(not _is_bounded(c) for c in found)
    if not beside and len(counts) * share < 1:
        share = 0.5 if len(counts) > 2 else 1.0
    return _limit(counts, beside, share)


def _limit(counts: Sequence[int], beside: float, share: float) -> float:
    """The highest limit L with L ≤ share × (beside + the sum of min(count, L)). ``counts``: the greatest first."""
    for k, greatest in enumerate(counts):  # the k before it are limited: L = share (beside + k L + the rest)
        limit = share * (beside + sum(counts[k:])) / (1 - share * k) if share * k < 1 else float(greatest)
        if limit >= greatest - 1e-9:
            return limit
    return share * beside / (1 - share * len(counts)) if share * len(counts) < 1 else 0.0
