"""Crops: the square, rotated window of an image that a landmark network sees. One way, for training, inference, overlays.

Frames: *image px* (x right, y down, origin at the top-left corner), *crop px* (the same axes, 0..``size`` across the
crop). Coordinates follow MediaPipe: crop px (0, 0) is the crop's corner and maps to the same point that the resampling
samples for pixel (0, 0), without a half-pixel shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from posetune.landmarks import ANGLES, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER, Angle
from posetune.opencv import cv2

SIZE = 256  # the stock landmark networks' input
#: People whose torso is no longer than this (image px) are neither scored nor learned from: at that size labels are as wrong as
#: networks.
SMALLEST_TORSO = 10.0
#: How much larger a crop is than the circle around the person (MediaPipe's RectTransformation, both directions).
CROP_SCALE = 1.25
#: The circle of a labelled person is this much larger than the farthest labelled point (head top and finger tips
#: are rarely labelled). Part of the definition of the crop protocol.
LABEL_MARGIN = 1.1


@dataclass(frozen=True)
class Crop:
    """A square of ``side`` image px around ``(cx, cy)``, turned by ``angle``.

    ``angle`` in radians: 0 is upright; the crop's up direction points to (sin angle, -cos angle) in the image, so that a
    positive angle turns clockwise as seen on the screen. ``mirror`` flips the crop left-right (training only).
    """

    cx: float
    cy: float
    side: float
    angle: float = 0.0
    mirror: bool = False

    @cached_property
    def _axes(self) -> np.ndarray:
        """(2, 2): columns are the crop's x and y unit directions in image px."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        axes = np.array([[c, -s], [s, c]])
        if self.mirror:
            axes[:, 0] = -axes[:, 0]
        return axes

    def image_from_crop_matrix(self, size: int = SIZE) -> np.ndarray:
        """(2, 3) affine matrix that takes crop px to image px."""
        linear = self._axes * (self.side / size)
        offset = np.array([self.cx, self.cy]) - linear @ np.array([size / 2, size / 2])
        return np.column_stack([linear, offset])

    def crop_from_image_matrix(self, size: int = SIZE) -> np.ndarray:
        """(2, 3) affine matrix that takes image px to crop px."""
        linear = self._axes.T * (size / self.side)
        offset = np.array([size / 2, size / 2]) - linear @ np.array([self.cx, self.cy])
        return np.column_stack([linear, offset])

    def to_image(self, points_crop: np.ndarray, size: int = SIZE) -> np.ndarray:
        """(…, 2) crop px -> (…, 2) image px. A third column (z, in crop px) is scaled to image px."""
        return _apply(self.image_from_crop_matrix(size), points_crop, self.side / size)

    def to_crop(self, points_px: np.ndarray, size: int = SIZE) -> np.ndarray:
        """(…, 2) image px -> (…, 2) crop px. A third column (z, in image px) is scaled to crop px."""
        return _apply(self.crop_from_image_matrix(size), points_px, size / self.side)

    def cut(self, image: np.ndarray, size: int = SIZE, outside: str = "replicate") -> np.ndarray:
        """Resample ``image`` (H, W, 3) uint8 once, bilinearly, to (size, size, 3) uint8.

        ``outside`` the image: "replicate" repeats its edge pixels, which is what MediaPipe shows its landmark
        networks (black moves landmarks by 0.7 to 6 px in the mean, docs/lab/results/agreement.md); "black" is what it shows
        its detector. The arithmetic is MediaPipe's (ImageToTensorConverter: warpPerspective, INTER_LINEAR).
        """
        matrix = np.vstack([self.crop_from_image_matrix(size), [0.0, 0.0, 1.0]])
        border = {"replicate": cv2.BORDER_REPLICATE, "black": cv2.BORDER_CONSTANT}[outside]
        return cv2.warpPerspective(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)


def _apply(matrix: np.ndarray, points: np.ndarray, scale: float) -> np.ndarray:
    points = np.asarray(points)
    moved = points[..., :2] @ matrix[:, :2].T + matrix[:, 2]
    if points.shape[-1] > 2:
        moved = np.concatenate([moved, points[..., 2:3] * scale], axis=-1)
    return moved.astype(points.dtype if points.dtype.kind == "f" else np.float64)


