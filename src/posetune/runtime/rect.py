"""The crops of MediaPipe bit for bit: its rectangles in its 32 bit arithmetic.

A video is a feedback loop: every crop follows from the answer to the one before, and a difference of 1e-4 px grows to
about 1 px within ten frames (docs/lab/results/agreement.md). So crops around people who were found are
cut, and their points are put back, exactly as MediaPipe does it: AlignmentPointsRectsCalculator,
RectTransformationCalculator, ImageToTensorCalculator (OpenCV converter) and LandmarkProjectionCalculator of mediapipe/calculators.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from posetune.geometry import CROP_SCALE, SIZE, Crop
from posetune.opencv import cv2

F = np.float32
_ZERO = F(0)


@dataclass(frozen=True)
class Rect(Crop):
    """A Crop that was found in an image of ``image_size`` (width, height) px.

    ``centre``, ``extent``: (2,) float32, of the image's width and height; ``turn``: float32, the ``angle``.
    Made by :func:`rect_from_circle`.
    """

    image_size: tuple[int, int] = (0, 0)
    centre: tuple[np.float32, np.float32] = (_ZERO, _ZERO)
    extent: tuple[np.float32, np.float32] = (_ZERO, _ZERO)
    turn: np.float32 = _ZERO

    def cut(self, image: np.ndarray, size: int = SIZE, outside: str = "replicate") -> np.ndarray:
        """See Crop.cut."""
        if self.mirror or image.shape[1::-1] != self.image_size:
            return super().cut(image, size, outside)
        (x, y), (w, h) = (
            [float(part * F(whole)) for part, whole in zip(pair, self.image_size, strict=True)]
            for pair in (self.centre, self.extent)
        )
        degrees = float(F(float(self.turn * F(180)) / math.pi))
        corners = cv2.boxPoints(((x, y), (w, h), degrees))
        target = np.array([[0, size], [0, 0], [size, 0], [size, size]], np.float32)
        matrix = cv2.getPerspectiveTransform(corners, target)
        border = {"replicate": cv2.BORDER_REPLICATE, "black": cv2.BORDER_CONSTANT}[outside]
        return cv2.warpPerspective(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)

    def to_image(self, points_crop: np.ndarray, size: int = SIZE) -> np.ndarray:
        """See Crop.to_image; computed in float32."""
        if self.mirror:
            return super().to_image(points_crop, size)
        points = np.asarray(points_crop, F) / F(size)
        # Their sine and cosine are rounded from more than 32 bits; NumPy's own of 32 bits are off by a bit or two.
        c, s = F(math.cos(self.turn)), F(math.sin(self.turn))
        u, v = points[..., 0] - F(0.5), points[..., 1] - F(0.5)
        moved = np.array(points, copy=True)
        moved[..., 0] = ((c * u - s * v) * self.extent[0] + self.centre[0]) * F(self.image_size[0])
        moved[..., 1] = ((s * u + c * v) * self.extent[1] + self.centre[1]) * F(self.image_size[1])
        if points.shape[-1] > 2:
            moved[..., 2] = points[..., 2] * self.extent[0] * F(self.image_size[0])
        return moved

    @property
    def object_scale(self) -> float:
        """The mean of width and height, px, as MediaPipe's filters are told."""
        w, h = (part * F(whole) for part, whole in zip(self.extent, self.image_size, strict=True))
        return float((w + h) / F(2))


def rect_from_circle(center_px: np.ndarray, on_circle_px: np.ndarray, image_size: tuple[int, int]) -> Rect | None:
    """geometry.crop_from_circle in MediaPipe's arithmetic; None if the circle has no radius.

    ``center_px``, ``on_circle_px``: (≥2,) image px; ``image_size``: width, height.
    """
    center, on_circle = np.asarray(center_px, F)[:2], np.asarray(on_circle_px, F)[:2]
    if not (np.isfinite(center).all() and np.isfinite(on_circle).all()) or (center == on_circle).all():
        return None
    whole = np.array(image_size, F)
    dx, dy = on_circle - center
    diameter = F(np.sqrt(dx * dx + dy * dy) * F(2))
    turn = F(math.pi / 2) - F(math.atan2(-dy, dx))
    turn = F(float(turn) - 2 * math.pi * math.floor((float(turn) + math.pi) / (2 * math.pi)))
    longer = np.max(diameter / whole * whole)
    extent = longer / whole * F(CROP_SCALE)
    middle = center / whole
    side = float(extent[0] * whole[0])
    cx, cy = (float(part) for part in middle * whole)
    return Rect(
        cx, cy, side, float(turn),
        image_size=image_size, centre=(middle[0], middle[1]), extent=(extent[0], extent[1]), turn=turn,
    )  # fmt: skip
