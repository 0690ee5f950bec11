"""A whole image in, people out: detector → crop → landmarks → refined and projected, as MediaPipe's
PoseLandmarker.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self, cast

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import AUX_CENTER, AUX_CIRCLE, COUNT
from posetune.runtime.boxes import Box, boxes_of
from posetune.runtime.corrector import Corrector
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE, MIN_DETECTION_CONFIDENCE, Detection, Detector
from posetune.runtime.distinct import distinct
from posetune.runtime.images import as_rgb
from posetune.runtime.landmark_network import LandmarkNetwork, refine_unit, sigmoid
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.search import find_everyone
from posetune.runtime.smooth import Smoothing
from posetune.runtime.tiles import Tiles
from posetune.runtime.track import next_crop, track
from posetune.runtime.video_looks import VideoLooks
from posetune.runtime.zones import Zones

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
        self.min_detection_confidence = min_detection_confidence
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

    def predict(
        self,
        image: np.ndarray,
        max_people: int = DEFAULT_MAX_PEOPLE,
        *,
        tiles: str | int | Tiles | None = "off",
        zones: str | Path | Zones | None = None,
        boxes: Any = None,
    ) -> list[Pose]:
        """The people in ``image``, best detection first.

        ``image``: RGB (H, W, 3), grayscale (H, W) or RGBA (H, W, 4), uint8, of any size. Of the
        ``max_people`` best detections those stay that the landmark network takes for people (MediaPipe's
        order of doing it).

        ``tiles``: where else than at the whole picture the detector looks: "auto" at a few tiles that promise somebody, a number at
        all half-overlapping tiles of which so many lie along the long side, "off" nowhere, as MediaPipe; with tiles, up to
        ``max_people`` poses come back, each person once. ``zones``: where people are looked for and where not
        (:class:`~posetune.runtime.zones.Zones` or their file). ``boxes``: rows of x, y, width, height and perhaps score, image px,
        of people whom somebody else found: then the detector is not asked.

        Raises PosetuneError for anything else than such an image, tiles, zones or boxes.
        """
        if max_people < 1:
            raise PosetuneError(f"max_people must be at least 1, not {max_people}.")
        rgb = as_rgb(image)
        looked_at, zones = Tiles.of(tiles), Zones.of(zones)
        if boxes is not None:
            if looked_at is not None:
                raise PosetuneError("With boxes nobody is searched for: leave out tiles.")
            found = distinct(self._within(rgb, self.poses_in(rgb, boxes_of(boxes)), zones))
            return list(itertools.islice(found, max_people))
        detections = self.detect(rgb, looked_at, zones)
        if looked_at is None:
            return self.poses_of(rgb, detections[:max_people])
        return self.distinct_poses(rgb, detections, max_people)

    def distinct_poses(self, rgb: np.ndarray, detections: Iterable[Detection], most: int) -> list[Pose]:
        """As :meth:`poses_of`, each person once, until there are ``most``."""
        found = (pose for detection in detections for pose in self.poses_of(rgb, [detection]))
        return list(itertools.islice(distinct(found), most))

    def poses_in(self, rgb: np.ndarray, boxes: Sequence[Box]) -> Iterator[Pose]:
        """The poses of those ``boxes`` in ``rgb`` (H, W, 3) uint8 that the landmark network takes for people, best box first.

        A box says neither where the hips are nor where up is, so that each is looked at twice, the second time in the crop that the
        first answer asks for.
        """
        for box in boxes:
            crop = box.crop((rgb.shape[1], rgb.shape[0]))
            first = None if crop is None else self.predict_crop(rgb, crop, box.score)
            again = None if first is None else next_crop(first)
            pose = first if again is None else self.predict_crop(rgb, again, box.score)
            if pose is not None and self.is_person(pose):
                yield pose

    @staticmethod
    def _within(rgb: np.ndarray, poses: Iterable[Pose], zones: Zones | None) -> Iterator[Pose]:
        for pose in poses:
            if zones is None or zones.holds(pose.auxiliary_px[:1, :2], (rgb.shape[1], rgb.shape[0]))[0]:
                yield pose

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
        tiles: str | int | Tiles | None = "off",
        zones: str | Path | Zones | None = None,
    ) -> Iterator[Tracked]:
        """The people in every frame of a video, each with an ``id`` that stays.

        ``frames``: a video file, pairs (image, seconds), or images, shown ``fps`` a second (30 unless told).
        Yields a list of Pose a frame, longest followed first, which also has ``rgb``, ``seconds`` and ``frame``.
        With ``max_people=1`` these are the poses of MediaPipe's VIDEO mode.
        ``smooth``: "mediapipe", "steady" (half the jitter in depth), "offline" (Savitzky–Golay without lag; frames
        come a quarter of a second late), "none" or None, or a posetune.runtime.smooth.Smoothing.
        ``tiles``, ``zones``: as for :meth:`predict`; tiles are looked at now and then, and where somebody was lost
        (:mod:`posetune.runtime.video_looks`).

        Raises PosetuneError for what is no video or image, and for times that do not go forward.
        """
        looks = VideoLooks(self, max_people, Tiles.of(tiles), Zones.of(zones))
        return track(looks, frames, max_people, fps, smooth)

    def detect(
        self, rgb: np.ndarray, tiles: Tiles | None = None, zones: Zones | None = None, min_score: float | None = None
    ) -> list[Detection]:
        """The detector's people in ``rgb`` (H, W, 3) uint8, best first; ``min_score``: another confidence than the landmarker's."""
        least = self.min_detection_confidence if min_score is None else min_score
        size = (rgb.shape[1], rgb.shape[0])
        if tiles is not None:
            return find_everyone(self.detector, rgb, least, tiles, zones)
        found = self.detector(rgb, least)
        if zones is None or not found:
            return found
        return list(itertools.compress(found, zones.holds(np.array([d.points_px[0] for d in found]), size)))

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
