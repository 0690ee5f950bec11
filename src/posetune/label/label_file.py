"""A set's label file while somebody works on it: every entry stays the bytes that it was until it is changed.

A file of 100,000 people is 150 MB. It is kept as it stands on the disk, and an entry is read when it is looked at; so what is not
touched is written back as it came, with all its keys, and a set of any size opens in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from posetune.errors import PosetuneError
from posetune.files import read_bytes, replacing
from posetune.label.actions import Id
from posetune.landmarks import COUNT, EDGES, NAMES

Table = Literal["images", "annotations"]
IMAGES: Table = "images"
ANNOTATIONS: Table = "annotations"
CATEGORIES = "categories"
Row = dict[str, Any]
_TABLES: tuple[Table, ...] = (IMAGES, ANNOTATIONS)


class _HasId(msgspec.Struct):
    id: Id


class PersonHead(msgspec.Struct):
    """What of a person's entry is looked at when a set is opened. ``keypoints``: (99,) or None for a box alone."""

    id: Id
    image_id: Id
    category_id: Id | None = None
    keypoints: list[float] | None = None
    status: Any = None
    origin: Any = None


class ImageHead(msgspec.Struct):
    """The same of an image's."""

    id: Id
    file_name: str
    width: float | None = None
    height: float | None = None
    status: Any = None
    blind: Any = None
    group: Any = None
    source: Any = None
    frame: Any = None


@dataclass
class LabelFile:
    """``head``: what stands in the file beside images and annotations, in its order. ``rows``: table → id → the entry's JSON, None
    for one that was deleted and keeps its place, should it come back. ``category``: id of the category with the 33 points.
    """

    path: Path
    head: dict[str, bytes] = field(default_factory=dict)
    rows: dict[str, dict[Id, bytes | None]] = field(default_factory=lambda: {IMAGES: {}, ANNOTATIONS: {}})
    category: Id = 1

    @classmethod
    def read(cls, path: Path) -> LabelFile:
        """The file ``path``, or an empty one where there is none.

        Raises PosetuneError: not JSON, not a COCO keypoint file of posetune's 33 points, ids twice.
        """
        if not path.exists():
            head = {"info": b'{"made_by":"posetune"}', CATEGORIES: msgspec.json.encode([_category()])}
            return cls(path, head | {name: b"" for name in _TABLES})
        content = read_bytes(path, "the labels")
        try:
            top = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
            tables = {
                name: msgspec.json.decode(top.get(name, msgspec.Raw(b"[]")), type=list[msgspec.Raw]) for name in _TABLES
            }
            rows: dict[str, dict[Id, bytes | None]] = {
                name: _by_id(table, name, path) for name, table in tables.items()
            }
            found = cls(path, {name: bytes(raw) for name, raw in top.items() if name not in _TABLES}, rows)
            if rows[ANNOTATIONS]:
                found.category = _our_category(top.get(CATEGORIES), path)
            else:  # nobody is labelled yet: whoever is will be in our points
                found.head[CATEGORIES] = msgspec.json.encode([_category()])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise PosetuneError(
                f"The labels {path} are not a COCO keypoint file: {error}; posetune data convert reads what other tools write."
            ) from error
        # The order of the tables among the other keys.
        found.head = {name: found.head.get(name, b"") for name in (*top, CATEGORIES)} | {
            n: b"" for n in _TABLES if n not in top
        }
        return found

    def write(self) -> None:
        """Write the whole file beside, and rename. Raises PosetuneError if it cannot be written."""
        with replacing(self.path, durable=True) as temporary, temporary.open("wb") as file:
            file.write(b"{")
            for i, (name, raw) in enumerate((self.head | {n: b"" for n in _TABLES}).items()):
                file.write(b"," * (i > 0) + msgspec.json.encode(name) + b":")
                if raw:
                    file.write(raw)
                    continue
                rows = [row for row in self.rows[name].values() if row is not None]
                file.write(b"[")
                for begin in range(0, len(rows), 500):  # a little at a time: other threads answer meanwhile
                    file.write(b",\n" * (begin > 0) + b",\n".join(rows[begin : begin + 500]))
                file.write(b"]")
            file.write(b"}\n")

    def people(self) -> Iterator[PersonHead]:
        """All people, of whom the keypoints are 99 values or none. Raises PosetuneError for anything else."""
        decoder = msgspec.json.Decoder(PersonHead)
        for raw in self.rows[ANNOTATIONS].values():
            if raw is None:
                continue
            try:
                head = decoder.decode(raw)
            except msgspec.DecodeError as error:
                raise PosetuneError(f"{self.path}: an annotation is not as COCO has it ({error}).") from error
            if head.category_id is not None and head.category_id != self.category:
                continue  # a ball, a dog
            if head.keypoints is not None and len(head.keypoints) != 3 * COUNT:
                raise PosetuneError(
                    f"{self.path}: annotation {head.id} has {len(head.keypoints)} values for {COUNT} points; there should be "
                    f"{3 * COUNT}."
                )
            yield head

    def images(self) -> Iterator[ImageHead]:
        """All images. Raises PosetuneError for one that has no id and name."""
        decoder = msgspec.json.Decoder(ImageHead)
        for raw in self.rows[IMAGES].values():
            if raw is not None:
                try:
                    yield decoder.decode(raw)
                except msgspec.DecodeError as error:
                    raise PosetuneError(f"{self.path}: an image is not as COCO has it ({error}).") from error

    def row(self, table: str, key: Id) -> Row | None:
        """An entry, read; None if there is none."""
        raw = self.rows[table].get(key)
        return None if raw is None else msgspec.json.decode(raw)

    def put(self, table: str, key: Id, raw: bytes | None) -> None:
        """Set or (None) delete an entry."""
        self.rows[table][key] = raw

    def free_id(self, table: str) -> int:
        """An id larger than all there are, deleted ones included."""
        return 1 + max((key for key in self.rows[table] if isinstance(key, int)), default=0)


def _by_id(table: list[msgspec.Raw], name: str, path: Path) -> dict[Id, bytes | None]:
    decoder = msgspec.json.Decoder(_HasId)
    rows: dict[Id, bytes | None] = {}
    for raw in table:
        key = decoder.decode(raw).id
        if key in rows:
            raise PosetuneError(f"{path}: two {name} have the id {key}; posetune data check says more.")
        rows[key] = bytes(raw)
    return rows


def _our_category(raw: msgspec.Raw | None, path: Path) -> Id:
    """The id of the category that has posetune's points, in their order. Raises PosetuneError where none has."""
    categories = [] if raw is None else msgspec.json.decode(raw)
    named = [c for c in categories if isinstance(c, Mapping) and isinstance(c.get("keypoints"), list)]
    for category in named:
        if tuple(category["keypoints"]) == NAMES:
            return category["id"]
    points = f"has {len(named[0]['keypoints'])} keypoints of its own" if named else "has no keypoints"
    raise PosetuneError(
        f"{path} {points}, not posetune's {COUNT}: 'posetune data convert {path.parent.parent} --to coco --out NEW' makes a set "
        "that can be annotated."
    )


def _category() -> Row:
    return {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(NAMES),
        "skeleton": [[a + 1, b + 1] for a, b in EDGES],  # COCO counts from 1 here
    }
