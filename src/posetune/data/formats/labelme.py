"""labelme's and X-AnyLabeling's JSON: one file beside each picture, with points and rectangles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from posetune.data.formats.label_text import mentions, read_json
from posetune.data.formats.reading import Reading, Tables, packed, spread
from posetune.data.formats.table_reader import read_tables
from posetune.data.losses import Losses
from posetune.data.people import Dataset
from posetune.errors import PosetuneError
from posetune.files import walk

__all__ = ["NAME", "TITLE", "parts", "read", "sniff"]

NAME = "labelme"
TITLE = "labelme and X-AnyLabeling JSON (a file for each picture)"

#: Folders of splits, below a set's.
_SPLITS = ("train", "val", "valid", "test", "dev")


def sniff(path: Path) -> bool:
    """Whether ``path`` is such a file, or a folder in which one lies."""
    if path.is_dir():
        return any(_is_one(file) for file in _files(path)[:3])
    return _is_one(path)


def _is_one(path: Path) -> bool:
    return (
        path.suffix.lower() == ".json"
        and path.is_file()
        and mentions(path, b'"shapes"')
        and mentions(path, b'"imagePath"')
    )


def parts(path: Path) -> list[str]:
    """The folders of splits below a set's folder."""
    return [name for name in _SPLITS if path.is_dir() and (path / name).is_dir() and _files(path / name)]


