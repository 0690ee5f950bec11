"""What a writer of labels is told and gives back, and what all writers say alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from posetune.data.losses import Losses
from posetune.data.origin import Origin
from posetune.data.people import Dataset, ImageRecord, Person


@dataclass(frozen=True)
class Part:
    """One split on its way out. ``names``: id(image) → its name below the image folder, with slashes, as the new labels are to
    have it.
    """

    split: str
    dataset: Dataset
    names: Mapping[int, str]


def unique_names(sets: Sequence[Dataset], with_suffix: bool = True) -> list[dict[int, str]]:
    """For each set, id(image) → a name below one image folder for all: no two images have the same, in capitals or not,
    accents composed or not. ``with_suffix``: "a.jpg" and "a.png" are two names (CVAT and YOLO go by what stands before).
    """
    taken: dict[str, Path] = {}
    found: list[dict[int, str]] = []
    for dataset in sets:
        names = {}
        for image in dataset.images:
            wanted = _below(image, dataset.root)
            name, number = wanted, 1
            while taken.setdefault(_key(name, with_suffix), image.path) != image.path:
                number += 1
                path = PurePosixPath(wanted)
                name = path.with_name(f"{path.stem}-{number}{path.suffix}").as_posix()
            names[id(image)] = name
        found.append(names)
    return found


def _below(image: ImageRecord, root: Path) -> str:
    """The image's name below its set's folder, composed, without "images" and whatever climbs out."""
    path = image.path
    for base in (root / "images", root):
        if path.is_relative_to(base):
            inside = [part for part in path.relative_to(base).parts if part not in ("..", ".", "images")]
            if inside:
                return unicodedata.normalize("NFC", "/".join(inside))
    return unicodedata.normalize("NFC", path.name)


def _key(name: str, with_suffix: bool) -> str:
    path = PurePosixPath(name)
    return (path if with_suffix else path.with_suffix("")).as_posix().casefold()


def box_around(points: np.ndarray, margin: float) -> np.ndarray:
    """(4,) x, y, width, height: the hull of (n, 2) points, grown by ``margin`` of its longer side on every side."""
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    grown = max(margin * float(size.max()), 1.0)
    return np.concatenate([low - grown, size + 2 * grown])


@dataclass
class Told:
    """Losses of a writer, with what of a person several formats have no place for."""

    losses: Losses = field(default_factory=Losses)

    def person(self, person: Person, *, kept: Sequence[str] = ()) -> None:
        """Count what of ``person`` is not in ``kept``: outside, area, 3d, origin, other, ignore, box."""
        origin = person.origin
        there = {
            "outside": (person.outside is not None, "have points marked as outside, whose places are not kept"),
            "area": (
                person.area is not None and person.bbox_from is None,
                "have an area, which this format has no place for",
            ),
            "3d": (person.keypoints_3d is not None, "have points in space, which this format has no place for"),
            "origin": (origin != Origin(status=origin.status, other=origin.other), "lose where their labels come from"),
            "status": (origin.status is not None, "lose the status of their review"),
            "other": (bool(origin.other), "have other entries in the label file, which are not kept"),
            "ignore": (person.ignore, "are to be ignored, which this format cannot say"),
            "box": (person.bbox is not None, "have a box, which this format has no place for"),
        }
        for key, (has, what) in there.items():
            if has and key not in kept:
                self.losses.add("people", what)
