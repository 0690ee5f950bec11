"""What the detector learns from: whole pictures, each with everybody in it who is known."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from posetune.data.found import region_of
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.geometry import CROP_SCALE, Crop
from posetune.landmarks import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER

#: What is taught where nobody is labelled. "base": what the base detector says there; "nobody": that nobody is there, for rendered
#: pictures, whose labels are complete; "ignore": nothing, unless the base is sure that there is no one.
Others = Literal["base", "nobody", "ignore"]
#: Values of a person: hip x, y, shoulder x, y, circle x, y.
_HIP, _SHOULDER, _CIRCLE = slice(0, 2), slice(2, 4), slice(4, 6)


@dataclass(frozen=True, eq=False)
class Circles:
    """N people as the detector sees them, in px of the picture they are in.

    ``hip``, ``shoulder``: (N, 2), the middles; ``circle``: (N, 2), the point on the person's circle that lies in the direction of
    the person's up.
    """

    hip: np.ndarray
    shoulder: np.ndarray
    circle: np.ndarray

    def __len__(self) -> int:
        return len(self.hip)

    @property
    def radius(self) -> np.ndarray:
        """(N,) px."""
        return np.linalg.norm(self.circle - self.hip, axis=1)

    def seen_in(self, window: Crop, size: float, offset: tuple[float, float] = (0.0, 0.0)) -> Circles:
        """The same people in px of ``window``, ``size`` px wide, that is put down at ``offset``."""
        return Circles(*(window.to_crop(p, size) + np.array(offset) for p in (self.hip, self.shoulder, self.circle)))  # type: ignore[arg-type]

    def where(self, keep: np.ndarray) -> Circles:
        return Circles(self.hip[keep], self.shoulder[keep], self.circle[keep])

    @classmethod
    def none(cls) -> Circles:
        return cls(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)))

    @classmethod
    def joined(cls, parts: Sequence[Circles]) -> Circles:
        if not parts:
            return cls.none()
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in dataclasses.fields(cls)))


def circle_of(person: Person) -> np.ndarray | None:
    """(6,) hip, shoulder and circle x, y of a labelled person, image px; None where the labels do not tell.

    The circle is that of the crop protocol (``geometry.crop_from_labels``), which is the stock detector's in the median.
    """
    crop = person.crop
    if crop is None:
        return None
    points = person.skeleton.to_body(person.keypoints)
    hips = [i for i in (LEFT_HIP, RIGHT_HIP) if points[i, 2] > 0]
    shoulders = [i for i in (LEFT_SHOULDER, RIGHT_SHOULDER) if points[i, 2] > 0]
    if not hips or not shoulders:
        return None
    up = np.array([np.sin(crop.angle), -np.cos(crop.angle)]) * crop.side / (2 * CROP_SCALE)
    hip = points[hips, :2].mean(axis=0)
    return np.concatenate([hip, points[shoulders, :2].mean(axis=0), hip + up])


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture to learn from. ``people``: whom its labels show; ``ignored``: (K, 4) x0, y0, x1, y1 image px, where somebody is who
    can be neither taught nor denied; ``others``: what is taught elsewhere.
    """

    image: ImageRecord
    people: Circles
    ignored: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))
    others: Others = "base"


def scenes_of(dataset: Dataset, others: Others = "base") -> list[Scene]:
    """The pictures of a labelled set. People who are marked to be ignored, or whose labels lack hips or shoulders, become regions
    that teach nothing.
    """
    of_image: dict[int, list[Person]] = defaultdict(list)
    for person in dataset.people:
        of_image[id(person.image)].append(person)
    return [_scene(image, of_image[id(image)], others) for image in dataset.images]


def _scene(image: ImageRecord, people: Iterable[Person], others: Others) -> Scene:
    circles, ignored = [], []
    for person in people:
        circle = None if person.ignore else circle_of(person)
        if circle is not None:
            circles.append(circle)
        else:
            region = region_of(person)
            ignored += [] if region is None else [region]
    rows = np.array(circles).reshape(-1, 6)
    return Scene(
        image,
        Circles(rows[:, _HIP], rows[:, _SHOULDER], rows[:, _CIRCLE]),
        np.array(ignored, float).reshape(-1, 4),
        others,
    )
