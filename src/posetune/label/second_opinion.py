"""Labels of a second person, made without seeing the first one's, and how far the two agree.

They lie apart from the set's own (``annotations/reviewers/NAME.json``), where no training looks for them, and begin with what a
network proposed, as it was before anybody touched it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from posetune.data.origin import PRELABEL, REJECTED, VERIFIED, status_of
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.label.actions import Id, Seen
from posetune.label.history import Entry
from posetune.label.label_file import ANNOTATIONS, IMAGES, LabelFile
from posetune.label.people_rows import seen_of
from posetune.landmarks import COUNT

FOLDER = "reviewers"


def path_of(labels: Path, reviewer: str) -> Path:
    """Where ``reviewer`` keeps labels of their own beside ``labels``. Raises PosetuneError for a name that no file can have."""
    if not re.fullmatch(r"[\w][\w.-]{0,40}", reviewer):
        raise PosetuneError(
            f"--reviewer {reviewer!r}: with --blind a file is called so; take letters, digits, - and _."
        )
    ending = "" if labels.stem == "train" else f".{labels.stem}"
    return labels.parent / FOLDER / f"{reviewer}{ending}.json"


def others_of(labels: Path) -> list[Path]:
    """The labels that others made of the same set, apart from ``labels``."""
    folder = labels.parent / FOLDER
    found = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return [p for p in found if (labels.stem == "train") == ("." not in p.stem) or p.stem.endswith(f".{labels.stem}")]


def begin(labels: Path, entries: Iterator[Entry], proposed: Path, path: Path) -> None:
    """Write ``path``: the images of ``labels``, with what a network proposed of them: ``proposed`` where there is such a file, else
    the labels as they were before the first of ``entries`` that changed them.
    """
    own = LabelFile.read(labels)
    rows = LabelFile.read(proposed).rows[ANNOTATIONS] if proposed.is_file() else _untouched(own, entries)
    found = LabelFile(path, own.head, {IMAGES: {}, ANNOTATIONS: {}}, own.category)
    for key, raw in own.rows[IMAGES].items():
        if raw is not None:
            row = msgspec.json.decode(raw)
            if "status" in row:
                row["status"] = PRELABEL
            found.put(IMAGES, key, msgspec.json.encode(row))
    for key, raw in rows.items():
        if raw is not None and _is_prelabel(raw):
            found.put(ANNOTATIONS, key, raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    found.write()


def _untouched(own: LabelFile, entries: Iterator[Entry]) -> dict[Id, bytes | None]:
    first: dict[Id, bytes | None] = {}
    for entry in entries:
        for change in entry.changes:
            if change.table == ANNOTATIONS:
                first.setdefault(change.id, change.was)
    return {**own.rows[ANNOTATIONS], **first}


def _is_prelabel(raw: bytes) -> bool:
    row = msgspec.json.decode(raw)
    origin = row.get("origin")
    return (
        status_of(row.get("status")) or status_of(origin.get("status") if isinstance(origin, dict) else None)
    ) == PRELABEL


@dataclass
class Opinion:
    """Somebody else's labels of a set, read anew when their file has changed. ``reviewer``: whose."""

    path: Path
    reviewer: str
    _state: int = 0
    _file: LabelFile | None = None

    def people(self, name: str) -> list[Seen] | None:
        """Whom they have in the image called ``name``, without those they left out; None while they have not seen to it."""
        return self._table().get(name)

    def _table(self) -> dict[str, list[Seen]]:
        state = self.path.stat().st_mtime_ns if self.path.exists() else 0
        if self._file is None or state != self._state:
            self._file, self._state = LabelFile.read(self.path), state
            self._read = _seen_to(self._file)
        return self._read

    def names(self) -> list[str]:
        """The images that they have seen to."""
        return list(self._table())


def _seen_to(file: LabelFile) -> dict[str, list[Seen]]:
    names = {head.id: head.file_name for head in file.images() if status_of(head.status) == VERIFIED}
    found: dict[str, list[Seen]] = {name: [] for name in names.values()}
    for head in file.people():
        if head.image_id in names:
            person = seen_of(file.row(ANNOTATIONS, head.id) or {})
            if person.status != REJECTED:
                found[names[head.image_id]].append(person)
    return found


def agreement(mine: dict[str, list[Seen]], theirs: dict[str, list[Seen]]) -> dict[str, Any] | None:
    """How far two agree on the images of which both have people: as ``measure.annotators`` tells it, for JSON; None if there is
    nobody whom both have.
    """
    from posetune.measure.annotators import agreement_of, paired

    common = [name for name in mine if name in theirs]
    try:
        pairs, alone = paired(*([_dataset({name: side[name] for name in common})] for side in (mine, theirs)))
    except PosetuneError:
        return None
    found = agreement_of(pairs, alone)
    points = [
        {key: None if isinstance(v, float) and not np.isfinite(v) else v for key, v in vars(row).items()}
        for row in found.points
    ]
    distances = [p["median_px"] for p in points if p["median_px"] is not None]
    return {
        "images": len(common), "people": found.people, "alone": found.alone, "same_v": found.same_v,
        "median_px": float(np.median(distances)) if distances else None, "points": points,
    }  # fmt: skip


def _dataset(table: dict[str, list[Seen]]) -> Dataset:
    images = {name: ImageRecord(i, Path(name.replace("/", "_")), 0, 0, name) for i, name in enumerate(table)}
    people: list[Person] = []
    for name, members in table.items():
        for person in members:
            keypoints = np.array([[p.x or 0.0, p.y or 0.0, p.v] for p in person.points]).reshape(COUNT, 3)
            people.append(Person(len(people) + 1, images[name], keypoints))
    return Dataset("", tuple(images.values()), tuple(people), (), (), Path())
