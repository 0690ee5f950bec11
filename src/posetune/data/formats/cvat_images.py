"""CVAT for images 1.1: XML with a <skeleton> for each person. Written by ``cvat_writer``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from posetune import landmarks
from posetune.data.formats.cvat_meta import Meta, first_kind, is_cvat, meta_of, read_meta
from posetune.data.formats.cvat_shapes import give_boxes, is_doubtful, loose_people, skeleton_row
from posetune.data.formats.cvat_writer import LOSSES, write_cvat
from posetune.data.formats.image_finder import some
from posetune.data.formats.reading import Reading, Tables
from posetune.data.formats.table_reader import images_beside, read_tables
from posetune.data.formats.xml_events import children
from posetune.data.losses import Losses
from posetune.data.people import Dataset
from posetune.errors import PosetuneError

__all__ = ["LOSSES", "NAME", "TITLE", "parts", "read", "sniff", "write"]

NAME = "cvat"
TITLE = "CVAT for images 1.1 (XML)"

write = write_cvat

#: What CVAT draws and posetune has no use for.
_NO_POSE = ("polygon", "polyline", "mask", "cuboid", "ellipse", "tag")


def sniff(path: Path) -> bool:
    """Whether ``path`` is CVAT's XML, of images or empty."""
    return is_cvat(path) and first_kind(path) != "track"


