"""Pictures of what a detector's run is shown and of what it says: ``batch.jpg`` and ``validation.jpg`` in the run folder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.opencv import cv2
from posetune.runtime.detector import SIZE
from posetune.tune.detector.samples import Sample
from posetune.tune.training.pictures import ANSWER, BATCH, LABEL, MOST, SIDE, VALIDATION, grid

__all__ = ["BATCH", "MOST", "VALIDATION", "of_answers", "of_samples"]

_IGNORED = (150, 150, 150)  # RGB
_SCALE = SIDE / SIZE


def of_samples(samples: Sequence[Sample]) -> np.ndarray:
    """(H, W, 3) uint8 RGB: samples as the detector sees them, people's circles in green, regions that teach nothing in grey."""
    return grid([_drawn(sample) for sample in samples[:MOST]])


def of_answers(samples: Sequence[Sample], answers: Sequence[np.ndarray]) -> np.ndarray:
    """(H, W, 3) uint8 RGB: pictures of which the detector says most people too many or too few, as :func:`of_samples`, with what
    it says in red. ``answers``: of each (K, 5, 2) box centre, hips, circle, shoulders, top, px of the sample.
    """
    wrong = [abs(len(sample.people) - len(said)) for sample, said in zip(samples, answers, strict=True)]
    first = np.argsort(-np.array(wrong), kind="stable")[:MOST]
    tiles = []
    for i in first:
        tile = _drawn(samples[i])
        for said in answers[i]:
            _circle(tile, said[1], said[2], ANSWER)
        tiles.append(tile)
    return grid(tiles)


def _drawn(sample: Sample) -> np.ndarray:
    tile = cv2.resize(sample.pixels, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    for x0, y0, x1, y1 in np.rint(sample.ignored * _SCALE).astype(int).tolist():
        cv2.rectangle(tile, (x0, y0), (x1, y1), _IGNORED, 1)
    for hip, circle in zip(sample.people.hip, sample.people.circle, strict=True):
        _circle(tile, hip, circle, LABEL)
    return tile


def _circle(tile: np.ndarray, hip: np.ndarray, circle: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Draw a person's circle, with the way to its top, onto ``tile``; points in px of the sample."""
    a, b = (np.rint(np.clip(np.nan_to_num(p) * _SCALE, -999, 999)).astype(int).tolist() for p in (hip, circle))
    cv2.circle(tile, a, max(1, round(float(np.hypot(a[0] - b[0], a[1] - b[1])))), colour, 1, cv2.LINE_AA)
    cv2.line(tile, a, b, colour, 1, cv2.LINE_AA)
