"""Skeletons on images: the person's left, right and middle in three colours, readable at any size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.opencv import cv2
from posetune.runtime.images import as_rgb
from posetune.runtime.mask import tint
from posetune.runtime.pose import MIN_VISIBILITY, Pose
from posetune.skeleton import BLAZEPOSE, Skeleton

Colour = tuple[int, int, int]

#: RGB by side of the person; told apart by colour-blind readers too (Okabe and Ito's orange and sky blue).
SIDE_COLOURS = {"left": (255, 150, 0), "right": (60, 185, 255), "middle": (255, 255, 255)}
_OUTLINE = (0, 0, 0)
_FACE_DOT = 0.5
_SHIFT = 4  # cv2 draws at 1/16 px


def draw_poses(image: np.ndarray, poses: Sequence[Pose] | Pose) -> np.ndarray:
    """A copy of ``image`` (H, W, 3) uint8 RGB with the masks, where there are any, and the skeletons of ``poses`` on it.

    Points less visible than MIN_VISIBILITY are drawn as rings, and the lines to them thin.
    """
    canvas = as_rgb(image).copy()
    poses = [poses] if isinstance(poses, Pose) else poses
    for pose in poses:
        tint(canvas, pose)
    for pose in poses:
        draw_skeleton(canvas, pose.landmarks_px, pose.visibility >= MIN_VISIBILITY, skeleton=pose.skeleton)
    for pose in poses:
        if pose.id is not None and len(poses) > 1:
            _number(canvas, pose)
    return canvas


def draw_skeleton(
    canvas: np.ndarray,
    points_px: np.ndarray,
    visible: np.ndarray | None = None,
    shown: np.ndarray | None = None,
    colours: dict[str, Colour] | None = None,
    skeleton: Skeleton = BLAZEPOSE,
) -> None:
    """Draw one skeleton onto ``canvas`` (H, W, 3) uint8 RGB, in place.

    ``points_px``: (33, ≥2) image px; ``visible``: (33,) bool, False for a ring and thin lines; ``shown``:
    (33,) bool, False for points that are not drawn (unlabelled ones); ``colours``: RGB for "left",
    "right", "middle". ``skeleton``: what the points are, if not MediaPipe's 33 (then K instead of 33).
    """
    colours = colours or SIDE_COLOURS
    visible = np.ones(skeleton.count, bool) if visible is None else visible
    # What lies far off the image would only overflow the line drawing's integers.
    near = (np.abs(points_px[:, :2]) < 10 * max(canvas.shape)).all(axis=1)  # False for NaN, too
    shown = near if shown is None else near & shown
    if not shown.any():
        return
    width = line_width(canvas, points_px[shown])
    edges = [(a, b) for a, b in skeleton.edges if shown[a] and shown[b]]
    for outline in (True, False):  # all outlines first: a limb must not cut the limb it crosses
        for a, b in edges:
            side = skeleton.side_of(a) if skeleton.side_of(a) == skeleton.side_of(b) else "middle"
            thin = not (visible[a] and visible[b]) or (a in skeleton.face)
            _line(canvas, points_px[a], points_px[b], colours[side], width / 2 if thin else width, outline)
    for outline in (True, False):
        for i in np.flatnonzero(shown).tolist():
            size = width * (_FACE_DOT if i in skeleton.face else 1)  # the face is small: keep it to be seen
            _dot(canvas, points_px[i], colours[skeleton.side_of(i)], size, bool(visible[i]), outline)


def line_width(canvas: np.ndarray, points_px: np.ndarray) -> float:
    """A line width in px that suits both the image and a person of the size of ``points_px`` (n, ≥2)."""
    image_side = max(canvas.shape[:2])
    person_side = float(np.ptp(points_px[:, :2], axis=0).max())
    return float(np.clip(person_side / 70, image_side / 500, image_side / 120).clip(min=1))


def _number(canvas: np.ndarray, pose: Pose) -> None:
    """The person's id above the highest point, or as near to it as the image allows."""
    points = pose.landmarks_px[np.isfinite(pose.landmarks_px[:, :2]).all(axis=1)]
    size = max(0.4, line_width(canvas, points) / 5)
    x, y = points[points[:, 1].argmin(), :2].clip(-1e6, 1e6)
    at = round(min(max(float(x), 0), canvas.shape[1] - 20 * size)), round(max(float(y) - 12 * size, 22 * size))
    for colour, width in ((_OUTLINE, 4), (SIDE_COLOURS["middle"], 1.5)):
        cv2.putText(
            canvas, str(pose.id), at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, max(1, round(width * size)), cv2.LINE_AA
        )


def _fixed(point: np.ndarray) -> tuple[int, int]:
    x, y = (round(float(v) * (1 << _SHIFT)) for v in point[:2])
    return x, y


def _line(canvas: np.ndarray, a: np.ndarray, b: np.ndarray, colour: Colour, width: float, outline: bool) -> None:
    thickness = max(1, round(width))
    if outline:
        thickness += 2 * max(1, round(width / 3))
    cv2.line(canvas, _fixed(a), _fixed(b), _OUTLINE if outline else colour, thickness, cv2.LINE_AA, shift=_SHIFT)


def _dot(canvas: np.ndarray, at: np.ndarray, colour: Colour, width: float, visible: bool, outline: bool) -> None:
    radius = max(1.2, width * 1.1) + (max(1.0, width / 3) if outline else 0)
    fixed = round(radius * (1 << _SHIFT))
    if outline or visible:
        cv2.circle(canvas, _fixed(at), fixed, _OUTLINE if outline else colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    else:
        cv2.circle(canvas, _fixed(at), fixed, colour, max(1, round(width / 3)), cv2.LINE_AA, _SHIFT)
