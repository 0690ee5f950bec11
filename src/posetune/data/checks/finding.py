"""One thing that looks wrong in a labelled set: what, where, and how sure that is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.people import ImageRecord, Person

#: Kind → what all of a kind are called. The order is that of lists: what hinders first, what is a remark last.
KINDS: dict[str, str] = {
    "missing": "images that are missing",
    "unreadable": "images that cannot be read",
    "other_size": "images of another size than labelled",
    "changed": "images that changed after they were labelled",
    "exif": "images that EXIF turns",
    "contradiction": "labels that contradict the network",
    "order": "names in a doubtful order",
    "duplicate_image": "images that are there more than once",
    "near_duplicate": "images that look alike in more than one split",
    "shared_group": "groups in more than one split",
    "listed_twice": "images listed twice",
    "labelled_twice": "people labelled twice",
    "bones": "impossible skeletons",
    "outside": "points outside the picture",
    "off_box": "points outside their box",
    "swap_all": "left and right exchanged, whole body",
    "swap_arms": "left and right exchanged, arms",
    "swap_legs": "left and right exchanged, legs",
    "neighbour": "points on somebody else",
    "point": "points that lie elsewhere",
    "unlabelled_person": "people whom nobody labelled",
    "missing_point": "points left out inside the picture (v = 0)",
    "visibility": "visibility that says little",
    "hull_box": "boxes around the labelled points",
    "count": "num_keypoints that are wrong",
    "frozen": "labels that stand still",
    "interpolated": "labels that were interpolated",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Finding:
    """``kind``: one of :data:`KINDS`. ``message``: a sentence without a full stop that names image and person. ``confidence``: 0…1,
    how sure it is that the *label* (or the file) is wrong; 1 is a fact. ``split``: the name of the set's part.

    ``image``, ``person``: where; None for what concerns more than one. ``points``: positions in the person's skeleton. ``box``:
    (4,) x, y, width, height in image px, what to look at. ``beside``: another image to hold it against, or where
    ``image`` is None one to show. ``answer_px``: (33, 2)
    image px, what the network says of the person.
    """

    kind: str
    message: str
    confidence: float = 1.0
    split: str = ""
    image: ImageRecord | None = None
    person: Person | None = None
    points: tuple[int, ...] = ()
    box: np.ndarray | None = None
    beside: ImageRecord | None = None
    answer_px: np.ndarray | None = None

    def of_split(self, split: str) -> Finding:
        return dataclasses.replace(self, split=split)

    def to_json(self, root: Path) -> dict[str, Any]:
        """``root``: the folder that image names are told from."""
        names = self.person.skeleton.names if self.person is not None else ()
        return {
            "kind": self.kind,
            "split": self.split,
            "image": None if self.image is None else name_of(self.image, root),
            "person": None if self.person is None else self.person.id,
            "points": [names[i] for i in self.points],
            "confidence": round(self.confidence, 3),
            "message": self.message,
        }


def name_of(image: ImageRecord, root: Path) -> str:
    """The image's path within the set, with slashes."""
    path = image.path
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def who(person: Person) -> str:
    return f"{person.image.path.name}, person {person.id}"


def by_confidence(findings: Iterable[Finding]) -> list[Finding]:
    """The surest first; of one confidence in the order of :data:`KINDS`, else as they came."""
    rank = {kind: i for i, kind in enumerate(KINDS)}
    return sorted(findings, key=lambda f: (-round(f.confidence, 3), rank[f.kind]))