def parts(path: Path) -> list[str]:
    """The subsets of its tasks."""
    return read_meta(path).subsets()


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read the people of all skeletons. Points are placed by name within their own skeleton's label; v is 2, occluded 1, and
    outside 0, with its place kept in ``Person.outside``.

    Raises PosetuneError: not XML, nothing labelled (with what to do in CVAT), points that their label does not name, and what
    ``coco.load_coco`` raises.
    """
    reader = _Reader(path, how)
    reader.run()
    reader.require()
    subsets = [s for s in reader.meta.subsets() if s] or [""]
    folder = how.images or images_beside(path)
    bases = (*how.bases, *(folder / s for s in subsets), path.parent)
    reader.call_points()
    tables = Tables(str(path), reader.images, reader.rows, reader.meta.categories(), reader.notes, reader.losses)
    return read_tables(tables, path, _with_bases(how, bases))


def _with_bases(how: Reading, bases: tuple[Path, ...]) -> Reading:
    return Reading(**{**vars(how), "bases": bases})


class _Reader:
    """Goes through the file once; what it found stands in ``images`` and ``rows``."""

    def __init__(self, path: Path, how: Reading) -> None:
        self.path, self.how = path, how
        self.meta = Meta()
        self.images: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.losses = Losses()
        self.shapes = Counter[str]()
        self.loose = Counter[str]()
        self.ids: set[int] = set()

    def fail(self, what: str) -> PosetuneError:
        return PosetuneError(f"{self.path}: {what}")

    def run(self) -> None:
        for element in children(self.path):
            if element.tag == "meta":
                self.meta = meta_of(element)
            elif element.tag == "image":
                self.image(element)

    def image(self, element: Element) -> None:
        name = element.get("name", "")
        subset = element.get("subset")
        task = self.meta.task(element.get("task_id"))
        if self.how.split is not None:
            own = subset if subset is not None else (task.subset if task else None)
            if own is not None and own != self.how.split:
                return
        if not name:
            raise self.fail("an <image> has no name.")
        number = len(self.images) + 1  # the file's own ids start anew with each task
        row: dict[str, Any] = {
            "id": number, "file_name": name, "width": _number(element.get("width")), "height": _number(element.get("height")),
        }  # fmt: skip
        if task is not None and (task.video or len(self.meta.tasks) > 1):
            row["group"] = f"task:{task.name or task.id}"
        self.images.append(row)
        for person in self.people(element, f"image {name}"):
            self.take(person, number)

    def take(self, row: dict[str, Any], image: int) -> None:
        row["image_id"] = image
        if row.get("id") in self.ids:
            row.pop("id")  # copied in CVAT, with its attributes
        row["id"] = row.get("id") or self.next_id()
        self.ids.add(row["id"])
        self.rows.append(row)

    def call_points(self) -> None:
        """Points marked as outside stand by name: call them as the categories do."""
        called = {
            i: dict(zip(self.meta.skeletons[label], self.meta.called(label), strict=True))
            for i, label in enumerate(self.meta.skeletons, 1)
        }
        for row in self.rows:
            if "outside" in row:
                names = called[row["category_id"]]
                row["outside"] = {names[name]: place for name, place in row["outside"].items()}

    def next_id(self) -> int:
        number = len(self.rows) + 1
        while number in self.ids:
            number += 1
        return number

    def people(self, image: Element, about: str) -> Iterator[dict[str, Any]]:
        people: list[tuple[Element, dict[str, Any]]] = []
        numbers = {label: i for i, label in enumerate(self.meta.skeletons, 1)}
        for element in image.iterfind("skeleton"):
            self.shapes["skeleton"] += 1
            label = element.get("label", "")
            if label not in numbers:
                names = list(dict.fromkeys(p.get("label", "") for p in element.iter("points")))
                if not names:
                    continue
                numbers[label] = len(numbers) + 1
                self.meta.skeletons[label] = names
            row = skeleton_row(element, self.meta.skeletons[label], f"a {label!r} of {about}", self.fail)
            if row is None:
                self.losses.add("people", "have all their points marked as outside and are not there")
                continue
            row["category_id"] = numbers[label]
            people.append((element, row))
        boxes = image.findall("box")
        loose = image.findall("points")
        if self.how.points_as_people and loose:
            yield from self.loose_points(loose, boxes, about)
        else:
            self.loose.update(point.get("label", "") for point in loose)
        self.losses.add("boxes", "belong to no skeleton by group, attribute or place", give_boxes(people, boxes))
        for kind in _NO_POSE:
            self.losses.add("shapes", f"are of the kind {kind}, which shows no pose", len(image.findall(kind)))
        yield from (row for _, row in people)

    def loose_points(self, loose: list[Element], boxes: list[Element], about: str) -> Iterator[dict[str, Any]]:
        label = "loose points"
        self.meta.skeletons.setdefault(label, list(landmarks.NAMES))
        several = [p for p in loose if ";" in p.get("points", "")]
        if several:
            raise self.fail(
                f"{about} has {len(several)} shapes of several points under one label ({several[0].get('label')!r}): nothing says "
                "which point is which. Label with a skeleton whose points have names."
            )
        place: dict[str, int] = {}
        for point in loose:
            own = point.get("label", "")
            known = landmarks.canonical_name(self.how.names.get(own, own) or "")
            if known is not None:
                place[own] = landmarks.INDEX[known]
            else:
                self.losses.add("points", f"'{own}' means none of the 33")
        kept = [point for point in loose if point.get("label", "") in place]
        doubtful = [point for point in kept if is_doubtful(point, boxes)]
        names = [point.get("label", "") for point in doubtful]
        self.losses.add("points", "lie in several boxes, and nothing says whose they are", len(doubtful), names)
        kept = [point for point in kept if point not in doubtful]
        number = list(self.meta.skeletons).index(label) + 1
        for row in loose_people(kept, boxes, place, about, self.fail):
            self.shapes["skeleton"] += 1
            yield {**row, "category_id": number}

    def require(self) -> None:
        """Raises PosetuneError if nobody is labelled, saying what to do in CVAT."""
        self.losses.add("points", "stand alone, outside of any skeleton", self.loose.total(), list(self.loose))
        if self.rows:
            return
        if self.loose:
            raise self.fail(
                f"it was labelled with loose points ({some(list(self.loose))}), not with skeletons. --points-as-people joins the "
                "points of a person by group or box, if their labels are names of keypoints; for new labels make one label of the "
                "type Skeleton."
            )
        if self.meta.skeletons and self.images:
            raise self.fail(
                f"{len(self.images)} images, and not one skeleton, though its labels have "
                f"{some(list(self.meta.skeletons))}. Was the job saved in CVAT (Ctrl+S) before it was exported?"
            )
        raise self.fail(
            "it has no skeletons; label people in CVAT with a label of the type Skeleton and export it again."
        )


def _number(text: str | None) -> Any:
    try:
        return int(float(text or ""))
    except (ValueError, OverflowError):
        return None
