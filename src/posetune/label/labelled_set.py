"""The folder of a set that is being labelled, and what is added to it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from posetune.data.formats.coco_writer import annotation_row, category_row, image_row
from posetune.data.formats.label_text import read_json
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import replacing
from posetune.label.footage import fold
from posetune.landmarks import NAMES
from posetune.lock import locked
from posetune.skeleton import BLAZEPOSE

SPLIT = "train"
#: Beside images/ and annotations/: what was proposed, as it was proposed, and what work that was stopped goes on from.
PRELABELS = "prelabels"


@dataclasses.dataclass(frozen=True)
class SetFolder:
    """``path``: of the set; made by :meth:`open`."""

    path: Path

    @property
    def images(self) -> Path:
        return self.path / "images"

    @property
    def labels(self) -> Path:
        return self.path / "annotations" / f"{SPLIT}.json"

    @property
    def prelabels(self) -> Path:
        return self.path / PRELABELS

    @property
    def proposals(self) -> Path:
        return self.prelabels / f"{SPLIT}.json"

    @classmethod
    def open(cls, path: Path) -> SetFolder:
        """The set in ``path``, new or not. Raises PosetuneError if it is something else, or cannot be written to."""
        folder = cls(path)
        if path.is_file():
            raise PosetuneError(f"--out {path} is a file; name a folder for the set.")
        if path.is_dir() and not folder.prelabels.is_dir() and not folder.labels.is_file():
            there = [p.name for p in sorted(path.iterdir()) if not p.name.startswith(".")]
            if there:
                raise PosetuneError(f"--out {path} holds something else ({there[0]}); name a new folder for the set.")
        for inside in (folder.images, folder.labels.parent, folder.prelabels):
            try:
                inside.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise PosetuneError(f"Cannot write the set {path}: {error.strerror or error}.") from error
            if not os.access(inside, os.W_OK):
                raise PosetuneError(f"The set {path} is read-only ({inside}); name another --out, or make it writable.")
        return folder

    def image_stems(self) -> set[str]:
        """The names of the set's images without their ends, folded."""
        return {fold(Path(entry.name).stem) for entry in os.scandir(self.images) if entry.is_file()}

    def content(self) -> dict[str, Any]:
        """The label file as it stands, or an empty one.

        Raises PosetuneError if it cannot be read, or its points are not the 33.
        """
        return _read(self.labels) if self.labels.exists() else empty(self.path.resolve().name)

    def proposed(self) -> dict[str, Any]:
        """As :meth:`content`, of what was proposed."""
        file = self.proposals
        return _read(file) if file.exists() else empty(f"{self.path.resolve().name} prelabels")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes the labels inside; actions of a posetune annotate that was killed are in them.

        Raises PosetuneError where posetune annotate has them open.
        """
        if self.labels.with_suffix(".history.jsonl").exists():
            from posetune.label.review import Review  # which needs an extra that is there, where there is a history

            Review.open(self.path).close()
        with locked(self.labels.with_name(f".{SPLIT}.lock")) as held:
            if not held:
                raise PosetuneError(
                    f"posetune annotate has {self.path} open: end it, and run the same command again; what was found is kept."
                )
            yield

    def write(self, content: Mapping[str, Any], proposed: Mapping[str, Any]) -> None:
        """Write both label files, each whole or not at all: what was proposed first, as nothing is lost with it."""
        _write(self.proposals, proposed)
        _write(self.labels, content)


def empty(name: str) -> dict[str, Any]:
    """The content of a label file without images."""
    info = {"description": name, "made_by": "posetune"}
    return {"info": info, "categories": [category_row(BLAZEPOSE)], "images": [], "annotations": []}


def add(content: dict[str, Any], root: Path, images: Sequence[ImageRecord], people: Iterable[Person]) -> None:
    """Put ``images`` and their ``people`` behind those of ``content``; ids are given anew, after the largest there."""
    image_id = _largest(content["images"]) + 1
    new = {id(image): image_id + i for i, image in enumerate(images)}
    content["images"] += [{**image_row(image, root), "id": new[id(image)]} for image in images]
    person_id = _largest(content["annotations"]) + 1
    for i, person in enumerate(people):
        row = {**annotation_row(person), "id": person_id + i, "image_id": new[id(person.image)]}
        content["annotations"].append(row)


def names_in(content: Mapping[str, Any]) -> set[str]:
    """The file names of the images of a label file."""
    return {str(row.get("file_name")) for row in content["images"] if isinstance(row, dict)}


def _largest(rows: Sequence[Mapping[str, Any]]) -> int:
    return max((row["id"] for row in rows if isinstance(row.get("id"), int)), default=0)


def _read(file: Path) -> dict[str, Any]:
    content, _ = read_json(file)
    tables = content if isinstance(content, dict) else {}
    if any(not isinstance(tables.get(key), list) for key in ("images", "annotations", "categories")):
        raise PosetuneError(f"{file} is no COCO label file; name another --out.")
    names = [c.get("keypoints") for c in tables["categories"] if isinstance(c, dict) and c.get("keypoints")]
    if names != [list(NAMES)]:
        raise PosetuneError(f"{file} has points that are not MediaPipe's 33: nothing can be added; name another --out.")
    return tables


def _write(file: Path, content: Mapping[str, Any]) -> None:
    with replacing(file) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        head = {key: value for key, value in content.items() if key not in ("images", "annotations")}
        stream.write(json.dumps(head, allow_nan=False, separators=(",", ":"))[:-1])
        for key in ("images", "annotations"):
            stream.write(f',"{key}":[')
            for i, row in enumerate(content[key]):
                stream.write("," * (i > 0) + json.dumps(row, allow_nan=False, separators=(",", ":")))
            stream.write("]")
        stream.write("}")
