"""People in one image as labels to be corrected: all 33 points, whether they are seen, and how sure the network is of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.formats.writing import box_around
from posetune.data.found import HULL_MARGIN
from posetune.data.teacher import VIEWS, views_of
from posetune.geometry import SIZE, crop_from_labels
from posetune.landmarks import COUNT
from posetune.runtime.distinct import distinct
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import MIN_VISIBILITY, Pose
from posetune.runtime.tiles import Tiles

#: A point is sure where the views of the network are half of this from their middle, a guess at one and a half of it (px of a
#: 256 px crop): the trust of pseudo-labels (``data.teacher``).
_SPREAD = 6.0
#: Fewer points inside the picture than this are nobody to label.
_FEWEST = 4


@dataclass(frozen=True, eq=False)
class Proposal:
    """Somebody found in an image. ``keypoints``: (33, 3) x, y in image px and v: 2 seen, 1 hidden, 0 outside the picture or
    not known (then x = y = 0). ``outside``: (33, 3) x, y, hidden (0 or 1) of points outside the picture, NaN for all others.
    ``confidence``: (33,) 0…1, NaN where nothing is known. ``score``: 0…1, whether this is a person.
    """

    keypoints: np.ndarray
    outside: np.ndarray
    confidence: np.ndarray
    score: float

    @property
    def points_px(self) -> np.ndarray:
        """(33, 2) image px, inside the picture and outside; NaN where not known."""
        points = np.where(self.keypoints[:, 2:] > 0, self.keypoints[:, :2], self.outside[:, :2])
        return np.asarray(points, float)

    def box(self, width: int, height: int) -> np.ndarray:
        """(4,) x, y, width, height: around the points in the picture, a tenth larger, and cut by it."""
        inside = self.keypoints[self.keypoints[:, 2] > 0, :2]
        x, y, w, h = box_around(inside, HULL_MARGIN)
        left, top, right, bottom = max(x, 0.0), max(y, 0.0), min(x + w, width), min(y + h, height)
        return np.array([left, top, right - left, bottom - top])


def proposal(
    points_px: np.ndarray, seen: np.ndarray, confidence: np.ndarray, score: float, size: tuple[int, int]
) -> Proposal | None:
    """What ``points_px`` (33, 2), NaN where not known, are as labels; ``seen``: (33,) bool; ``size``: width, height of the image.
    None where too little lies in the picture.
    """
    known = np.isfinite(points_px).all(axis=1)
    inside = known & (points_px >= 0).all(axis=1) & (points_px < np.array(size)).all(axis=1)
    if inside.sum() < _FEWEST:
        return None
    keypoints = np.zeros((COUNT, 3))
    keypoints[inside, :2], keypoints[inside, 2] = points_px[inside], np.where(seen[inside], 2, 1)
    beyond = known & ~inside
    outside = np.full((COUNT, 3), np.nan)
    outside[beyond, :2], outside[beyond, 2] = points_px[beyond], ~seen[beyond]
    return Proposal(keypoints, outside, np.where(known, confidence, np.nan), score)


def found_in(landmarker: Landmarker, rgb: np.ndarray, most: int, tiles: Tiles | None) -> list[Pose]:
    """The people that one look finds in ``rgb`` (H, W, 3) uint8, each once, at most ``most``."""
    return list(distinct(landmarker.predict(rgb, most, tiles=tiles)))


def proposals(landmarker: Landmarker, rgb: np.ndarray, poses: Sequence[Pose]) -> list[Proposal]:
    """``poses``, looked at in four ways (``teacher.VIEWS``): the points are the mean, the confidence is how far the views agree.

    A point counts as seen from a mean visibility of :data:`~posetune.runtime.pose.MIN_VISIBILITY` on.
    """
    made = []
    for pose in poses:
        crop = crop_from_labels(pose.landmarks_px, np.ones(COUNT, bool)) or pose.crop
        views = views_of(landmarker, rgb, crop, VIEWS)
        points = np.array([view.landmarks_px[:, :2] for view in views], np.float64)
        middle = points.mean(axis=0)
        spread = np.linalg.norm(points - middle, axis=-1).mean(axis=0) * SIZE / crop.side
        seen = np.mean([view.visibility for view in views], axis=0) >= MIN_VISIBILITY
        score = float(min(view.score for view in views))
        one = proposal(middle, seen, np.clip(1.5 - spread / _SPREAD, 0, 1), score, (rgb.shape[1], rgb.shape[0]))
        made += [] if one is None else [one]
    return made
