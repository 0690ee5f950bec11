"""Where in the image a person is, pixel by pixel: the landmark network's segmentation, laid back onto the image."""

from __future__ import annotations

import numpy as np

from posetune.errors import PosetuneError
from posetune.opencv import cv2
from posetune.runtime.pose import Pose

_COLOUR = np.array((90, 200, 120), np.float32)
_OPACITY = 0.45


def on_image(pose: Pose, height: int, width: int) -> np.ndarray:
    """(height, width) float32, 0…1: how sure the network is that a pixel of the image shows the person.

    0 outside the crop that was looked at. As MediaPipe's ``segmentation_masks``: the crop's mask, resampled bilinearly.

    Raises PosetuneError if the landmarker was not asked for masks.
    """
    if pose.mask is None:
        raise PosetuneError("This pose has no mask: load the network with segmentation=True.")
    matrix = pose.crop.crop_from_image_matrix(pose.mask.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(pose.mask, matrix, (width, height), flags=flags)


def tint(canvas: np.ndarray, pose: Pose) -> None:
    """Colour the person on ``canvas`` (H, W, 3) uint8 RGB, in place; nothing happens to a pose without a mask."""
    if pose.mask is None:
        return
    weight = _OPACITY * on_image(pose, *canvas.shape[:2])[:, :, None]
    canvas[:] = np.rint(canvas * (1 - weight) + _COLOUR * weight)
