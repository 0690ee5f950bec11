"""From COCO's three tables to a data set, with every doubt spoken out. The readers of all formats end here."""

from __future__ import annotations

import json
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
from posetune.data.formats.label_text import stem_of
from posetune.data.formats.reading import ALL, NONE, Reading, Tables
from posetune.data.formats.row_values import (
    LOW_SCORE,
    SURE,
    box_of,
    is_finite,
    is_hull,
    outside_of,
    points_3d_of,
    points_of,
    scored_points_of,
)
from posetune.data.groups import GROUP_KEYS, original_of
from posetune.data.losses import Losses
from posetune.data.origin import INTERPOLATED, ImageOrigin, Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.prepare import prepared
from posetune.errors import PosetuneError
from posetune.skeleton import Skeleton

#: A side of more px is no picture's.
_LARGEST = 1_000_000

_PERSON_KEYS = frozenset(
    {"id", "image_id", "category_id", "keypoints", "num_keypoints", "bbox", "area", "iscrowd", "ignore", "outside",
     "keypoints_3d", "segmentation", "bbox_from", "interpolated", "track", *WHOLEBODY}
)  # fmt: skip

#: Keys of this kind hold points, wherever an exporter put them.
_POINTS = re.compile("keypoints|kpts|landmarks")


def read_tables(tables: Tables, path: Path, how: Reading) -> Dataset:
    """The data set that ``tables``, read from the file or folder ``path``, hold. See ``coco.load_coco`` for the rules.

    Raises PosetuneError: see there.
    """
    reader = Reader(tables.where, losses=tables.losses)
    reader.warnings += [f"{tables.where} {note}." for note in tables.notes]
    rows = tables.annotations if not isinstance(tables.annotations, list) else list(tables.annotations)
    beside = frozenset[str]()
    if isinstance(rows, list):
        beside = frozenset(key for key in WHOLEBODY if any(row.get(key) for row in rows))
    schemas = read_schemas(tables.categories, how.native, beside, reader.where, reader.fail, how.names)
    images_folder = how.images or images_beside(path)
    root = how.root or images_folder
    stem = stem_of(path)
    below = root if images_folder.is_relative_to(root) else None
    places = ImageFinder(images_folder, how.split or stem, how.bases, below=below)
    if isinstance(rows, list):
        reader.tell_unread(rows)
    images = reader.images(tables.images, places)
    reader.tell_missing(places, len(images), path, how.require)
    people = list(reader.people(rows, images, schemas, how.interpolated))
    if people or not any(
        image.origin.status for image in images.values()
    ):  # else nobody was found yet, and may be added
        require_labels(path, people, schemas)
    reader.warnings += schemas.notes
    by_id = schemas.by_id.values()
    dataset = Dataset(
        name=how.name or stem,
        images=tuple(images.values()),
        people=tuple(people),
        source_names=tuple(dict.fromkeys(n for s in by_id for n in s.names)),
        dropped_names=tuple(dict.fromkeys(n for s in by_id for n in s.dropped)),
        root=root,
        warnings=tuple(reader.warnings),
        skeleton=schemas.skeleton,
        losses=reader.losses.listed(),
    )
    return prepared(
        dataset,
        where=reader.where,
        strict=how.require == ALL,
        rescale=how.rescale,
        hints=reader.hints,
        group_by=how.group_by,
    )


def images_beside(labels: Path) -> Path:
    """Where the images of a lone label file usually are: ``images/`` beside it or one up, or its own folder."""
    folder = labels.resolve().parent
    candidates = (folder / "images", folder.parent / "images", folder)
    return next(c for c in candidates if c.is_dir())


@dataclass
class _Doubts:
    """What was met among the annotations and is said once for all of them: people with coordinates but v = 0, how many points
    have a score for v, how many annotations of which category have no keypoints, which v stand in the file, how many boxes
    are the hull of their points, how many of all.
    """

    unlabelled_with_xy: list[str] = field(default_factory=list)
    scores: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)
    visibilities: set[int] = field(default_factory=set)
    hulls: int = 0
    boxes: int = 0

    def told(self) -> Iterator[str]:
        if self.unlabelled_with_xy:
            yield (
                f"{len(self.unlabelled_with_xy)} people have points with coordinates but v = 0, which means "
                f"unlabelled (annotations {some(self.unlabelled_with_xy)})"
            )
        if self.scores:
            yield f"{self.scores} points of feet, hands or faces have a score for v: from {SURE} on they count as labels"
        if self.visibilities == {1}:
            yield "every labelled point has v = 1, labelled but hidden; here 1 seems to mean visible"
        if self.hulls:
            yield (
                f"{self.hulls} of {self.boxes} boxes are only the hull of the labelled points, as CVAT writes them: areas "
                "are worked out from the points there"
            )


