"""What networks say of labelled people, each looked at in several ways; a second one is asked where the first doubts a label.

A network that is right says the same of a crop that is turned, moved or mirrored, and another network says it, too. What changes
with the look is no word against a label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import by_image
from posetune.data.people import Person
from posetune.data.teacher import VIEWS, views_of
from posetune.landmarks import COUNT
from posetune.runtime.landmarker import Landmarker


@dataclass(frozen=True, eq=False)
class Looks:
    """V looks at N people. ``points``: (V, N, 33, 2) image px; ``visibility``: (V, N, 33) 0…1. NaN where nobody was asked."""

    points: np.ndarray
    visibility: np.ndarray

    @property
    def plain_and_mirrored(self) -> np.ndarray:
        """(2, N, 33, 4) the first two looks: x, y in image px, z left out (NaN), visibility; as ``find_suspects`` wants them."""
        empty = np.full((*self.points.shape[1:3], 1), np.nan)
        return np.stack(
            [np.concatenate([self.points[k], empty, self.visibility[k][..., None]], axis=-1) for k in (0, 1)]
        )

    def of(self, person: int) -> tuple[np.ndarray, np.ndarray]:
        """``(points (v, 33, 2), visibility (v, 33))`` of the looks at one person that there are."""
        asked = np.isfinite(self.points[:, person, 0, 0])
        return self.points[asked, person], self.visibility[asked, person]

    def and_then(self, other: Looks) -> Looks:
        """These and those of another network on the same people."""
        both = zip((self.points, self.visibility), (other.points, other.visibility), strict=True)
        return Looks(*(np.concatenate(pair) for pair in both))


def look_at(
    landmarker: Landmarker,
    people: Sequence[Person],
    which: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Looks:
    """Ask ``landmarker`` about the label crops of ``people``, or of those in ``which`` only, in all of ``teacher.VIEWS``.

    ``progress`` is called with the people done. Raises PosetuneError if an image is missing or damaged.
    """
    points = np.full((len(VIEWS), len(people), COUNT, 2), np.nan)
    visibility = np.full((len(VIEWS), len(people), COUNT), np.nan)
    asked = list(range(len(people))) if which is None else list(which)
    done = 0
    for image, members in by_image([people[i] for i in asked]):
        rgb = image.read()
        for i in (asked[m] for m in members):
            crop = people[i].crop
            assert crop is not None, "a usable person has one"
            for view, pose in enumerate(views_of(landmarker, rgb, crop)):
                points[view, i], visibility[view, i] = pose.landmarks_px[:COUNT, :2], pose.visibility[:COUNT]
        done += len(members)
        if progress is not None:
            progress(done)
    return Looks(points, visibility)
