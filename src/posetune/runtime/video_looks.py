"""What the detector looks at in a video besides the whole frame: tiles now and then, and where somebody was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from posetune.geometry import Crop
from posetune.runtime.detector import Detection
from posetune.runtime.search import find_everyone
from posetune.runtime.tiles import Tiles
from posetune.runtime.zones import Zones

if TYPE_CHECKING:
    from posetune.runtime.detector import Detector
    from posetune.runtime.pose import Pose

#: Tiles are looked at in the first look of a video, then in every so-many-th; while they find nobody whom the whole frame does not
#: show, half as often each time, down to the last number. (The tracker looks every 0.25 s while somebody is followed.)
EVERY, SELDOM = 4, 32
#: Where somebody was lost there is a closer look in so many of the next looks, at so many places at once.
_LOOKS_AFTER, _PLACES = 8, 2
#: How wide that look is, in sides of the crop in which the person was last.
_WIDER = 2.0
#: Detections as near to a place as this, in sides of the crop, are the person who was lost there.
_THERE = 0.4


class FindsPeople(Protocol):
    """What the looks ask of a landmarker; ``Landmarker`` documents them."""

    detector: Detector

    @property
    def min_detection_confidence(self) -> float: ...

    def detect(self, rgb: np.ndarray, tiles: Tiles | None = None, zones: Zones | None = None) -> list[Detection]: ...

    def predict_crop(self, rgb: np.ndarray, crop: Crop, detection_score: float = 1.0) -> Pose: ...

    def is_person(self, pose: Pose) -> bool: ...


@dataclass
class _Lost:
    crop: Crop
    looks: int = _LOOKS_AFTER


class VideoLooks:
    """A landmarker as the tracker asks it (``track.FindsPoses``), for one video."""

    def __init__(self, landmarker: FindsPeople, max_people: int, tiles: Tiles | None, zones: Zones | None) -> None:
        self._landmarker, self._max_people, self._tiles, self._zones = landmarker, max_people, tiles, zones
        self._looks, self._next, self._every = 0, 0, EVERY
        self._lost: list[_Lost] = []

    def predict_crop(self, rgb: np.ndarray, crop: Crop, detection_score: float = 1.0) -> Pose:
        return self._landmarker.predict_crop(rgb, crop, detection_score)

    def is_person(self, pose: Pose) -> bool:
        """Whether ``pose`` is a person's, and where people are looked for."""
        size = getattr(pose.crop, "image_size", None)
        if self._zones is not None and size is not None and not self._zones.holds(pose.auxiliary_px[:1, :2], size)[0]:
            return False
        person = self._landmarker.is_person(pose)
        if not person and self._tiles is not None:
            self._lost.append(_Lost(pose.crop))
        return person

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """The people in the next frame that is looked at, best first."""
        found = self._landmarker.detect(rgb, None, self._zones)
        if self._tiles is None or len(found) >= self._max_people:
            return found
        if self._looks >= self._next:
            searched = self._landmarker.detect(rgb, self._tiles, self._zones)
            self._every = EVERY if len(searched) > len(found) else min(2 * self._every, SELDOM)
            self._next = self._looks + self._every
            found = searched
        elif places := list(self._places(found)):
            found = find_everyone(
                self._landmarker.detector, rgb, self._landmarker.min_detection_confidence, places, self._zones
            )
        self._looks += 1
        return found

    def _places(self, found: list[Detection]) -> Iterator[Crop]:
        """Closer looks at where somebody was lost who is not ``found``; those lost last come first."""
        left: list[_Lost] = []
        for lost in reversed(self._lost):
            crop = lost.crop
            back = any(np.hypot(*(d.points_px[0] - (crop.cx, crop.cy))) < _THERE * crop.side for d in found)
            lost.looks -= 1
            if not back and lost.looks >= 0 and len(left) < _PLACES:
                left.append(lost)
                yield Crop(crop.cx, crop.cy, _WIDER * crop.side)
        self._lost = left[::-1]
