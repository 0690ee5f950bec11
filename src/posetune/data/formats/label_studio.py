"""Label Studio's JSON: tasks with key points in per cent of the picture, joined to people by their parent, by relations, or by
the rectangle that holds them. Written by ``label_studio_writer``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from posetune.data.formats.json_stream import LARGE, pieces
from posetune.data.formats.label_studio_writer import HIDDEN, LOSSES, write_label_studio
from posetune.data.formats.label_text import is_label_file, mentions, read_json
from posetune.data.formats.reading import Reading, Tables, packed, spread
from posetune.data.formats.row_values import is_finite
from posetune.data.formats.table_reader import read_tables
from posetune.data.losses import Losses
from posetune.data.people import Dataset
from posetune.errors import PosetuneError

__all__ = ["LOSSES", "NAME", "TITLE", "read", "sniff", "write"]

NAME = "labelstudio"
TITLE = "Label Studio JSON"

write = write_label_studio

#: What is read of a task.
_KINDS = ("keypointlabels", "keypoint", "rectanglelabels", "rectangle", "relation")
#: What stands before the path of a file in Label Studio's local storage.
_LOCAL = "/data/local-files/?d="
#: The key of a picture in a task's data, whatever the project calls it.
_PICTURES = ("image", "img", "picture", "url")


def sniff(path: Path) -> bool:
    """Whether ``path`` is an export with key points, or with annotations of tasks at all."""
    if not (path.is_file() and is_label_file(path)) or mentions(path, b'"categories"'):
        return False
    full = mentions(path, b'"result"') and mentions(path, b'"data"')
    return full or (mentions(path, b'"keypointlabels"') and mentions(path, b'"original_width"'))


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read a JSON or JSON-MIN export. A point has v = 1 where its note (meta) says "hidden", as posetune writes it, else 2.

    Of several annotations of one task the last one that was not cancelled counts. Who annotated is not read. Raises
    PosetuneError: no tasks, no key points, points of one person twice, and what ``coco.load_coco`` raises.
    """
    reader = _read(path)
    if not reader.names:
        raise PosetuneError(f"{path}: no task has key points; label with <KeyPointLabels> and export as JSON.")
    categories = [{"id": 1, "name": "person", "keypoints": list(reader.names)}]
    reader.place_points()
    tables = Tables(str(path), reader.images, reader.rows, categories, reader.notes, reader.losses)
    return read_tables(tables, path, how)


def _read(path: Path) -> _Reader:
    """The tasks gone through, one at a time where the file is large."""
    if path.is_file() and path.stat().st_size >= LARGE:
        with contextlib.suppress(ValueError, RecursionError):  # what is wrong, the other way says better
            reader = _Reader(path, [])
            for number, (_, task, _) in enumerate(pieces(path), 1):
                reader.task(task, number)
            return reader
    content, notes = read_json(path)
    reader = _Reader(path, notes)
    for number, task in enumerate(content if isinstance(content, list) else [content], 1):
        reader.task(task, number)
    return reader


