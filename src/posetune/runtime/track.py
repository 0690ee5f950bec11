"""People followed through a video: MediaPipe's VIDEO mode for one person, and stable ids for several.

The crop of a frame comes from the two auxiliary points of the frame before
(mediapipe/tasks/cc/vision/pose_landmarker/pose_landmarker_graph.cc); the detector looks only where somebody is missing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE, Detection
from posetune.runtime.images import as_rgb
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.rect import Rect, rect_from_circle
from posetune.runtime.savgol import SavitzkyGolay
from posetune.runtime.smooth import MEDIAPIPE, STEADY, PoseSmoother, Smoothing
from posetune.runtime.video import Frame, VideoReader

DEFAULT_FPS = 30.0
#: While fewer people are followed than may be, the detector looks for others this often, seconds.
LOOK_EVERY = 0.25
#: Somebody who comes back within this time, seconds, and near the place, keeps the id.
MEMORY = 2.0
# Distances between hip centres, in sides of the larger crop (about 2.4 m): two people shoulder to shoulder are 0.2 apart.
_SAME_PERSON = 0.3  # a detection of somebody who is followed already
_DUPLICATE = 0.1  # a second detection of the same person
_COME_BACK = 0.4
#: Two poses whose points lie closer than this in the mean, in sides of the crop, are one person seen twice.
_SAME_POSE = 0.05


#: Smoothing by name. "offline" is done after tracking (posetune.runtime.savgol).
SMOOTHINGS: dict[str, Smoothing | None] = {"mediapipe": MEDIAPIPE, "steady": STEADY, "offline": None, "none": None}


class FindsPoses(Protocol):
    """What following people asks of a landmarker; ``Landmarker`` documents the three."""

    def detect(self, rgb: np.ndarray) -> list[Detection]: ...

    def predict_crop(self, rgb: np.ndarray, crop: Crop, detection_score: float = 1.0) -> Pose: ...

    def is_person(self, pose: Pose) -> bool: ...


@dataclass(eq=False)
class _Person:
    id: int
    crop: Rect
    detection_score: float
    smoother: PoseSmoother | None
    seen: float  # seconds
    landmarks_px: np.ndarray | None = None  # unsmoothed


_Seen = tuple[_Person, Pose, Rect]  # with the crop for the next frame


class Tracker:
    """Follows people from frame to frame. Not safe to call from several threads at once."""

    def __init__(
        self,
        landmarker: FindsPoses,
        max_people: int = DEFAULT_MAX_PEOPLE,
        smoothing: Smoothing | None = MEDIAPIPE,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """``smoothing``: None for the network's own points. ``look_every``: seconds, see LOOK_EVERY."""
        if max_people < 1:
            raise PosetuneError(f"max_people must be at least 1, not {max_people}.")
        self._landmarker = landmarker
        self._max_people = max_people
        self._smoothing = smoothing
        self._look_every = look_every
        self._people: list[_Person] = []
        self._lost: list[_Person] = []
        self._next_id = 1
        self._looked = self._now = -math.inf
        self._somebody_lost = False

    def __call__(self, rgb: np.ndarray, seconds: float) -> list[Pose]:
        """The people in the next frame, ``rgb`` (H, W, 3) uint8, which is shown at ``seconds``.

        Raises PosetuneError where the time does not go forward.
        """
        if not seconds > self._now:
            raise PosetuneError(
                f"A frame at {seconds:g} s cannot follow one at {self._now:g} s: hand in the frames in the order of "
                "their times, or begin a new Tracker for another video."
            )
        self._now = seconds
        if self._must_look():
            self._admit(self._landmarker.detect(rgb))
        found = []
        for person in list(self._people):
            pose = self._landmarker.predict_crop(rgb, person.crop, person.detection_score)
            crop = next_crop(pose)
            if crop is None or not self._landmarker.is_person(pose):
                self._lose(person)
            else:
                found.append((person, pose, crop))
        for person, _, _ in _seen_twice(found):
            self._lose(person)
        return [self._follow(*one) for one in found if one[0] in self._people]

    def _must_look(self) -> bool:
        if len(self._people) >= self._max_people:
            return False
        return not self._people or self._somebody_lost or self._now - self._looked >= self._look_every

    def _admit(self, detections: list[Detection]) -> None:
        """Begin to follow those of ``detections`` who are not followed yet, best first."""
        self._looked, self._somebody_lost = self._now, False
        self._lost = [person for person in self._lost if self._now - person.seen <= MEMORY]
        followed = list(self._people)
        for detection, crop in _newcomers(detections, followed)[: self._max_people - len(followed)]:
            person = self._back_again(crop)
            if person is None:
                smoother = None if self._smoothing is None else PoseSmoother(self._smoothing)
                person = _Person(0, crop, detection.score, smoother, self._now)
            person.crop, person.detection_score = crop, detection.score
            self._people.append(person)

    def _back_again(self, crop: Crop) -> _Person | None:
        """Who of the lost people stands at ``crop``; no longer lost then."""
        near = [(_apart(crop, person.crop), i) for i, person in enumerate(self._lost)]
        if not near or min(near)[0] > _COME_BACK:
            return None
        return self._lost.pop(min(near)[1])

    def _lose(self, person: _Person) -> None:
        self._people.remove(person)
        self._somebody_lost = True
        if person.smoother:
            person.smoother.lost()
        if person.id:  # was a person in at least one frame
            self._lost.append(person)

    def _follow(self, person: _Person, pose: Pose, crop: Rect) -> Pose:
        if not person.id:
            person.id, self._next_id = self._next_id, self._next_id + 1
        person.crop, person.seen, person.landmarks_px = crop, self._now, pose.landmarks_px
        pose = replace(pose, id=person.id)
        return person.smoother(pose, self._now, crop.object_scale) if person.smoother else pose


