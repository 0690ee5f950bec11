"""Faces made unrecognisable, before an image is written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.geometry import torso_px
from posetune.landmarks import COUNT, REGIONS
from posetune.opencv import cv2
from posetune.runtime.detector import Detection

#: A face is a circle around the face's points, so much wider than the farthest, and at least so many torsos wide.
_MARGIN, _LEAST = 1.8, 0.25
#: So many cells remain across a face: nobody is recognised by them.
_CELLS = 4


def blurred(
    rgb: np.ndarray, people_px: Sequence[np.ndarray], detections: Sequence[Detection]
) -> tuple[np.ndarray, int]:
    """``(picture, count)``: ``rgb`` (H, W, 3) uint8 with the faces of people blurred, and how many.

    ``people_px``: (33, 2) image px each, NaN where not known. ``detections``: whom the detector saw, sure or not: of them the
    circle around the head is blurred, too.
    """
    circles = [circle for points in people_px if (circle := _of_points(points)) is not None]
    for detection in detections:
        head = _of_detection(detection)
        if head is not None and not any(np.hypot(head[0] - x, head[1] - y) < max(r, head[2]) for x, y, r in circles):
            circles.append(head)
    picture = rgb.copy()
    count = sum(_blur(picture, circle) for circle in circles)
    return picture, count


def _of_points(points_px: np.ndarray) -> tuple[float, float, float] | None:
    face = points_px[list(REGIONS["face"])]
    face = face[np.isfinite(face).all(axis=1)]
    if not len(face):
        return None
    middle = face.mean(axis=0)
    known = np.isfinite(points_px).all(axis=1)
    torso = torso_px(points_px, known) if len(points_px) == COUNT else np.nan
    radius = max(_MARGIN * float(np.linalg.norm(face - middle, axis=1).max()), _LEAST * np.nan_to_num(torso))
    return float(middle[0]), float(middle[1]), radius


def _of_detection(detection: Detection) -> tuple[float, float, float] | None:
    """Around the face, which lies a third of the way from the shoulders' middle to the point above the head."""
    shoulders, top = detection.points_px[2], detection.points_px[3]
    length = float(np.linalg.norm(top - shoulders))
    if not length > 0:
        return None
    x, y = shoulders + 0.35 * (top - shoulders)
    return float(x), float(y), 0.4 * length


def _blur(picture: np.ndarray, circle: tuple[float, float, float]) -> bool:
    x, y, radius = circle
    height, width = picture.shape[:2]
    left, top = max(0, int(x - radius)), max(0, int(y - radius))
    right, bottom = min(width, int(np.ceil(x + radius)) + 1), min(height, int(np.ceil(y + radius)) + 1)
    if right - left < 2 or bottom - top < 2:
        return False
    part = picture[top:bottom, left:right]
    cells = cv2.resize(part, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(cells, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    rows, columns = np.ogrid[top:bottom, left:right]
    inside = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    part[inside] = coarse[inside]
    return True
