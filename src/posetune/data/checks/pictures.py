"""Every picture of a set read once: missing, damaged, of another size than labelled, turned by EXIF; and what it looks like, a
few grey cells, for the search for copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.checks.finding import Finding
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.picture_sizes import picture_size, to_shown
from posetune.errors import PosetuneError
from posetune.landmarks import LEFT_HIP
from posetune.opencv import cv2

#: Cells a side of what is kept of a picture.
CELLS = 16
#: Standard deviation of the brightness (0…255) over the cells from which on a picture looks like anything at all.
_LEAST_CONTRAST = 4.0
#: A labelled point so far outside, in longer sides of the picture, does not lie in it.
_SLACK = 0.02


@dataclass(frozen=True, eq=False)
class Pictures:
    """``findings``: what is wrong with the files. ``looks``: (N, CELLS²) float32, of each image of the set the brightness of its
    cells, of mean 0 and length 1; NaN where there is no picture, or one of a single brightness.
    """

    findings: list[Finding]
    looks: np.ndarray


def read_pictures(dataset: Dataset, progress: Callable[[int], None] | None = None) -> Pictures:
    """Read every image of ``dataset``. ``progress`` is called with the images done."""
    findings: list[Finding] = []
    looks = np.full((len(dataset.images), CELLS * CELLS), np.nan, np.float32)
    people = _people_of(dataset)
    for done, image in enumerate(dataset.images, 1):
        if not image.path.exists():
            findings.append(Finding("missing", f"{image.path.name} is missing", image=image))
        else:
            try:
                rgb = image.read()
            except PosetuneError as error:
                findings.append(Finding("unreadable", str(error).rstrip("."), image=image))
            else:
                looks[done - 1] = look_of(rgb)
                findings += _size(image, rgb)
                findings += _exif(image, people.get(id(image), ()))
        if progress is not None:
            progress(done)
    return Pictures(findings, looks)


def look_of(rgb: np.ndarray) -> np.ndarray:
    """(CELLS²,) float32 of mean 0 and length 1; NaN for a picture without contrast. ``rgb``: (H, W, 3) uint8."""
    grey = cv2.resize(rgb, (CELLS * 4, CELLS * 4), interpolation=cv2.INTER_AREA) @ np.array([0.299, 0.587, 0.114])
    cells = grey.reshape(CELLS, 4, CELLS, 4).mean(axis=(1, 3)).ravel()
    if cells.std() < _LEAST_CONTRAST:
        return np.full(CELLS * CELLS, np.nan, np.float32)
    cells -= cells.mean()
    return (cells / np.linalg.norm(cells)).astype(np.float32)


def _people_of(dataset: Dataset) -> dict[int, list[Person]]:
    people: dict[int, list[Person]] = {}
    for person in dataset.people:
        people.setdefault(id(person.image), []).append(person)
    return people


def _size(image: ImageRecord, rgb: np.ndarray) -> list[Finding]:
    height, width = rgb.shape[:2]
    if (width, height) == (image.width, image.height):
        return []
    text = f"{image.path.name} is {width} × {height}, its labels say {image.width} × {image.height}"
    if (height, width) == (image.width, image.height):
        text += "; turned by its EXIF orientation, while the labels were made on the unturned image?"
    return [Finding("other_size", text, image=image)]


def _exif(image: ImageRecord, people: Sequence[Person]) -> list[Finding]:
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
