"""Every picture of a set read once: missing, damaged, of another size than labelled, turned by EXIF; and what it looks like, a
few grey cells, for the search for copies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from posetune.data.checks.exif import turned_labels
from posetune.data.checks.finding import Finding
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.opencv import cv2

#: Cells a side of what is kept of a picture.
CELLS = 16
#: Standard deviation of the brightness (0…255) over the cells from which on a picture looks like anything at all.
_LEAST_CONTRAST = 4.0


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
                findings += _size(image, rgb) or _changed(image)
                findings += turned_labels(image, people.get(id(image), ()))
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


def _changed(image: ImageRecord) -> list[Finding]:
    """Whether the file is another than the one that was labelled, where the label file says which that was."""
    if image.origin.sha256 is None or hashlib.sha256(image.path.read_bytes()).hexdigest() == image.origin.sha256:
        return []
    text = f"{image.path.name} is another file than when it was labelled: see whether its labels still fit"
    return [Finding("changed", text, image=image)]


def _size(image: ImageRecord, rgb: np.ndarray) -> list[Finding]:
    height, width = rgb.shape[:2]
    if (width, height) == (image.width, image.height):
        return []
    text = f"{image.path.name} is {width} × {height}, its labels say {image.width} × {image.height}"
    if (height, width) == (image.width, image.height):
        text += "; turned by its EXIF orientation, while the labels were made on the unturned image?"
    return [Finding("other_size", text, image=image)]
