"""A whole image in, people out: detector → crop → landmarks → refined and projected, as MediaPipe's
PoseLandmarker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.graph.points import has_own_points
from posetune.landmarks import AUX_CENTER, AUX_CIRCLE, COUNT
from posetune.runtime.detector import Detection, Detector
from posetune.runtime.images import as_rgb
from posetune.runtime.landmarker import LandmarkNetwork, refine_unit, sigmoid
from posetune.skeleton import BLAZEPOSE, Skeleton

if TYPE_CHECKING:
    from posetune.runtime.corrector import Corrector
    from posetune.runtime.smooth import Smoothing
    from posetune.runtime.track import Tracked
    from posetune.stock import Networks

#: How many people predict() looks for unless told. MediaPipe's own default is 1.
DEFAULT_MAX_PEOPLE = 5
#: MediaPipe Tasks' defaults.
MIN_DETECTION_CONFIDENCE = 0.5
MIN_PRESENCE_CONFIDENCE = 0.5


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


class Landmarker:
    """A detector and a landmark network. Make one with :func:`load`. Not safe to call from several threads
    at once.
    """

    def __init__(
        self,
        landmarks: bytes,
        detector: bytes,
        *,
        name: str = "",
        threads: int | None = None,
        min_detection_confidence: float = MIN_DETECTION_CONFIDENCE,
        min_presence_confidence: float = MIN_PRESENCE_CONFIDENCE,
        corrector: Corrector | None = None,
        segmentation: bool = False,
        backend: str = "litert",
    ) -> None:
        """``landmarks``, ``detector``: the bytes of ``.tflite`` files. The confidences are MediaPipe Tasks'
        ``min_pose_detection_confidence`` and ``min_pose_presence_confidence``. ``corrector``: moves every pose.
        ``segmentation``: give every pose a mask; the landmark network then takes a third to three quarters longer.
        ``backend``: what runs the networks, one of ``backends.base.BACKENDS``.
        """
        for what, value in (
            ("min_detection_confidence", min_detection_confidence),
            ("min_presence_confidence", min_presence_confidence),
        ):
            if not 0 <= value <= 1:
                raise PosetuneError(f"{what} must lie between 0 and 1, not {value}.")
        self.name = name
        self._segmentation, self._backend = segmentation, backend
        self.network = self._load_network(landmarks, threads)
        self.corrector = corrector
        self.detector = Detector(detector, threads, backend)
        self._min_detection = min_detection_confidence
        self._min_presence = min_presence_confidence

    def _load_network(self, landmarks: bytes, threads: int | None) -> LandmarkNetwork:
        return LandmarkNetwork(landmarks, threads, self._segmentation, self._backend)

    def predict(self, image: np.ndarray, max_people: int = DEFAULT_MAX_PEOPLE) -> list[Pose]:
        """The people in ``image``, best detection first.

        ``image``: RGB (H, W, 3), grayscale (H, W) or RGBA (H, W, 4), uint8, of any size. Of the
        ``max_people`` best detections those stay that the landmark network takes for people (MediaPipe's
        order of doing it).

        Raises PosetuneError for anything else than such an image.
        """
        if max_people < 1:
            raise PosetuneError(f"max_people must be at least 1, not {max_people}.")
        rgb = as_rgb(image)
        poses = []
        for detection in self.detect(rgb)[:max_people]:
            crop = detection.crop
            pose = None if crop is None else self.predict_crop(rgb, crop, detection.score)
            if pose is not None and self.is_person(pose):
                poses.append(pose)
        return poses

    def track(
        self,
        frames: str | Path | Iterable[object],
        *,
        max_people: int = DEFAULT_MAX_PEOPLE,
        fps: float | None = None,
        smooth: str | Smoothing | None = "mediapipe",
    ) -> Iterator[Tracked]:
        """The people in every frame of a video, each with an ``id`` that stays.

        ``frames``: a video file, pairs (image, seconds), or images, shown ``fps`` a second (30 unless told).
        Yields a list of Pose a frame, longest followed first, which also has ``rgb``, ``seconds`` and ``frame``.
        With ``max_people=1`` these are the poses of MediaPipe's VIDEO mode.
        ``smooth``: "mediapipe", "steady" (half the jitter in depth), "offline" (Savitzky–Golay without lag; frames
        come a quarter of a second late), "none" or None, or a posetune.runtime.smooth.Smoothing.

        Raises PosetuneError for what is no video or image, and for times that do not go forward.
        """
        from posetune.runtime.track import track

        return track(self, frames, max_people, fps, smooth)

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """The detector's people in ``rgb`` (H, W, 3) uint8, best first."""
        return self.detector(rgb, self._min_detection)

    def is_person(self, pose: Pose) -> bool:
        """Whether the landmark network takes ``pose`` for a person's."""
        return pose.score > self._min_presence

    def predict_crop(self, rgb: np.ndarray, crop: Crop, detection_score: float = 1.0) -> Pose:
        """The pose in one crop of ``rgb`` (H, W, 3) uint8, however unlikely it is that the crop shows a
        person.
        """
        size = self.network.size
        output = self.network(crop.cut(rgb, size))
        points = refine_unit(output.points, output.heatmap, size)
        points_px = crop.to_image(points[:, :3].astype(np.float64), 1).astype(np.float32)
        pose = Pose(
            landmarks_px=points_px[:COUNT],
            visibility=sigmoid(points[:COUNT, 3]),
            presence=sigmoid(points[:COUNT, 4]),
            world=turned(output.world[:COUNT], crop.angle),
            score=output.presence,
            auxiliary_px=points_px[[AUX_CENTER, AUX_CIRCLE]],
            crop=crop,
            detection_score=detection_score,
            mask=None if output.segmentation is None else sigmoid(output.segmentation),
        )
        return pose if self.corrector is None else self.corrector.apply(pose)