def _files(folder: Path) -> list[Path]:
    return [file for file in walk(folder) if file.suffix.lower() == ".json" and not file.name.startswith(".")]


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read a folder of such files, or one. A person is a group (group_id), else a rectangle and what lies in it.

    A point is hidden (v = 1) where X-AnyLabeling's ``difficult`` or a flag "occluded" or "hidden" says so; its ``visible``
    stands on every shape and says nothing. Raises PosetuneError: no points, a point of one person twice, and what
    ``coco.load_coco`` raises.
    """
    folder = path if how.split is None else path / how.split
    files = _files(folder) if folder.is_dir() else [folder]
    reader = _Reader(path)
    for file in files:
        if _is_one(file):
            reader.file(file, folder if folder.is_dir() else folder.parent)
    if not reader.names:
        raise PosetuneError(f"{path}: no file of labelme has a point; label with shapes of the type point.")
    for row in reader.rows:
        row["keypoints"] = spread(row["keypoints"], len(reader.names))
    categories = [{"id": 1, "name": "person", "keypoints": list(reader.names)}]
    tables = Tables(str(path), reader.images, reader.rows, categories, reader.notes, reader.losses)
    base = folder if folder.is_dir() else folder.parent
    return read_tables(tables, path, Reading(**{**vars(how), "images": how.images or base, "root": how.root or base}))


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.images: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.names: dict[str, int] = {}
        self.notes: list[str] = []
        self.losses = Losses()

    def file(self, file: Path, folder: Path) -> None:
        content, notes = read_json(file)
        self.notes += [f"({file.name}) {note}" for note in notes]
        shapes = content.get("shapes") if isinstance(content, dict) else None
        if not isinstance(shapes, list) or not all(isinstance(s, dict) for s in shapes):
            raise PosetuneError(f"{file}: 'shapes' is no list of shapes.")
        # labelme's imagePath is relative to its own file; of Windows it has backslashes
        name = PurePosixPath(str(content.get("imagePath") or file.with_suffix(".jpg").name).replace("\\", "/"))
        beside = file.parent / name
        inside = beside.relative_to(folder) if beside.is_relative_to(folder) and ".." not in name.parts else None
        number = len(self.images) + 1
        self.images.append({
            "id": number, "file_name": (inside or name).as_posix(), "width": content.get("imageWidth"),
            "height": content.get("imageHeight"),
        })  # fmt: skip
        for person in _people(shapes, self.losses):
            self.person(person, number, file)
        for shape in shapes:
            kind = shape.get("shape_type")
            if kind not in ("point", "rectangle"):
                self.losses.add("shapes", f"are of the kind {kind}, which shows no pose")

    def person(self, shapes: Sequence[dict[str, Any]], image: int, file: Path) -> None:
        points: dict[str, tuple[float, float, float]] = {}
        box = None
        for shape in shapes:
            corners = _corners(shape)
            name = str(shape.get("label", ""))
            if not corners:
                raise PosetuneError(f"{file}: the shape {name!r} has no place.")
            if shape.get("shape_type") == "rectangle":
                box = _box(corners)
                continue
            if name in points:
                raise PosetuneError(
                    f"{file}: {name!r} stands twice for one person, and nothing says whose it is; give the shapes of each person a "
                    "group, or draw a rectangle around each."
                )
            points[name] = (*corners[0], 1.0 if _is_hidden(shape) else 2.0)
        if points:
            row: dict[str, Any] = {
                "id": len(self.rows) + 1,
                "image_id": image,
                "category_id": 1,
                "keypoints": packed(points, self.names),
            }
            self.rows.append(row if box is None else {**row, "bbox": box})
        elif box is not None:
            self.losses.add("boxes", "hold no point")


def _people(shapes: Sequence[dict[str, Any]], losses: Losses) -> list[list[dict[str, Any]]]:
    """Points and rectangles by their group; those without by the one rectangle that holds them (of several, the one that has no
    such point yet); what is in none together.
    """
    groups: dict[Any, list[dict[str, Any]]] = {}
    alone = []
    for shape in shapes:
        if shape.get("shape_type") not in ("point", "rectangle"):
            continue
        if shape.get("group_id") is not None:
            groups.setdefault(str(shape["group_id"]), []).append(shape)
        else:
            alone.append(shape)
    boxes = [[shape] for shape in alone if shape.get("shape_type") == "rectangle"]
    boxes += [members for members in groups.values() if any(s.get("shape_type") == "rectangle" for s in members)]
    left: list[dict[str, Any]] = []
    doubtful: list[tuple[dict[str, Any], list[list[dict[str, Any]]]]] = []
    for shape in alone:
        if shape.get("shape_type") == "rectangle":
            continue
        holding = [members for members in boxes if _holds(members, shape)]
        if len(holding) > 1:
            doubtful.append((shape, holding))
        else:
            (holding[0] if holding else left).append(shape)
    for shape, holding in doubtful:
        wanting = [members for members in holding if all(s.get("label") != shape.get("label") for s in members)]
        if len(wanting) == 1:
            wanting[0].append(shape)
        else:
            losses.add(
                "points", "lie in several rectangles, and nothing says whose they are", 1, [str(shape.get("label"))]
            )
    named = [members for members in groups.values() if not any(members is b for b in boxes)]
    return [*boxes, *named, *([left] if left else [])]


def _holds(members: Sequence[dict[str, Any]], point: dict[str, Any]) -> bool:
    place = _corners(point)
    for shape in members:
        if shape.get("shape_type") == "rectangle" and place and (corners := _corners(shape)):
            x, y, w, h = _box(corners)
            if x <= place[0][0] <= x + w and y <= place[0][1] <= y + h:
                return True
    return False


def _corners(shape: dict[str, Any]) -> list[tuple[float, float]]:
    try:
        points = [(float(x), float(y)) for x, y in shape.get("points") or []]
    except (TypeError, ValueError, OverflowError):
        return []
    return points if all(math.isfinite(v) for pair in points for v in pair) else []


def _box(corners: Sequence[tuple[float, float]]) -> list[float]:
    xs, ys = zip(*corners, strict=True)
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def _is_hidden(shape: dict[str, Any]) -> bool:
    flags = shape.get("flags")
    said = {str(k).lower() for k, v in flags.items() if v} if isinstance(flags, dict) else set()
    note = str(shape.get("description") or "").strip().lower()
    return bool(shape.get("difficult")) or bool(said & {"occluded", "hidden"}) or note in ("occluded", "hidden")
