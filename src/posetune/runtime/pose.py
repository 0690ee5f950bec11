"""What the runtime finds: one person, and the people of one frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from posetune.geometry import Crop
from posetune.skeleton import BLAZEPOSE, Skeleton


@dataclass(frozen=True, eq=False)
class Pose:
    """One person.

    ``landmarks_px``: (33, 3) float32, x and y in image px; z in image px as well, towards the camera
        negative, the hips' middle near 0: MediaPipe's normalised z times the image's width.
    ``visibility``, ``presence``: (33,) float32, 0…1: seen at all, and inside the image.
    ``world``: (33, 3) float32 metres, hip-centred, x right, y down, z away from the camera.
    ``score``: the landmark network's word on whether this is a person, 0…1.
    ``auxiliary_px``: (2, 3) float32 image px: the hip centre and the point on the circle that steer the
    next crop.
    ``crop``: the window of the image that was looked at.
    ``detection_score``: the detector's word, 0…1; 1 where the crop was given.
    ``skeleton``: which points these are: MediaPipe's 33, or the K of a network with points of its own (then z,
    presence and world are NaN for points that are none of the 33).
    ``mask``: (size, size) float32, 0…1, the person in the crop's frame, where segmentation was asked for; None
    otherwise. ``runtime.mask.on_image`` lays it onto the image.
    ``id``: who it is, from 1, where a video is tracked; None otherwise.
    """

    landmarks_px: np.ndarray
    visibility: np.ndarray
    presence: np.ndarray
    world: np.ndarray
    score: float
    auxiliary_px: np.ndarray
    crop: Crop
    detection_score: float = 1.0
    skeleton: Skeleton = BLAZEPOSE
    mask: np.ndarray | None = None
    id: int | None = None


class Tracked(list[Pose]):
    """The people of one frame, longest followed first: a list of Pose, each with its ``id``, and the frame itself.

    ``rgb``: (H, W, 3) uint8; ``seconds``: when it is shown; ``frame``: its number, from 0.
    """

    def __init__(self, poses: Iterable[Pose], rgb: np.ndarray, seconds: float, frame: int) -> None:
        super().__init__(poses)
        self.rgb, self.seconds, self.frame = rgb, seconds, frame
