"""Pseudo-labels: what a teacher network says of somebody seen several ways, as far as the views agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.landmarks import COUNT, FLIP
from posetune.runtime.pipeline import Landmarker, Pose

#: The ways the teacher looks at a crop: (turn in degrees, side relative to the crop's, mirrored).
VIEWS = ((0.0, 1.0, False), (0.0, 1.0, True), (12.0, 1.1, False), (-12.0, 0.95, True))
#: Trust falls from 1 at half this disagreement to 0 at one and a half of it (mean distance of the views from their middle,
#: px of a 256 px crop).
_SPREAD = 6.0
#: A point that the teacher takes for visible with less than this is left out: it is a guess about something hidden.
_VISIBILITY = 0.3
#: How far the mean trust of a person's points or the teacher's score may fall before the person is left out altogether.
PERSON_TRUST, PERSON_SCORE = 0.35, 0.8


@dataclass(frozen=True, eq=False)
class PseudoLabels:
    """A teacher's answers on N crops.

    ``points_px``: (N, 33, 2) image px, the mean over the views. ``trust``: (N, 33) 0…1, from how far the views agree.
    ``score``: (N,) the least presence over the views. ``spread``: (N, 33) the disagreement in px of a 256 px crop.
    """

    points_px: np.ndarray
    trust: np.ndarray
    score: np.ndarray
    spread: np.ndarray

    @property
    def believable(self) -> np.ndarray:
        """(N,) bool: whom to learn from. Crops without a person, and most posters, make the views disagree."""
        return (self.score >= PERSON_SCORE) & (self.trust.mean(1) >= PERSON_TRUST)


def pseudo_labels(
    teacher: Landmarker,
    crops: Sequence[tuple[ImageRecord, Crop]],
    read: Callable[[ImageRecord], np.ndarray],
    progress: Callable[[int], None] | None = None,
) -> PseudoLabels:
    """Ask ``teacher`` about each crop in all :data:`VIEWS`.

    ``read``: gives an image as (H, W, 3) uint8 RGB. ``progress`` is called with the crops done.
    """
    points, visibility, score = [], [], []
    for done, (record, crop) in enumerate(crops, 1):
        image = read(record)
        seen = [_look(teacher, image, crop, *view) for view in VIEWS]
        points.append([p.landmarks_px[:, :2] for p in seen])
        visibility.append([p.visibility for p in seen])
        score.append(min(p.score for p in seen))
        if progress is not None:
            progress(done)
    views = np.array(points, np.float64).reshape(-1, len(VIEWS), COUNT, 2)
    middle = views.mean(1)
    px = np.array([256 / crop.side for _, crop in crops])[:, None]
    spread = np.linalg.norm(views - middle[:, None], axis=-1).mean(1) * px
    seen_enough = np.array(visibility, np.float64).reshape(-1, len(VIEWS), COUNT).mean(1) >= _VISIBILITY
    trust = np.clip(1.5 - spread / _SPREAD, 0, 1) * seen_enough
    return PseudoLabels(middle, trust.astype(np.float32), np.array(score), spread)


def _look(teacher: Landmarker, image: np.ndarray, crop: Crop, turn: float, scale: float, mirrored: bool) -> Pose:
    view = Crop(crop.cx, crop.cy, crop.side * scale, crop.angle + np.radians(turn), mirrored)
    pose = teacher.predict_crop(image, view)
    if not mirrored:
        return pose
    return replace(
        pose, landmarks_px=pose.landmarks_px[FLIP], visibility=pose.visibility[FLIP], presence=pose.presence[FLIP]
    )
