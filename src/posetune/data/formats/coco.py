"""COCO keypoint JSON, the source of truth, read with every doubt spoken out. Writing: ``coco_writer``."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune import landmarks
from posetune.data.formats.image_finder import ImageFinder, some
from posetune.data.origin import Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.runtime.images import read_image
from posetune.skeleton import BLAZEPOSE, Skeleton, infer

#: A labelled point may lie outside the image by this share of the image's longer side (people are cut by
#: the frame, and annotators and renderers go on beyond it). Farther out it counts as unlabelled, with a
#: warning.
OUTSIDE_TOLERANCE = 0.25

#: Which key of an image says what it must not be separated from; the first that is there counts.
GROUP_KEYS = ("scene_group", "video", "group")

_PERSON_KEYS = frozenset(
    {"id", "image_id", "category_id", "keypoints", "num_keypoints", "bbox", "area", "iscrowd", "ignore",
     "keypoints_3d", "segmentation"}
)  # fmt: skip


def load_coco(
    annotations: str | Path,
    images_folder: str | Path,
    *,
    name: str | None = None,
    root: str | Path | None = None,
    require_images: bool = True,
    native: bool = False,
) -> Dataset:
    """Read a COCO keypoint file.

    Points are mapped by name (``landmarks.match_names``), category by category; what means none of the 33
    stands in ``dropped_names``. Any point may be unlabelled. A category without keypoints (a ball, a dog)
    is passed over. A person with nothing labelled, ``iscrowd`` or ``ignore`` is kept with ``ignore=True``.
    A point that lies outside the image by more than :data:`OUTSIDE_TOLERANCE` counts as unlabelled and is
    told in ``warnings``; so is v = 0 with coordinates. Image files are not opened here.

    ``native``: do not map, keep the file's own points (of several categories: the union by name). Their edges are
    the category's ``skeleton``; flip partners and OKS sigmas its ``flip_pairs`` (pairs of names) and ``sigmas``
    (name → sigma) where it has these, which are not COCO's; otherwise they are worked out from the names.

    Raises PosetuneError: no such file, not JSON, not the shape of COCO keypoints, no image or person in it,
    ids twice or unknown, a wrong number of values, NaN, no known keypoint name, nothing labelled at all,
    images missing.
    """
    annotations = Path(annotations)
    images_folder = Path(images_folder)
    content = _read_json(annotations)
    reader = _Reader(str(annotations), [])
    tables = {key: reader.records(content, key) for key in ("images", "annotations", "categories")}
    schemas, skeleton = reader.schemas(tables["categories"], native)
    places = ImageFinder(images_folder, annotations.stem)
    images = reader.images(tables["images"], places)
    if require_images or len(places.missing) == len(images):
        places.complain(annotations)
    elif places.missing:
        reader.warn(f"{len(places.missing)} of {len(images)} images are missing")
    people = reader.people(tables["annotations"], images, schemas, skeleton)
    _require_labels(annotations, people, schemas)
    return Dataset(
        name=name or annotations.stem,
        images=tuple(images.values()),
        people=tuple(people),
        source_names=tuple(dict.fromkeys(n for s in schemas.values() for n in s.names)),
        dropped_names=tuple(dict.fromkeys(n for s in schemas.values() for n in s.dropped)),
        root=Path(root) if root is not None else images_folder,
        warnings=tuple(reader.warnings),
        skeleton=skeleton,
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise PosetuneError(
            f"Cannot read the labels {path}: {error.strerror or error}; give a COCO keypoint .json file."
        ) from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "a MediaPipe bundle or ZIP archive" if text[:2] == b"PK" else "not JSON"
        kind = "a TFLite network" if text[4:8] == b"TFL3" else kind
        at = f" ({error.msg} in line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise PosetuneError(
            f"The labels {path} are {kind}{at}; give a COCO keypoint .json file with images, annotations "
            "and categories."
        ) from error
    if isinstance(content, list):
        raise PosetuneError(
            f"The labels {path} are a bare list (COCO's results format?); a data set is an object with the "
            "keys images, annotations and categories."
        )
    if not isinstance(content, dict):
        raise PosetuneError(f"The labels {path} hold no JSON object with images, annotations and categories.")
    return content


@dataclass(frozen=True)
class _Schema:
    """One category: its keypoint names, where each goes among the points read, and the names that go nowhere."""

    names: tuple[str, ...]
    mapping: dict[int, int]
    dropped: tuple[str, ...]


@dataclass
class _Reader:
    """Turns the tables of one file into records; remembers the file's name for errors, and the warnings."""

    where: str
    warnings: list[str]

    def fail(self, what: str) -> PosetuneError:
        return PosetuneError(f"{self.where}: {what}")

    def warn(self, what: str) -> None:
        self.warnings.append(f"{self.where}: {what}.")

    def records(self, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """The table ``key``: a list of objects, not empty."""
        table = content.get(key)
        if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
            state = "is not a list of objects" if key in content else "is missing"
            raise self.fail(
                f"'{key}' {state}; a COCO keypoint file has images, annotations and categories, each a list of objects."
            )
        if not table:
            raise self.fail(f"'{key}' is empty; label at least one person and export the set again.")
        return table

    def schemas(self, categories: list[dict[str, Any]], native: bool) -> tuple[dict[Any, _Schema], Skeleton]:
        """Category id → schema, for the categories that have keypoints; and the points that are read."""
        schemas = {}
        skeleton = self.native_skeleton(categories) if native else BLAZEPOSE
        for row in categories:
            names = row.get("keypoints") or []
            if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
                raise self.fail(f"category {row.get('id')!r} has keypoints that are not a list of names.")
            if row.get("id") in schemas:
                raise self.fail(f"category id {row.get('id')!r} stands twice; give every category its own id.")
            if names:
                own = {i: skeleton.names.index(name) for i, name in enumerate(names)} if native else {}
                mapping, dropped = (own, []) if native else landmarks.match_names(names)
                schemas[row.get("id")] = _Schema(tuple(names), mapping, tuple(dropped))
        if not schemas:
            raise self.fail(
                "no category has keypoint names, and points are mapped by name only; add 'keypoints': "
                "[\"nose\", \"left_shoulder\", …] to the category."
            )  # fmt: skip
        return schemas, skeleton

    def native_skeleton(self, categories: list[dict[str, Any]]) -> Skeleton:
        """The points of all categories by name, with the edges, flip partners and sigmas that these give."""
        names: list[str] = []
        edges: list[tuple[int, int]] = []
        pairs: list[list[str]] | None = None
        sigmas: dict[str, float] = {}
        for row in categories:
            own = row.get("keypoints") or []
            if not isinstance(own, list) or not all(isinstance(n, str) for n in own):
                continue  # schemas() says so
            names += [n for n in dict.fromkeys(own) if n not in names] if names else own
            try:
                edges += [(names.index(own[a - 1]), names.index(own[b - 1])) for a, b in row.get("skeleton") or []]
                if row.get("flip_pairs") is not None:
                    pairs = (pairs or []) + [[str(a), str(b)] for a, b in row["flip_pairs"]]
                sigmas |= {str(name): float(sigma) for name, sigma in (row.get("sigmas") or {}).items()}
            except (TypeError, ValueError, IndexError, AttributeError):
                raise self.fail(
                    f"category {row.get('id')!r} has a skeleton, flip_pairs or sigmas that do not fit its keypoints: "
                    "skeleton is pairs of positions from 1, flip_pairs pairs of names, sigmas name: number."
                ) from None
        if not names:
            return BLAZEPOSE  # schemas() refuses such a file
        return infer(names, where=self.where, edges=edges or None, flip_pairs=pairs, sigmas=sigmas)

    def images(self, rows: list[dict[str, Any]], places: ImageFinder) -> dict[Any, ImageRecord]:
        """Image id → record."""
        images: dict[Any, ImageRecord] = {}
        for row in rows:
            key, file_name = row.get("id"), row.get("file_name")
            if not isinstance(key, int | str) or not isinstance(file_name, str) or not file_name:
                raise self.fail(f"an image lacks its id or file_name ({_short(row)}).")
            if key in images:
                raise self.fail(f"image id {key!r} stands twice; give every image its own id.")
            path = places.find(file_name)
            width, height = row.get("width"), row.get("height")
            if width is None or height is None:
                height, width = read_image(path).shape[:2]
            if not (_finite(width) and _finite(height) and width >= 1 and height >= 1):
                raise self.fail(f"image {file_name} has no valid width and height ({width!r} × {height!r}).")
            group = next((str(row[k]) for k in GROUP_KEYS if row.get(k) is not None), f"image:{file_name}")
            images[key] = ImageRecord(key, path, int(width), int(height), group)
        return images

    def people(
        self,
        rows: list[dict[str, Any]],
        images: dict[Any, ImageRecord],
        schemas: dict[Any, _Schema],
        skeleton: Skeleton,
    ) -> list[Person]:
        """The people of all categories that have keypoints, in the order of the file."""
        only = next(iter(schemas)) if len(schemas) == 1 else None
        people, seen = [], set()
        outside: list[str] = []
        unlabelled_with_xy: list[str] = []
        nothing = 0
        for position, row in enumerate(rows):
            schema = schemas.get(row.get("category_id", only))
            if schema is None:
                continue
            who = row.get("id", position + 1)
            if not isinstance(who, int):
                raise self.fail(f"annotation id {who!r} is not a whole number.")
            if who in seen:
                raise self.fail(f"annotation id {who} stands twice; give every annotation its own id.")
            seen.add(who)
            image = images.get(row.get("image_id"))
            if image is None:
                raise self.fail(f"annotation {who} belongs to image {row.get('image_id')!r}, which is not in 'images'.")
            native = self.points(row, "keypoints", len(schema.names), f"annotation {who} ({image.path.name})")
            keypoints = np.zeros((skeleton.count, 3))
            source, target = list(schema.mapping), list(schema.mapping.values())
            keypoints[target] = native[source]
            places = [{t: s for s, t in schema.mapping.items()}.get(i) for i in range(skeleton.count)]
            if np.any((keypoints[:, 2] == 0) & (keypoints[:, :2] != 0).any(axis=1)):
                unlabelled_with_xy.append(str(who))
            far = (keypoints[:, 2] > 0) & _far_outside(keypoints, image)
            if far.any():
                outside += [f"{skeleton.names[i]} of annotation {who}" for i in np.flatnonzero(far)]
                keypoints[far] = 0
            keypoints[keypoints[:, 2] == 0] = 0
            empty = not keypoints.any()
            nothing += empty
            people.append(
                Person(
                    id=who,
                    image=image,
                    keypoints=keypoints,
                    bbox=self.box(row, who),
                    area=float(row["area"]) if _finite(row.get("area")) else None,
                    ignore=bool(row.get("ignore") or row.get("iscrowd")) or empty,
                    keypoints_3d=self.points_3d(row, schema, who, skeleton.count),
                    origin=Origin.of({k: v for k, v in row.items() if k not in _PERSON_KEYS}, places),
                    skeleton=skeleton,
                )
            )
        if outside:
            self.warn(f"{len(outside)} points lie far outside their image and count as unlabelled ({some(outside)})")
        if unlabelled_with_xy:
            self.warn(
                f"{len(unlabelled_with_xy)} people have points with coordinates but v = 0, which means "
                f"unlabelled (annotations {some(unlabelled_with_xy)})"
            )
        if nothing:
            self.warn(f"{nothing} people have no labelled point and are left out")
        return people

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
            raise self.fail(
                f"the {key} of {who} are {values.size} numbers; its category names {count} keypoints, so "
                f"it takes {3 * count} (x, y, v each)."
            )
        points = values.reshape(count, 3)
        if not np.isin(points[:, 2], (0, 1, 2)).all():
            raise self.fail(f"the {key} of {who} have a v that is not 0, 1 or 2.")
        if not np.isfinite(points[points[:, 2] > 0]).all():
            raise self.fail(f"the {key} of {who} hold NaN or infinity; correct it, or set v = 0 for that point.")
        points[points[:, 2] == 0] = np.nan_to_num(points[points[:, 2] == 0], nan=0, posinf=0, neginf=0)
        return points

    def points_3d(self, row: dict[str, Any], schema: _Schema, who: int, count: int) -> np.ndarray | None:
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


def _require_labels(annotations: Path, people: list[Person], schemas: dict[Any, _Schema]) -> None:
    if not any(schema.mapping for schema in schemas.values()):
        names = [n for s in schemas.values() for n in s.names]
        raise PosetuneError(
            f"{annotations}: none of its keypoint names is known ({some(names)}); name them as COCO, "
            f"Halpe, MPII, LSP or MediaPipe do ({some(landmarks.NAMES)})."
        )
    if not people:
        raise PosetuneError(f"{annotations}: no annotation belongs to a category with keypoints; label people.")
    if not any(person.labelled.any() for person in people):
        raise PosetuneError(
            f"{annotations}: not one point is labelled (every v is 0, or the points lie outside their "
            "images); export the set with its keypoints."
        )


def _far_outside(keypoints: np.ndarray, image: ImageRecord) -> np.ndarray:
    """(33,) bool: outside the image by more than the tolerance."""
    slack = OUTSIDE_TOLERANCE * max(image.width, image.height)
    x, y = keypoints[:, 0], keypoints[:, 1]
    return (x < -slack) | (y < -slack) | (x > image.width + slack) | (y > image.height + slack)


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _short(row: dict[str, Any]) -> str:
    text = json.dumps(row, default=str)
    return text if len(text) < 80 else f"{text[:77]}…"
