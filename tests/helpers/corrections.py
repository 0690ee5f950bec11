"""Corrections to keep, made up; and a store to keep them in."""

from __future__ import annotations

import numpy as np

from posetune.store.correction import NewCorrection, Picture


def picture(content: bytes = b"\xff\xd8a picture", **given: object) -> Picture:
    return Picture(**{"content": content, "width": 100, "height": 100, "consent": "It may be kept.", **given})


def points(x: float = 30.0) -> np.ndarray:
    """(33, 3): a person of 40 px beside x."""
    rng = np.random.default_rng(0)
    return np.column_stack([x + 40 * rng.random(33), 20 + 40 * rng.random(33), np.full(33, 2.0)])


def new(annotator: str = "ada", x: float = 30.0, **given: object) -> NewCorrection:
    """A correction of ``annotator`` of whoever stands at ``x``."""
    return NewCorrection(
        **{"picture": picture(), "annotator": annotator, "points": points(x), "touched": "m" * 33, **given}
    )
