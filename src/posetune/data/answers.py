"""What networks answer on labelled people, by the crop protocol: each on the crop that the person's labels
imply.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.landmarks import COUNT
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose
from posetune.skeleton import BLAZEPOSE, Skeleton


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's poses for N people, NaN throughout where it has none. 33 points, or the K of the people's own set,
    NaN where the network has no such point.

    ``points_px``: (N, 33, 3) image px; ``world``: (N, 33, 3) hip-centred metres, image axes;
    ``visibility``: (N, 33) 0…1; ``score``: (N,) presence 0…1.
    """

    points_px: np.ndarray
    world: np.ndarray
    visibility: np.ndarray
    score: np.ndarray

    @classmethod
    def empty(cls, count: int, points: int = COUNT) -> Answers:
        """No answer for ``count`` people, to be filled in."""
        return cls(
            np.full((count, points, 3), np.nan),
            np.full((count, points, 3), np.nan),
            np.full((count, points), np.nan),
            np.full(count, np.nan),
        )

    @property
    def found(self) -> np.ndarray:
        """(N,) bool: who has an answer."""
        return np.isfinite(self.score)

    @property
    def given(self) -> np.ndarray:
        """(K,) bool: the points that the network has at all; all of them where nobody was found."""
        if not self.found.any():
            return np.ones(self.points_px.shape[1], bool)
        return np.isfinite(self.points_px[self.found, :, 0]).any(axis=0)

    def put(self, row: int, pose: Pose, skeleton: Skeleton) -> None:
        """Take ``pose`` as the answer for a person whose points are those of ``skeleton``."""
        self.points_px[row] = skeleton.taken_from(pose.skeleton, pose.landmarks_px)
        self.world[row] = skeleton.taken_from(pose.skeleton, pose.world)
        self.visibility[row] = skeleton.taken_from(pose.skeleton, pose.visibility)
        self.score[row] = pose.score


def by_image(people: Sequence[Person]) -> Iterator[tuple[ImageRecord, list[int]]]:
    """The images of ``people``, each once, with the positions in ``people`` of those who are in it."""
    order = sorted(range(len(people)), key=lambda i: (str(people[i].image.path), i))
    for _, members in groupby(order, key=lambda i: str(people[i].image.path)):
        indices = list(members)
        yield people[indices[0]].image, indices


def crop_answers(
    networks: Mapping[str, Landmarker],
    people: Sequence[Person],
    *,
    mirrored: bool = False,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Answers]:
    """Run every network on every person's label crop; each image is read once.

    ``mirrored``: show the crop mirrored and undo that in the answer (sides swapped back): what a network
    says of a mirrored person ought to be the same, so the difference tells how sure it is. World landmarks
    stay NaN then. ``progress`` is called with the number of people done after each image.

    Raises PosetuneError if an image is missing or damaged, or a person has no crop.
    """
    skeleton = people[0].skeleton if people else BLAZEPOSE
    answers = {name: Answers.empty(len(people), skeleton.count) for name in networks}
    done = 0
    for image, indices in by_image(people):
        rgb = image.read()
        for i in indices:
            crop = people[i].crop
            if crop is None:
                raise PosetuneError(f"The labels of person {people[i].id} imply no crop: label a hip and a shoulder.")
            crop = dataclasses.replace(crop, mirror=mirrored)
            for name, network in networks.items():
                pose = network.predict_crop(rgb, crop)
                into = answers[name]
                into.put(i, pose, skeleton)
                if mirrored:
                    into.points_px[i] = into.points_px[i, skeleton.flip]
                    into.visibility[i] = into.visibility[i, skeleton.flip]
                    into.world[i] = np.nan
        done += len(indices)
        if progress is not None:
            progress(done)
    return answers
