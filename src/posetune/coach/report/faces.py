"""Faces made unrecognisable, of everybody who was found: reports are about movements, not about who moves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from posetune.landmarks import INDEX, REGIONS
from posetune.opencv import cv2
from posetune.runtime.pose import Pose

#: Times that differ by no more are of one picture.
SAME_S = 0.002
#: Somebody who is not found in a picture has the face where it was found in the nearest one, so long before or after.
_AROUND_S = 1.0
#: What is left of a face: so many cells a side.
_CELLS = 4
_FACE = [i for i in REGIONS["face"]]


@dataclass(frozen=True)
class Face:
    """A circle, image px."""

    x: float
    y: float
    radius: float


def face_of(pose: Pose) -> Face | None:
    """Where ``pose`` has its face, hidden or not; None for points that are none of MediaPipe's 33, or lie nowhere."""
    if pose.skeleton.count != len(INDEX):
        return None
    points = pose.landmarks_px[:, :2]
    face = points[_FACE]
    face = face[np.isfinite(face).all(axis=1)]
    if not len(face):
        return None
    middle = face.mean(axis=0)
    far = float(np.linalg.norm(face - middle, axis=1).max())
    trunk = [points[INDEX[n]] for n in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
    torso = float(np.linalg.norm((trunk[0] + trunk[1] - trunk[2] - trunk[3]) / 2))
    # A head is about 0.4 of a trunk high; seen from the side the points reach from nose to ear alone.
    radius = max(1.6 * far, 0.22 * torso if np.isfinite(torso) else 0.0, 4.0)
    return Face(float(middle[0]), float(middle[1]), radius)


def faces_at(frames: Sequence[tuple[float, Sequence[Pose]]], time_s: float) -> list[Face]:
    """The faces in the picture at ``time_s``; of people who are missing there, where they were last or are next.

    ``frames``: (seconds, people with ids), in the order of time.
    """
    found: list[Face] = []
    there: set[int | None] = set()

    def look(people: Sequence[Pose]) -> None:
        new = [pose for pose in people if pose.id not in there]
        found.extend(face for pose in new if (face := face_of(pose)))
        there.update(pose.id for pose in new)

    n = bisect_left(frames, time_s - SAME_S, key=lambda frame: frame[0])
    if n < len(frames) and abs(frames[n][0] - time_s) <= SAME_S:
        look(frames[n][1])
    for way in (range(n - 1, -1, -1), range(n, len(frames))):
        for k in takewhile(lambda k: abs(frames[k][0] - time_s) <= _AROUND_S, way):
            look(frames[k][1])
    return found


def blur(canvas: np.ndarray, faces: Sequence[Face]) -> None:
    """Leave of ``faces`` a few cells, in place. ``canvas``: (H, W, 3) uint8 RGB."""
    height, width = canvas.shape[:2]
    for face in faces:
        r = face.radius
        left, top = max(0, round(face.x - r)), max(0, round(face.y - r))
        right, bottom = min(width, round(face.x + r) + 1), min(height, round(face.y + r) + 1)
        if right - left < 2 or bottom - top < 2:
            continue
        part = canvas[top:bottom, left:right]
        cells = cv2.resize(part, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        coarse = cv2.resize(cells, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
        y, x = np.ogrid[top:bottom, left:right]
        inside = (x - face.x) ** 2 + (y - face.y) ** 2 <= r * r
        part[inside] = coarse[inside]