@dataclass
class Reader:
    """Turns the tables of one file into records; remembers the file's name for errors, the warnings and what was lost."""

    where: str
    warnings: list[str] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    #: Image id → what says of its group that no key names: "name": the file it was made from; "track": what goes on in it.
    hints: dict[int | str, dict[str, str]] = field(default_factory=dict)

    def fail(self, what: str) -> PosetuneError:
        return PosetuneError(f"{self.where}: {what}")

    def warn(self, what: str) -> None:
        self.warnings.append(f"{self.where}: {what}.")

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
            if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in file_name):
                raise self.fail(
                    f"image {key!r} has a file_name that no file can have ({file_name[:40]!r}); correct it."
                )
            path = places.find(file_name)
            width, height = _side(row.get("width")), _side(row.get("height"))
            if width is None or height is None:
                width = height = 0
            sizes = (width, height)
            known_or_not = all(map(is_finite, sizes)) and (width >= 1) == (height >= 1)
            if not known_or_not or not all(0 <= side <= _LARGEST for side in sizes):
                raise self.fail(
                    f"image {file_name} has no valid width and height ({row.get('width')!r} × {row.get('height')!r})."
                )
            known = next((str(row[k]) for k in GROUP_KEYS if row.get(k) is not None), None)
            if known is None:
                self.hints[key] = {"name": original_of(row) or file_name}
            group = known or f"image:{file_name}"
            images[key] = ImageRecord(key, path, int(width), int(height), group, ImageOrigin.of(row))
        return images

    def people(
        self,
        rows: Iterable[dict[str, Any]],
        images: dict[int | str, ImageRecord],
        schemas: Schemas,
        interpolated: bool = True,
    ) -> Iterator[Person]:
        """The people of all categories that have keypoints, in the order of the file."""
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
            if not interpolated and _is_interpolated(row):
                self.losses.add("people", "are interpolated between frames, and only keyframes are asked for")
                continue
            track = _track(row)
            if track is not None and image.id in self.hints:
                self.hints[image.id].setdefault("track", f"{Path(self.where).name} {track}")
            yield self.person(row, who, image, schema, schemas.skeleton, doubts)
        if doubts.passed_over:
            names = [f"{count} of '{name}'" for name, count in doubts.passed_over.items()]
            bodiless = sum(schemas.bodiless.get(name, 0) > 0 for name in doubts.passed_over)
            why = "without keypoints" if not bodiless else "that are no people (no two of their points are of a body)"
            self.warn(f"annotations of categories {why} are passed over: {some(names)}")
            for name, count in doubts.passed_over.items():
                self.losses.add(
                    "annotations", f"of the category '{name}', which is no person's, are passed over", count
                )
        for doubt in doubts.told():
            self.warn(doubt)

    def person(
        self, row: dict[str, Any], who: int, image: ImageRecord, schema: Schema, skeleton: Skeleton, doubts: _Doubts
    ) -> Person:
        about = f"annotation {who} ({image.path.name})"
        keypoints = self.keypoints(row, schema, skeleton.count, about, doubts)
        unlabelled = keypoints[:, 2] == 0
        outside = outside_of(row, schema, skeleton.count, about, self.fail)
        with_xy = unlabelled & (keypoints[:, :2] != 0).any(axis=1)
        if with_xy.any():
            doubts.unlabelled_with_xy.append(str(who))
            outside[with_xy] = np.column_stack([keypoints[with_xy, :2], np.zeros(int(with_xy.sum()))])
        keypoints[unlabelled] = 0
        outside[~unlabelled] = np.nan
        native_at = {t: s for s, t in schema.mapping.items()}
        native_places = [native_at.get(i) for i in range(skeleton.count)]
        doubts.visibilities.update(np.unique(keypoints[~unlabelled, 2]).astype(int).tolist())
        box = box_of(row, who, self.fail)
        hull = box is not None and (row.get("bbox_from") == "keypoints" or is_hull(box, row))
        doubts.boxes += box is not None
        doubts.hulls += hull
        if row.get("segmentation"):
            self.losses.add("people", "have an outline (segmentation), which is not kept")
        return Person(
            id=who,
            image=image,
            keypoints=keypoints,
            bbox=box,
            area=float(row["area"]) if is_finite(row.get("area")) else None,
            ignore=bool(row.get("ignore") or row.get("iscrowd")),
            keypoints_3d=points_3d_of(row, schema, who, skeleton.count, self.fail),
            origin=self.origin(row, native_places),
            skeleton=skeleton,
            outside=outside if np.isfinite(outside[:, 0]).any() else None,
            bbox_from="keypoints" if hull else None,
        )

    def origin(self, row: dict[str, Any], native_places: list[int | None]) -> Origin:
        said = {k: v for k, v in row.items() if k not in _PERSON_KEYS}
        origin = Origin.of(said, native_places)
        if not _is_interpolated(row):
            return origin
        return Origin(**{**vars(origin), "source": INTERPOLATED})

    def keypoints(self, row: dict[str, Any], schema: Schema, count: int, who: str, doubts: _Doubts) -> np.ndarray:
        """(count, 3) x, y, v: the category's own points, and those of hands, feet and faces where it has none."""
        keypoints = np.zeros((count, 3))
        native = points_of(row, "keypoints", len(schema.names), who, self.fail)
        keypoints[list(schema.mapping.values())] = native[list(schema.mapping)]
        for i, name in enumerate(schema.names):
            if i not in schema.mapping and native[i, 2] > 0:
                self.losses.add("points", f"'{name}' means none of the 33")
        for key, (number, places) in schema.beside.items():
            points, fractions, low = scored_points_of(row, key, number, who, self.fail)
            doubts.scores += fractions
            self.losses.add("points", LOW_SCORE, low)
            into, source = np.array(list(places.values()), int), list(places)
            free = (keypoints[into, 2] == 0) & (points[source, 2] > 0)
            keypoints[into[free]] = points[source][free]
            rest = int((points[:, 2] > 0).sum() - (points[source, 2] > 0).sum())
            self.losses.add("points", f"of {key} mean none of the 33", rest)
        return keypoints

    def tell_missing(self, places: ImageFinder, images: int, labels: Path, required: str) -> None:
        """Say what was found in other places. Images that are missing are an error if they are ``required``; so it is if all
        are, unless none is required.
        """
        self.warnings += [f"{self.where}: {note}." for note in places.notes()]
        if required == ALL or (required != NONE and len(places.missing) == images):
            places.complain(labels)
        elif places.missing:
            self.warn(f"{len(places.missing)} of {images} images are missing")
            self.losses.add("images", "are missing, their labels are kept", len(places.missing), places.missing)

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
            for key, count in unread.items():
                self.losses.add("annotations", f"have points under the key '{key}', which are not read", count)

    def schema_of(self, row: dict[str, Any], position: int, schemas: Schemas) -> Schema | str:
        """The schema of an annotation; the name of its category if that has no keypoints, or is no person's."""
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


def _side(value: Any) -> Any:
    """A width or height; None where there is none."""
    if value is None or value == "":
        return None
    number = as_number(value)
    return value if number is None else number


def _short(row: dict[str, Any]) -> str:
    text = json.dumps(row, default=str)
    return text if len(text) < 80 else f"{text[:77]}…"


def _attributes(row: dict[str, Any]) -> dict[str, Any]:
    found = row.get("attributes")
    return found if isinstance(found, dict) else {}


def _is_interpolated(row: dict[str, Any]) -> bool:
    """Whether a tool put this between two frames: CVAT's COCO says so of tracks alone ("keyframe" of a lone shape means
    nothing).
    """
    said = _attributes(row)
    return row.get("interpolated") is True or (said.get("keyframe") is False and said.get("track_id") is not None)


def _track(row: dict[str, Any]) -> str | None:
    """What goes on through several images, as this annotation says."""
    track = row.get("track", _attributes(row).get("track_id"))
    return None if track is None else str(track)