def crop_from_circle(center: np.ndarray, on_circle: np.ndarray) -> Crop:
    """The crop that MediaPipe cuts around a person: ``center`` → ``on_circle`` points up and is the radius; image px.

    The same rule for the detector's keypoints 0 and 1 and for the auxiliary landmarks 33 and 34.
    """
    dx, dy = (np.asarray(on_circle, float) - np.asarray(center, float))[:2]
    side = 2 * CROP_SCALE * float(np.hypot(dx, dy))
    return Crop(float(center[0]), float(center[1]), side, float(np.arctan2(dx, -dy)))


def crop_from_labels(points_px: np.ndarray, labelled: np.ndarray) -> Crop | None:
    """The crop that a person's labels imply (the crop protocol).

    Centre: mid-hip. Side: 2 × 1.25 × 1.1 × the farthest labelled point from it. Up: mid-hip → mid-shoulder.

    ``points_px``: (33, ≥2) image px; ``labelled``: (33,) bool. None if a hip or shoulder pair is wholly unlabelled, or
    all labelled points coincide; with one of a pair labelled, that one stands for the middle.
    """
    hip = _middle(points_px, labelled, LEFT_HIP, RIGHT_HIP)
    shoulder = _middle(points_px, labelled, LEFT_SHOULDER, RIGHT_SHOULDER)
    if hip is None or shoulder is None:
        return None
    radius = float(np.linalg.norm(points_px[labelled, :2] - hip, axis=1).max())
    if not radius > 0:
        return None
    dx, dy = shoulder - hip
    return Crop(float(hip[0]), float(hip[1]), 2 * CROP_SCALE * LABEL_MARGIN * radius, float(np.arctan2(dx, -dy)))


def _middle(points_px: np.ndarray, labelled: np.ndarray, a: int, b: int) -> np.ndarray | None:
    known = [i for i in (a, b) if labelled[i]]
    return points_px[known, :2].mean(axis=0) if known else None


def torso_px(points_px: np.ndarray, labelled: np.ndarray) -> float:
    """Torso length: the mean of the labelled shoulder–opposite-hip diagonals, image px; NaN if neither is labelled."""
    diagonals = [
        float(np.linalg.norm(points_px[a, :2] - points_px[b, :2]))
        for a, b in ((LEFT_SHOULDER, RIGHT_HIP), (RIGHT_SHOULDER, LEFT_HIP))
        if labelled[a] and labelled[b]
    ]
    return float(np.mean(diagonals)) if diagonals else float("nan")


def side_torso_px(points_px: np.ndarray, labelled: np.ndarray) -> float:
    """Torso length of somebody labelled on one side, as seen in profile: the mean of the labelled distances from a shoulder to
    the hip of the same side, image px; NaN if there is none.
    """
    sides = [
        float(np.linalg.norm(points_px[a, :2] - points_px[b, :2]))
        for a, b in ((LEFT_SHOULDER, LEFT_HIP), (RIGHT_SHOULDER, RIGHT_HIP))
        if labelled[a] and labelled[b]
    ]
    return float(np.mean(sides)) if sides else float("nan")


def interior_angle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Interior angle at ``b`` of the path a-b-c, degrees in [0, 180], in the image plane. Points (…, 2); NaN for no length."""
    u, v = np.asarray(a)[..., :2] - np.asarray(b)[..., :2], np.asarray(c)[..., :2] - np.asarray(b)[..., :2]
    cross = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    dot = (u * v).sum(-1)
    angle = np.degrees(np.arctan2(np.abs(cross), dot))
    return np.where((np.abs(u).sum(-1) > 0) & (np.abs(v).sum(-1) > 0), angle, np.nan)


def joint_angles(points: np.ndarray, angles: Sequence[Angle] = ANGLES) -> np.ndarray:
    """(…, 33, ≥2) → (…, 8) interior angles in degrees, in the image plane, in the order of ``angles``."""
    if not angles:
        return np.zeros((*points.shape[:-2], 0))
    return np.stack([interior_angle(points[..., t.a, :], points[..., t.b, :], points[..., t.c, :]) for t in angles], -1)