class _Reader:
    """Goes through the tasks; what it found stands in ``images``, ``rows`` and ``names``."""

    def __init__(self, path: Path, notes: list[str]) -> None:
        self.path, self.notes = path, notes
        self.images: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.names: dict[str, int] = {}
        self.losses = Losses()

    def fail(self, what: str) -> PosetuneError:
        return PosetuneError(f"{self.path}: {what}")

    def place_points(self) -> None:
        """Once all names are known: each row's points in their order."""
        for row in self.rows:
            row["keypoints"] = spread(row["keypoints"], len(self.names))

    def task(self, task: Any, number: int) -> None:
        if not isinstance(task, dict):
            raise self.fail("it holds no tasks; export the project as JSON.")
        about = f"task {task.get('id', number)}"
        name = self.picture(task, about)
        regions = list(self.regions(task))
        size = next(((r["original_width"], r["original_height"]) for r in regions if _is_size(r)), (None, None))
        row: dict[str, Any] = {"id": number, "file_name": name, "width": size[0], "height": size[1]}
        group = (task.get("data") or {}).get("posetune_group") if isinstance(task.get("data"), dict) else None
        if isinstance(group, str) and group:
            row["group"] = group
        self.images.append(row)
        if any(r.get("image_rotation") for r in regions):
            raise self.fail(
                f"{about} was turned while it was labelled (image_rotation); turn the picture itself instead."
            )
        for kind in (str(r.get("type", "nothing")) for r in regions):
            if kind not in _KINDS:
                self.losses.add("regions", f"are of the kind {kind}, which shows no pose")
        if len(pictures := {str(r["to_name"]) for r in regions if r.get("type") in _KINDS and "to_name" in r}) > 1:
            raise self.fail(
                f"{about} has labels on several pictures ({', '.join(sorted(pictures))}); export tasks of one picture each."
            )
        people = _people(regions, self.losses)
        for person in people:
            self.person(person, number, size, about)

    def picture(self, task: dict[str, Any], about: str) -> str:
        data = task.get("data") if isinstance(task.get("data"), dict) else task
        texts = {k: v for k, v in (data or {}).items() if isinstance(v, str)}
        found = next((texts[k] for k in _PICTURES if k in texts), None)
        found = found or next((v for v in texts.values() if "." in v.rpartition("/")[2]), None)
        if found is None:
            raise self.fail(f"{about} names no picture in its data.")
        return unquote(found.partition(_LOCAL)[2]) if _LOCAL in found else found

    def regions(self, task: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What was drawn, of the annotation that counts; in JSON-MIN, lists of it stand in the task itself."""
        annotations = task.get("annotations", task.get("completions"))
        if not isinstance(annotations, list):
            for value in task.values():
                for region in value if isinstance(value, list) else ():
                    if isinstance(region, dict) and "x" in region:
                        kind = next((k for k in ("keypointlabels", "rectanglelabels") if k in region), "other")
                        yield {"type": kind, "value": region, **region}
            return
        kept = [a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled") and not a.get("skipped")]
        if len(kept) > 1:
            self.losses.add(
                "annotations", "are earlier ones of a task that has several; the last one counts", len(kept) - 1
            )
        for region in (kept[-1].get("result") or []) if kept else ():
            if isinstance(region, dict):
                yield region

    def person(self, person: _Person, image: int, size: tuple[Any, Any], about: str) -> None:
        points: dict[str, tuple[float, float, float]] = {}
        for region in person.points:
            value = region["value"]
            labels = value.get("keypointlabels")
            if not isinstance(labels, list) or not labels or not isinstance(labels[0], str):
                self.losses.add("points", "have no label")
                continue
            name = labels[0]
            x, y = (_px(value.get(key), side) for key, side in zip("xy", size, strict=True))
            if x is None or y is None:
                raise self.fail(f"{about}: the point {name!r} has no place, or its picture no size (original_width).")
            if name in points:
                raise self.fail(
                    f"{about} has {name!r} twice for one person, and nothing says whose it is: draw a rectangle around each person "
                    "and put the points into it (parent), or relate them."
                )
            points[name] = (x, y, 1.0 if _is_hidden(region) else 2.0)
        if not points and person.box is None:
            return
        row: dict[str, Any] = {
            "id": len(self.rows) + 1,
            "image_id": image,
            "category_id": 1,
            "keypoints": packed(points, self.names),
        }
        if person.box is not None:
            box = person.box["value"]
            sides = [_px(box.get(k), s) for k, s in zip(("x", "y", "width", "height"), (*size, *size), strict=True)]
            if None not in sides:
                row["bbox"] = sides
        self.rows.append(row)


class _Person:
    def __init__(self, box: dict[str, Any] | None = None) -> None:
        self.box = box
        self.points: list[dict[str, Any]] = []


def _people(regions: Iterable[dict[str, Any]], losses: Losses) -> list[_Person]:
    """Key points by the rectangle that is their parent, that a relation ties them to, or that alone holds them (of several, the
    one that has no such point yet); what is in none is one person, if no point stands there twice.
    """
    kinds: dict[str, list[dict[str, Any]]] = {}
    for region in regions:
        kinds.setdefault(str(region.get("type", "")), []).append(region)
    points = [
        r for r in (*kinds.get("keypointlabels", ()), *kinds.get("keypoint", ())) if isinstance(r.get("value"), dict)
    ]
    boxes = [
        r for r in (*kinds.get("rectanglelabels", ()), *kinds.get("rectangle", ())) if isinstance(r.get("value"), dict)
    ]
    people = {str(box.get("id", i)): _Person(box) for i, box in enumerate(boxes)}
    tied: dict[str, str] = {}
    for relation in kinds.get("relation", ()):
        a, b = str(relation.get("from_id")), str(relation.get("to_id"))
        if (a in people) != (b in people):
            tied.setdefault(b if a in people else a, a if a in people else b)
    left: dict[str, _Person] = {}
    doubtful: list[tuple[dict[str, Any], list[str]]] = []
    for point in points:
        key = str(point.get("id"))
        parent = point.get("parentID") or point.get("parent_id")
        holding = [k for k, person in people.items() if _holds(person.box, point)]
        if isinstance(parent, str) and parent in people:
            people[parent].points.append(point)
        elif key in tied:
            people[tied[key]].points.append(point)
        elif len(holding) == 1:
            people[holding[0]].points.append(point)
        elif holding and not parent:
            doubtful.append((point, holding))
        else:
            left.setdefault(str(parent or ""), _Person()).points.append(point)
    for point, holding in doubtful:
        label = point["value"].get("keypointlabels")
        wanting = [k for k in holding if all(p["value"].get("keypointlabels") != label for p in people[k].points)]
        if len(wanting) == 1:
            people[wanting[0]].points.append(point)
        else:
            losses.add("points", "lie in several rectangles, and nothing says whose they are", 1, [str(label)])
    return [*people.values(), *left.values()]


def _holds(box: dict[str, Any] | None, point: dict[str, Any]) -> bool:
    if box is None:
        return False
    b, p = box["value"], point["value"]
    try:
        return b["x"] <= p["x"] <= b["x"] + b["width"] and b["y"] <= p["y"] <= b["y"] + b["height"]
    except (KeyError, TypeError):
        return False


def _is_size(region: dict[str, Any]) -> bool:
    return all(isinstance(region.get(f"original_{side}"), int | float) for side in ("width", "height"))


def _is_hidden(region: dict[str, Any]) -> bool:
    meta = region.get("meta")
    text = meta.get("text") if isinstance(meta, dict) else None
    words = text if isinstance(text, list) else [text]
    return any(isinstance(word, str) and word.strip().lower() in (HIDDEN, "occluded") for word in words)


def _px(value: Any, side: Any) -> float | None:
    """Per cent of a side as px."""
    numbers = all(is_finite(v) and not isinstance(v, bool) for v in (value, side))
    return float(value) * float(side) / 100 if numbers else None
