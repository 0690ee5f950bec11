"""COCO keypoint JSON, the source of truth, read with every doubt spoken out. Writing: ``coco_writer``."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.formats.coco_schema import WHOLEBODY, Schema, Schemas, read_schemas, require_labels
from posetune.data.formats.ids import as_number, look_up, plain_id, written
from posetune.data.formats.image_finder import ImageFinder, some
from posetune.data.formats.label_text import read_json, stem_of
from posetune.data.origin import Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.prepare import OUTSIDE_TOLERANCE, prepared
from posetune.errors import PosetuneError
from posetune.skeleton import Skeleton

__all__ = ["GROUP_KEYS", "OUTSIDE_TOLERANCE", "load_coco"]

#: Which key of an image says what it must not be separated from; the first that is there counts.
GROUP_KEYS = ("scene_group", "video", "group")
#: In COCO-WholeBody's hands, feet and faces v may be a detector's score: from here on it counts as a label.
_SURE = 0.5
#: A side of more px is no picture's.
_LARGEST = 1_000_000

_PERSON_KEYS = frozenset(
    {"id", "image_id", "category_id", "keypoints", "num_keypoints", "bbox", "area", "iscrowd", "ignore",
     "keypoints_3d", "segmentation", *WHOLEBODY}
)  # fmt: skip

#: Keys of this kind hold points, wherever an exporter put them.
_POINTS = re.compile("keypoints|kpts|landmarks")


def load_coco(
    annotations: str | Path,
    images_folder: str | Path,
    *,
    name: str | None = None,
    root: str | Path | None = None,
    require_images: bool = True,
    native: bool = False,
    bases: Iterable[Path] = (),
) -> Dataset:
    """Read a COCO keypoint file, plain or packed (.json.gz).

    Points are mapped by name (``landmarks.match_names``), category by category; what means none of the 33
    stands in ``dropped_names``. Any point may be unlabelled. A category without keypoints (a ball, a dog)
    is passed over, and said. A person with nothing labelled, ``iscrowd`` or ``ignore`` is kept with ``ignore=True``.
    A point that lies outside the image by more than :data:`OUTSIDE_TOLERANCE` counts as unlabelled and is
    told in ``warnings``; so is v = 0 with coordinates. Of image files the head is read, to compare their size with
    that in the label file (``data.label_frames``).

    ``native``: do not map, keep the file's own points (of several categories: the union by name). Their edges are
    the category's ``skeleton``; flip partners and OKS sigmas its ``flip_pairs`` (pairs of names) and ``sigmas``
    (name → sigma) where it has these, which are not COCO's; otherwise they are worked out from the names.
    ``bases``: folders besides ``images_folder`` that file names may be relative to; what is found in none is looked for
    below ``root``. ``require_images``: missing images, and such that are not those that were labelled, are an error;
    otherwise a warning.

    Raises PosetuneError: no such file, not JSON, not the shape of COCO keypoints, no image or person in it,
    ids twice or unknown, a wrong number of values, NaN, no known keypoint name, nothing labelled at all,
    images missing.
    """
    annotations = Path(annotations)
    images_folder = Path(images_folder)
    content, notes = read_json(annotations)
    reader = _Reader(str(annotations))
    reader.warnings += [f"{annotations} {note}." for note in notes]
    tables = {key: reader.records(content, key) for key in ("images", "annotations", "categories")}
    beside = frozenset(key for key in WHOLEBODY if any(row.get(key) for row in tables["annotations"]))
    schemas = read_schemas(tables["categories"], native, beside, reader.where, reader.fail)
    folder = Path(root) if root is not None else images_folder
    stem = stem_of(annotations)
    places = ImageFinder(images_folder, stem, bases, below=folder if images_folder.is_relative_to(folder) else None)
    reader.tell_unread(tables["annotations"])
    images = reader.images(tables["images"], places)
    reader.tell_missing(places, len(images), annotations, require_images)
    people = reader.people(tables["annotations"], images, schemas)
    require_labels(annotations, people, schemas)
    by_id = schemas.by_id.values()
    dataset = Dataset(
        name=name or stem,
        images=tuple(images.values()),
        people=tuple(people),
        source_names=tuple(dict.fromkeys(n for s in by_id for n in s.names)),
        dropped_names=tuple(dict.fromkeys(n for s in by_id for n in s.dropped)),
        root=folder,
        warnings=tuple(reader.warnings),
        skeleton=schemas.skeleton,
    )
    return prepared(dataset, where=reader.where, strict=require_images, numbered=reader.without_group)


@dataclass
class _Doubts:
    """What was met among the annotations and is said once for all of them: people with coordinates but v = 0, how many points
    have a score for v, and how many annotations of which category have no keypoints.
    """

    unlabelled_with_xy: list[str] = field(default_factory=list)
    scores: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)

    def told(self) -> Iterator[str]:
        if self.unlabelled_with_xy:
            yield (
                f"{len(self.unlabelled_with_xy)} people have points with coordinates but v = 0, which means "
                f"unlabelled (annotations {some(self.unlabelled_with_xy)})"
            )
        if self.scores:
            yield f"{self.scores} points of feet, hands or faces have a score for v: from {_SURE} on they count as labels"
        if self.passed_over:
            names = [f"{count} of '{name}'" for name, count in self.passed_over.items()]
            yield f"annotations of categories without keypoints are passed over: {some(names)}"


@dataclass
class _Reader:
    """Turns the tables of one file into records; remembers the file's name for errors, and the warnings."""

    where: str
    warnings: list[str] = field(default_factory=list)
    #: Ids of the images that say nothing of a scene or video.
    without_group: set[int | str] = field(default_factory=set)

    def fail(self, what: str) -> PosetuneError:
        return PosetuneError(f"{self.where}: {what}")

    def warn(self, what: str) -> None:
        self.warnings.append(f"{self.where}: {what}.")

    def records(self, content: Any, key: str) -> list[dict[str, Any]]:
        """The table ``key``: a list of objects, not empty."""
        if isinstance(content, list):
            raise PosetuneError(
                f"The labels {self.where} are a bare list (COCO's results format?); a data set is an object with the "
                "keys images, annotations and categories."
            )
        if not isinstance(content, dict):
            raise PosetuneError(f"The labels {self.where} hold no JSON object with images, annotations and categories.")
        table = content.get(key)
        if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
            state = "is not a list of objects" if key in content else "is missing"
            raise self.fail(
                f"'{key}' {state}; a COCO keypoint file has images, annotations and categories, each a list of objects."
            )
        if not table:
            raise self.fail(f"'{key}' is empty; label at least one person and export the set again.")
        return table

    def images(self, rows: list[dict[str, Any]], places: ImageFinder) -> dict[int | str, ImageRecord]:
        """Image id → record. A size of 0 × 0 stands for one that the label file does not give."""
        images: dict[int | str, ImageRecord] = {}
        for row in rows:
            raw, file_name = row.get("id"), row.get("file_name")
            if raw is None or not isinstance(file_name, str) or not file_name:
                raise self.fail(f"an image lacks its id or file_name ({_short(row)}).")
            key = plain_id(raw)
            if key is None:
                raise self.fail(f"image {file_name} has the id {written(raw)}; an id is a whole number or text.")
            if key in images:
                raise self.fail(f"image id {key!r} stands twice; give every image its own id.")
            path = places.find(file_name)
            width, height = _side(row.get("width")), _side(row.get("height"))
            if width is None or height is None:
                width = height = 0
            sizes = (width, height)
            known_or_not = all(map(_finite, sizes)) and (width >= 1) == (height >= 1)
            if not known_or_not or not all(0 <= side <= _LARGEST for side in sizes):
                raise self.fail(
                    f"image {file_name} has no valid width and height ({row.get('width')!r} × {row.get('height')!r})."
                )
            known = next((str(row[k]) for k in GROUP_KEYS if row.get(k) is not None), None)
            if known is None:
                self.without_group.add(key)
            images[key] = ImageRecord(key, path, int(width), int(height), known or f"image:{file_name}")
        return images

    def people(
        self, rows: list[dict[str, Any]], images: dict[int | str, ImageRecord], schemas: Schemas
    ) -> list[Person]:
        """The people of all categories that have keypoints, in the order of the file."""
        people: list[Person] = []
        seen: set[int] = set()
        doubts = _Doubts()
        for position, row in enumerate(rows):
            schema = self.schema_of(row, position, schemas)
            if isinstance(schema, str):
                doubts.passed_over[schema] += 1
                continue
            who = self.person_id(row, position)
            if who in seen:
                raise self.fail(f"annotation id {who} stands twice; give every annotation its own id.")
            seen.add(who)
            image = look_up(images, row.get("image_id"))
            if image is None:
                raise self.fail(
                    f"annotation {who} belongs to image {written(row.get('image_id'))}, which is not in 'images'."
                )
            people.append(self.person(row, who, image, schema, schemas.skeleton, doubts))
        for doubt in doubts.told():
            self.warn(doubt)
        return people

    def person(
        self, row: dict[str, Any], who: int, image: ImageRecord, schema: Schema, skeleton: Skeleton, doubts: _Doubts
    ) -> Person:
        keypoints = self.keypoints(row, schema, skeleton.count, f"annotation {who} ({image.path.name})", doubts)
        if np.any((keypoints[:, 2] == 0) & (keypoints[:, :2] != 0).any(axis=1)):
            doubts.unlabelled_with_xy.append(str(who))
        keypoints[keypoints[:, 2] == 0] = 0
        native_at = {t: s for s, t in schema.mapping.items()}
        native_places = [native_at.get(i) for i in range(skeleton.count)]
        return Person(
            id=who,
            image=image,
            keypoints=keypoints,
            bbox=self.box(row, who),
            area=float(row["area"]) if _finite(row.get("area")) else None,
            ignore=bool(row.get("ignore") or row.get("iscrowd")),
            keypoints_3d=self.points_3d(row, schema, who, skeleton.count),
            origin=Origin.of({k: v for k, v in row.items() if k not in _PERSON_KEYS}, native_places),
            skeleton=skeleton,
        )

    def keypoints(self, row: dict[str, Any], schema: Schema, count: int, who: str, doubts: _Doubts) -> np.ndarray:
        """(count, 3) x, y, v: the category's own points, and those of hands, feet and faces where it has none."""
        keypoints = np.zeros((count, 3))
        native = self.points(row, "keypoints", len(schema.names), who)
        keypoints[list(schema.mapping.values())] = native[list(schema.mapping)]
        for key, (number, places) in schema.beside.items():
            points, fractions = self.scored_points(row, key, number, who)
            doubts.scores += fractions
            into, source = np.array(list(places.values()), int), list(places)
            free = (keypoints[into, 2] == 0) & (points[source, 2] > 0)
            keypoints[into[free]] = points[source][free]
        return keypoints

    def tell_missing(self, places: ImageFinder, images: int, annotations: Path, required: bool) -> None:
        """Say what was found in other places. Images that are missing are an error if they are ``required``, or if all are."""
        self.warnings += [f"{self.where}: {note}." for note in places.notes()]
        if required or len(places.missing) == images:
            places.complain(annotations)
        elif places.missing:
            self.warn(f"{len(places.missing)} of {images} images are missing")

    def tell_unread(self, rows: list[dict[str, Any]]) -> None:
        """Warn of points that stand under keys which nobody knows."""
        unread = Counter(
            key
            for row in rows
            for key, value in row.items()
            if _POINTS.search(key) and key not in _PERSON_KEYS and isinstance(value, list) and value
        )
        if unread:
            names = [f"'{key}' (in {count} annotations)" for key, count in unread.items()]
            self.warn(
                f"points under these keys are not read: {some(names)}; put them into 'keypoints' and name them in the category, or "
                f"under COCO-WholeBody's keys ({', '.join(WHOLEBODY)})"
            )

    def schema_of(self, row: dict[str, Any], position: int, schemas: Schemas) -> Schema | str:
        """The schema of an annotation; the name of its category if that has no keypoints."""
        if "category_id" not in row and len(schemas.by_id) == 1:
            return next(iter(schemas.by_id.values()))
        key = row.get("category_id")
        found = look_up(schemas.by_id, key)
        if found is not None:
            return found
        other = look_up(schemas.others, key)
        if other is None:
            known = [written(k) for k in (*schemas.by_id, *schemas.others)]
            there = (
                f"there is only category {known[0]}" if len(known) == 1 else f"there are categories {some(known, 5)}"
            )
            raise self.fail(
                f"annotation {written(row.get('id', position + 1))} has category_id {written(key)}, and {there}."
            )
        return other

    def person_id(self, row: dict[str, Any], position: int) -> int:
        raw = row.get("id")
        if raw is None:
            return position + 1
        number = as_number(raw)
        if number is None:
            raise self.fail(f"annotation id {written(raw)} is not a whole number; number the annotations 1, 2, 3, ….")
        return number

    def scored_points(self, row: dict[str, Any], key: str, count: int, who: str) -> tuple[np.ndarray, int]:
        """``(points, n)``: as :meth:`points`, where v may be a score between 0 and 1, as it is of n points."""
        flat = row.get(key)
        fractions = 0
        if isinstance(flat, list) and row.get(key.replace("kpts", "valid")) is False:
            flat = None
        if isinstance(flat, list):
            flat = list(flat)
            for i in range(2, len(flat), 3):
                if isinstance(flat[i], float) and 0 < flat[i] < 1:
                    fractions += 1
                    flat[i] = 2 if flat[i] >= _SURE else 0
        return self.points({key: flat}, key, count, who), fractions

    def points(self, row: dict[str, Any], key: str, count: int, who: str) -> np.ndarray:
        """(count, 3) x, y, v of an annotation; zeros if it has none."""
        flat = row.get(key)
        if flat is None or flat == []:
            return np.zeros((count, 3))
        try:
            values = np.array(flat, dtype=np.float64).reshape(-1)  # None becomes NaN
        except (TypeError, ValueError):
            raise self.fail(f"the {key} of {who} are not numbers.") from None
        if values.size != 3 * count:
            named = (
                f"COCO-WholeBody has {count} points there"
                if key in WHOLEBODY
                else f"its category names {count} keypoints"
            )
            raise self.fail(
                f"the {key} of {who} are {values.size} numbers; {named}, so it takes {3 * count} (x, y, v each)."
            )
        points = values.reshape(count, 3)
        if not np.isin(points[:, 2], (0, 1, 2)).all():
            raise self.fail(f"the {key} of {who} have a v that is not 0, 1 or 2.")
        if not np.isfinite(points[points[:, 2] > 0]).all():
            raise self.fail(f"the {key} of {who} hold NaN or infinity; correct it, or set v = 0 for that point.")
        points[points[:, 2] == 0] = np.nan_to_num(points[points[:, 2] == 0], nan=0, posinf=0, neginf=0)
        return points

    def points_3d(self, row: dict[str, Any], schema: Schema, who: int, count: int) -> np.ndarray | None:
        """(33, 3) metres, NaN where absent; None if the annotation has no ``keypoints_3d``.

        Written as the 2D points are: by the category's names, flat or as triples; null or NaN is unknown.
        """
        raw = row.get("keypoints_3d")
        if not raw:
            return None
        try:
            values = np.array(raw, dtype=np.float64).reshape(-1)
        except (TypeError, ValueError):
            raise self.fail(f"the keypoints_3d of annotation {who} are not numbers.") from None
        if values.size != 3 * len(schema.names):
            raise self.fail(
                f"the keypoints_3d of annotation {who} are {values.size} numbers; its category takes "
                f"{3 * len(schema.names)}."
            )
        native = values.reshape(-1, 3)
        native[~np.isfinite(native).all(axis=1)] = np.nan
        points = np.full((count, 3), np.nan)
        points[list(schema.mapping.values())] = native[list(schema.mapping)]
        return points

    def box(self, row: dict[str, Any], who: int) -> np.ndarray | None:
        """(4,) x, y, width, height in image px, or None."""
        raw = row.get("bbox")
        if not raw:
            return None
        if not isinstance(raw, list) or len(raw) != 4 or not all(_finite(v) for v in raw):
            raise self.fail(f"the bbox of annotation {who} is not four numbers x, y, width, height.")
        return np.array(raw, dtype=np.float64) if raw[2] > 0 and raw[3] > 0 else None


def _side(value: Any) -> Any:
    """A width or height; None where there is none."""
    if value is None or value == "":
        return None
    number = as_number(value)
    return value if number is None else number


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _short(row: dict[str, Any]) -> str:
    text = json.dumps(row, default=str)
    return text if len(text) < 80 else f"{text[:77]}…"
