"""A whole image in, people out: detector → crop → landmarks → refined and projected, as MediaPipe's
PoseLandmarker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn, Self, cast

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import AUX_CENTER, AUX_CIRCLE, COUNT
from posetune.runtime.corrector import Corrector
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE, MIN_DETECTION_CONFIDENCE, Detection, Detector
from posetune.runtime.images import as_rgb
from posetune.runtime.landmark_network import LandmarkNetwork, refine_unit, sigmoid
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.smooth import Smoothing
from posetune.runtime.track import track

#: MediaPipe Tasks' default.
MIN_PRESENCE_CONFIDENCE = 0.5


class _Closed:
    """Stands where a network was."""

    def __getattr__(self, name: str) -> NoReturn:
        raise PosetuneError("This landmarker is closed: make another with posetune.load.")

    def __call__(self, *asked: object) -> NoReturn:
        self.__getattr__("")


class Landmarker:
    """A detector and a landmark network. Make one with :func:`posetune.load`.

    Threads may share it: the answers are right, and they wait for one another, so it is no faster for them than for one
    (``posetune.LandmarkerPool`` is). ``with posetune.load() as landmarker`` frees the networks' memory at the end, as
    :meth:`close` does; without either it goes with the object.
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
        crowd: bool = False,
    ) -> None:
        """``landmarks``, ``detector``: the bytes of ``.tflite`` files. The confidences are MediaPipe Tasks'
        ``min_pose_detection_confidence`` and ``min_pose_presence_confidence``. ``corrector``: moves every pose.
        ``segmentation``: give every pose a mask; the landmark network then takes a third to three quarters longer.
        ``backend``: what runs the networks, one of ``backends.base.BACKENDS``. ``crowd``: tell people apart whose chests are
        close, whom MediaPipe takes for one.
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
        self.detector = Detector(detector, threads, backend, crowd)
        self._min_detection = min_detection_confidence
        self._min_presence = min_presence_confidence

    def close(self) -> None:
        """Free the networks. Whatever is asked of the landmarker afterwards raises PosetuneError."""
        self.network = cast(LandmarkNetwork, _Closed())
        self.detector = cast(Detector, _Closed())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

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
        return self.poses_of(rgb, self.detect(rgb)[:max_people])

    def poses_of(self, rgb: np.ndarray, detections: Iterable[Detection]) -> list[Pose]:
        """The poses of those ``detections`` in ``rgb`` (H, W, 3) uint8 that the landmark network takes for people."""
        poses = []
        for detection in detections:
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


def turned(world: np.ndarray, angle: float) -> np.ndarray:
    """Turn (n, 3) metres from the crop's axes to the image's, about z (WorldLandmarkProjectionCalculator)."""
    c, s = np.cos(angle), np.sin(angle)
    turned = world.copy()
    turned[:, 0] = c * world[:, 0] - s * world[:, 1]
    turned[:, 1] = s * world[:, 0] + c * world[:, 1]
    return turned
