"""People whose points are known among those of a set to be corrected: what becomes of them says whom to trust.

Nothing in the set tells them from the others: what is wrong with them is what is proposed.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.formats.coco_writer import annotation_row
from posetune.data.origin import PRELABEL
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import write_bytes, write_json
from posetune.label.labelled_set import SetFolder, names_in
from posetune.landmarks import COUNT

#: The sha256 of all pictures that were put into a set, in the folder of what was proposed.
_MIXED = "mixed.json"
_MARGIN = 0.08
#: What somebody's entry takes over from the one that it shall look like.
_ALIKE = ("origin", "status", "score", "predictions")


@dataclass(frozen=True, eq=False)
class Bait:
    """``content``: the picture's file, which ends in ``suffix``; ``width``, ``height``: upright, px. ``points``: (33, 3) x, y in
    image px, v: what is proposed, which is wrong.
    """

    content: bytes
    suffix: str
    width: int
    height: int
    points: np.ndarray


def waiting(folder: SetFolder) -> tuple[int, set[str]]:
    """How many images of a set nobody has looked at, and the sha256 of all its images."""
    content = folder.content()
    return len(_models(content)), {str(row["sha256"]) for row in content["images"] if row.get("sha256")}


def mixed(path: Path) -> set[str]:
    """The sha256 of the pictures that were put into the set ``path``."""
    try:
        return set(json.loads((SetFolder(path).prelabels / _MIXED).read_text()))
    except (OSError, ValueError, TypeError):
        return set()


def mix(folder: SetFolder, baits: Sequence[Bait], rng: np.random.Generator) -> None:
    """Put ``baits`` among the images that nobody has looked at, each made to look like one of them.

    To be called where nobody else changes the set (``folder.alone``). Raises PosetuneError where nobody waits in it.
    """
    content, proposed = folder.content(), folder.proposed()
    models = _models(content)
    if not models:
        raise PosetuneError(f"Nobody in {folder.path} waits to be looked at: mix before it is labelled.")
    write_json(
        folder.prelabels / _MIXED,
        sorted(mixed(folder.path) | {hashlib.sha256(bait.content).hexdigest() for bait in baits}),
    )
    for bait in baits:
        image, person = models[int(rng.integers(len(models)))]
        name = _name_like(str(image["file_name"]), bait.suffix, names_in(content) | names_in(proposed), rng)
        write_bytes(folder.images / name, bait.content)
        for file in (content, proposed):
            _put(file, _image_like(image, bait, name, rng), _person_like(person, bait, folder.images / name), rng)
    folder.write(content, proposed)


def _models(content: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The images that nobody has looked at, each with one of its people."""
    people = {row.get("image_id"): row for row in content["annotations"] if row.get("status") == PRELABEL}
    seen = {row.get("image_id") for row in content["annotations"] if row.get("status") != PRELABEL}
    return [
        (row, people[row["id"]])
        for row in content["images"]
        if row.get("status") == PRELABEL and not row.get("blind") and row["id"] in people and row["id"] not in seen
    ]


def _name_like(name: str, suffix: str, there: set[str], rng: np.random.Generator) -> str:
    """ "squat_000120.jpg" → "squat_000107.jpg", near it; a name without a number gets one."""
    stem = Path(name).stem
    number = re.search(r"\d+(?=\D*$)", stem)
    taken = {Path(one).stem for one in there}
    first, last, digits = (
        (stem, "", "") if number is None else (stem[: number.start()], stem[number.end() :], number[0])
    )
    span = 20
    while True:
        near = abs(int(digits or 0) + int(rng.integers(-span, span + 1)))
        other = f"{first}{'' if digits else '_'}{near:0{len(digits)}d}{last}"
        if other not in taken:
            return f"{other}{suffix}"
        span *= 2


def _image_like(model: dict[str, Any], bait: Bait, name: str, rng: np.random.Generator) -> dict[str, Any]:
    row = {
        **model, "file_name": name, "width": bait.width, "height": bait.height,
        "sha256": hashlib.sha256(bait.content).hexdigest(), "predicted": 1,
    }  # fmt: skip
    if isinstance(row.get("frame"), int):  # images are shown in this order
        row["frame"] = max(0, row["frame"] + int(rng.integers(-3, 4)))
    return row


def _person_like(model: dict[str, Any], bait: Bait, path: Path) -> dict[str, Any]:
    known = bait.points[:, 2] > 0
    low, high = bait.points[known, :2].min(axis=0), bait.points[known, :2].max(axis=0)
    low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    low, high = np.maximum(low, 0), np.minimum(high, (bait.width, bait.height))
    image = ImageRecord(0, path, bait.width, bait.height, "")
    row = annotation_row(Person(0, image, bait.points, bbox=np.concatenate([low, high - low])))
    row |= copy.deepcopy({key: model[key] for key in _ALIKE if key in model})
    origin = row.get("origin")
    if isinstance(origin, dict) and isinstance(origin.get("confidence"), list):
        sure = [value for value in origin["confidence"] if value is not None] or [1.0]
        origin["confidence"] = [sure[i % len(sure)] if known[i] else None for i in range(COUNT)]
    return row


def _put(content: dict[str, Any], image: dict[str, Any], person: dict[str, Any], rng: np.random.Generator) -> None:
    """Somewhere among the others."""
    ids = {key: 1 + max((int(row["id"]) for row in content[key]), default=0) for key in ("images", "annotations")}
    image = {**image, "id": ids["images"]}
    person = {**person, "id": ids["annotations"], "image_id": image["id"]}
    for key, row in (("images", image), ("annotations", person)):
        content[key].insert(int(rng.integers(len(content[key]) + 1)), row)
