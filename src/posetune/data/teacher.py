"""Pseudo-labels: what a teacher network says of somebody seen several ways, as far as the views agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from posetune.data.people import ImageRecord
from posetune.geometry import SIZE, Crop
from posetune.landmarks import COUNT, FLIP
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose


class View(NamedTuple):
    """One way to look at a crop. ``turn`` in degrees; ``scale``: side relative to the crop's; ``right``, ``down``: how far the
    centre moves along the crop's axes, in shares of its side.
    """

    turn: float = 0.0
    scale: float = 1.0
    mirrored: bool = False
    right: float = 0.0
    down: float = 0.0

    def of(self, crop: Crop) -> Crop:
        cx, cy = crop.to_image(np.array([[0.5 + self.right, 0.5 + self.down]]) * SIZE)[0]
        mirrored = crop.mirror != self.mirrored
        return Crop(float(cx), float(cy), crop.side * self.scale, crop.angle + np.radians(self.turn), mirrored)


#: The ways the teacher looks at a crop: turned, larger and smaller, moved as a detector moves it, and in a mirror.
VIEWS = (
    View(),
    View(mirrored=True),
    View(turn=12, scale=1.1, right=0.03, down=-0.03),
    View(turn=-12, scale=0.95, mirrored=True, right=-0.03, down=0.03),
)
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
        seen = views_of(teacher, image, crop)
        points.append([p.landmarks_px[:, :2] for p in seen])
        visibility.append([p.visibility for p in seen])
        score.append(min(p.score for p in seen))
        if progress is not None:
            progress(done)
    views = np.array(points, np.float64).reshape(-1, len(VIEWS), COUNT, 2)
    middle = views.mean(1)
    px = np.array([SIZE / crop.side for _, crop in crops])[:, None]
    spread = np.linalg.norm(views - middle[:, None], axis=-1).mean(1) * px
    seen_enough = np.array(visibility, np.float64).reshape(-1, len(VIEWS), COUNT).mean(1) >= _VISIBILITY
    trust = np.clip(1.5 - spread / _SPREAD, 0, 1) * seen_enough
    return PseudoLabels(middle, trust.astype(np.float32), np.array(score), spread)


def views_of(teacher: Landmarker, image: np.ndarray, crop: Crop, views: Sequence[View] = VIEWS) -> list[Pose]:
    """What ``teacher`` says of one crop in each of ``views``, undone: points in image px, sides as they are."""
    return [_look(teacher, image, crop, view) for view in views]


def _look(teacher: Landmarker, image: np.ndarray, crop: Crop, view: View) -> Pose:
    pose = teacher.predict_crop(image, view.of(crop))
    if not view.mirrored:
        return pose
    return replace(
        pose, landmarks_px=pose.landmarks_px[FLIP], visibility=pose.visibility[FLIP], presence=pose.presence[FLIP]
    )
