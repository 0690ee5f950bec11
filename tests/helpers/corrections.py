"""Corrections to keep, made up; and a store to keep them in."""

from __future__ import annotations

import numpy as np

from posetune.store.correction import Correction, NewCorrection, Picture


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


def stored(points: np.ndarray, **given: object) -> Correction:
    """A correction as the store gives it, with these points, moved to where they are from far away."""
    values: dict[str, object] = {
        "number": 1, "id": "c1", "image": "0" * 64, "suffix": ".jpg", "width": 400, "height": 400, "scene": "s", "owner": "ada",
        "subject": 0, "annotator": "ada", "trusted": False, "kind": "correction", "audit": None, "points": points,
        "touched": "m" * 33, "shown": "", "shown_points": None, "seconds": 20.0, "held": np.zeros(33, bool), "status": "new",
        "reason": "", "created_at": 0.0,
    }  # fmt: skip
    return Correction(**{**values, **given})