def track(
    landmarker: FindsPoses,
    frames: str | Path | Iterable[object],
    max_people: int = DEFAULT_MAX_PEOPLE,
    fps: float | None = None,
    smooth: str | Smoothing | None = "mediapipe",
) -> Iterator[Tracked]:
    """See Landmarker.track."""
    tracker = Tracker(landmarker, max_people, smoothing_of(smooth))
    tracked = (
        Tracked(tracker(frame.rgb, frame.seconds), frame.rgb, frame.seconds, index)
        for index, frame in enumerate(frames_of(frames, fps))
    )
    return SavitzkyGolay()(tracked) if smooth == "offline" else tracked


def smoothing_of(smooth: str | Smoothing | None) -> Smoothing | None:
    """What a name of SMOOTHINGS stands for; None for none while tracking. Raises PosetuneError for other names."""
    if not isinstance(smooth, str):
        return smooth
    if smooth not in SMOOTHINGS:
        raise PosetuneError(f"There is no smoothing named {smooth!r}: choose {', '.join(SMOOTHINGS)}.")
    return SMOOTHINGS[smooth]


def next_crop(pose: Pose) -> Rect | None:
    """The crop in which MediaPipe looks for this person in the next frame; None if the circle has no radius."""
    if not isinstance(pose.crop, Rect):
        raise PosetuneError("This pose was not found in a whole image: it says nothing about a next frame.")
    return rect_from_circle(pose.auxiliary_px[0], pose.auxiliary_px[1], pose.crop.image_size)


def frames_of(frames: str | Path | Iterable[object], fps: float | None = None) -> Iterator[Frame]:
    """Frames with times from a video file, from pairs of (rgb, seconds), or from images at ``fps`` a second (30).

    Raises PosetuneError for anything else.
    """
    if isinstance(frames, (str, Path)):
        frames = VideoReader(frames)
    if isinstance(frames, VideoReader):
        if fps is not None:
            raise PosetuneError("A video file says itself when a frame is shown: leave out fps.")
        yield from frames.frames()
        return
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise PosetuneError(f"fps must be above 0, not {fps}.")
    if isinstance(frames, np.ndarray) and frames.ndim < 4:
        raise PosetuneError("track() takes many frames, not one image: hand in a list, a generator or a video file.")
    if not isinstance(frames, Iterable):
        raise PosetuneError(
            f"track() takes a video file, images, or pairs of (image, seconds), not {type(frames).__name__}."
        )
    for index, item in enumerate(frames):
        if isinstance(item, tuple) and len(item) == 2:
            yield Frame(as_rgb(item[0]), float(item[1]))
        else:
            yield Frame(as_rgb(item), index / (fps or DEFAULT_FPS))


def _apart(a: Crop, b: Crop) -> float:
    """The distance between two crops' centres, in sides of the larger one."""
    return math.hypot(a.cx - b.cx, a.cy - b.cy) / max(a.side, b.side)


def _newcomers(detections: list[Detection], followed: list[_Person]) -> list[tuple[Detection, Rect]]:
    """The detections that are not of people who are followed: everybody takes the nearest detection first."""
    candidates = [(d, d.crop) for d in detections]
    left = [(d, crop) for d, crop in candidates if crop is not None]
    pairs = sorted(
        (_apart(crop, person.crop), i, j)
        for i, (_, crop) in enumerate(left)
        for j, person in enumerate(followed)
    )  # fmt: skip
    taken: set[int] = set()
    served: set[int] = set()
    for apart, i, j in pairs:
        if apart <= _DUPLICATE or (apart <= _SAME_PERSON and i not in taken and j not in served):
            taken.add(i)
            served.add(j)
    return [one for i, one in enumerate(left) if i not in taken]


def _seen_twice(found: list[_Seen]) -> list[_Seen]:
    """Of every two who have become one, the one that has moved more to get there; newcomers first."""

    def moved(one: _Seen) -> float:
        person, pose, _ = one
        return math.inf if person.landmarks_px is None else _mean_distance(person.landmarks_px, pose.landmarks_px)

    out: list[_Seen] = []
    for a, b in itertools.combinations(found, 2):
        if a in out or b in out:
            continue
        if _mean_distance(a[1].landmarks_px, b[1].landmarks_px) < _SAME_POSE * max(a[2].side, b[2].side):
            out.append(a if moved(a) > moved(b) else b)
    return out


def _mean_distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean())
