"""Pictures that EXIF turns: were they labelled as they are stored, or as they are shown?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posetune.data.checks.finding import Finding
from posetune.data.people import ImageRecord, Person
from posetune.data.picture_sizes import picture_size, to_shown
from posetune.landmarks import LEFT_HIP

#: A labelled point so far outside, in longer sides of the picture, does not lie in it.
_SLACK = 0.02


def labelled_as_stored(image: ImageRecord, row: Mapping[str, Any], points: np.ndarray) -> list[Finding]:
    """A label file that gives the size of the picture as it is stored, which EXIF turns: in which of both its points lie.

    ``row``: the image's entry in the label file; ``points``: (N, 2) its labelled points as the file has them.
    """
    size = picture_size(image.path)
    told = (row.get("width"), row.get("height"))
    if size is None or size.orientation == 1 or told != size.stored or size.stored == (size.width, size.height):
        return []
    stored, shown = _outside(points, *size.stored), _outside(points, size.width, size.height)
    fits = "as it is stored" if stored < shown else "as it is shown" if shown < stored else "either way"
    text = (
        f"{image.path.name} is turned by EXIF (orientation {size.orientation}), and the label file has its size as it is stored, "
        f"{told[0]} × {told[1]}: of {len(points)} points {len(points) - stored} lie in the picture as it is stored, "
        f"{len(points) - shown} as it is shown: they fit it {fits}"
    )
    return [Finding("exif", text, 0.6, image=image)]


def turned_labels(image: ImageRecord, people: Sequence[Person]) -> list[Finding]:
    """A picture that EXIF turns, whose labels fit better without the turn: as they stand, px of the picture as it is shown."""
    size = picture_size(image.path)
    if size is None or size.orientation == 1:
        return []
    points = np.concatenate([p.keypoints[p.labelled, :2] for p in people] or [np.zeros((0, 2))])
    if not len(points):
        return []
    matrix = to_shown(size.orientation, *size.stored)
    turned = points @ matrix[:, :2].T + matrix[:, 2]
    as_is, unturned = _outside(points, size.width, size.height), _outside(turned, size.width, size.height)
    upright = sum(upright_in(p.skeleton.to_body(p.keypoints), np.eye(2)) for p in people) / len(people)
    upright_turned = sum(upright_in(p.skeleton.to_body(p.keypoints), matrix[:, :2]) for p in people) / len(people)
    told = f"{image.path.name} is turned by EXIF (orientation {size.orientation})"
    if as_is > unturned + 0.1 * len(points):
        return [
            Finding(
                "exif",
                f"{told}: {as_is} of {len(points)} points lie outside the picture as it is shown, {unturned} with the labels "
                "turned as well: they were made on the picture as it is stored",
                image=image,
            )
        ]
    if unturned <= as_is and upright < -0.5 < 0.5 < upright_turned:
        return [
            Finding(
                "exif",
                f"{told}: as it is shown its people stand on their heads, with the labels turned as well upright: were they "
                "made on the picture as it is stored?",
                confidence=0.6,
                image=image,
            )
        ]
    return []


def upright_in(body: np.ndarray, linear: np.ndarray) -> float:
    """How upright somebody stands, −1…1: the cosine between down and the way from what is above the hips to the hips and below.
    0 where the labels do not tell. ``body``: (33, 3); ``linear``: (2, 2) turns the points first.
    """
    labelled, lower = body[:, 2] > 0, np.arange(len(body)) >= LEFT_HIP
    if not (labelled & lower).any() or not (labelled & ~lower).any():
        return 0.0
    way = linear @ (body[labelled & lower, :2].mean(axis=0) - body[labelled & ~lower, :2].mean(axis=0))
    return float(way[1] / max(np.hypot(*way), 1e-9))


def _outside(points: np.ndarray, width: int, height: int) -> int:
    slack = _SLACK * max(width, height)
    return int(((points < -slack) | (points > [width + slack, height + slack])).any(axis=1).sum())