def load(
    model: str | Path = "full",
    *,
    threads: int | None = None,
    min_detection_confidence: float = MIN_DETECTION_CONFIDENCE,
    min_presence_confidence: float = MIN_PRESENCE_CONFIDENCE,
    segmentation: bool = False,
    backend: str = "litert",
) -> Landmarker:
    """A landmarker for "lite", "full", "heavy", a run folder, a ``.tflite`` landmark network or a
    ``.task`` bundle.

    ``threads``: None for as many as there are processors (at most 4). ``segmentation``: give every pose a mask, for a
    third to three quarters more of the network's time. ``backend``: "litert", or "openvino" (an extra), which is faster on
    some processors and starts half a second later. Raises PosetuneError if there is no such network and it cannot be fetched,
    or it cannot run.
    """
    from posetune import stock

    return of_networks(
        stock.resolve(model),
        threads=threads,
        min_detection_confidence=min_detection_confidence,
        min_presence_confidence=min_presence_confidence,
        segmentation=segmentation,
        backend=backend,
    )


def of_networks(networks: Networks, *, name: str | None = None, **options: Any) -> Landmarker:
    """The landmarker that ``networks`` (of ``stock.resolve``) make up, with the corrector that stands behind them; for
    a network with points of its own, a ``runtime.custom.OwnLandmarker``.

    ``name``: another than theirs; ``options``: as for :class:`Landmarker`.
    """
    if has_own_points(networks.landmarks):
        from posetune.runtime.custom import OwnLandmarker

        return OwnLandmarker(networks.landmarks, networks.detector, name=name or networks.name, **options)
    corrector = None
    if networks.corrector is not None:
        from posetune.runtime.corrector import Corrector

        corrector = Corrector.from_bytes(networks.corrector, f"the corrector beside {networks.path}")
    name = networks.name if name is None else name
    return Landmarker(networks.landmarks, networks.detector, name=name, corrector=corrector, **options)


def turned(world: np.ndarray, angle: float) -> np.ndarray:
    """Turn (n, 3) metres from the crop's axes to the image's, about z (WorldLandmarkProjectionCalculator)."""
    c, s = np.cos(angle), np.sin(angle)
    turned = world.copy()
    turned[:, 0] = c * world[:, 0] - s * world[:, 1]
    turned[:, 1] = s * world[:, 0] + c * world[:, 1]
    return turned
