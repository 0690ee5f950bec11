"""CVAT for video 1.1: XML with a <track> for each person, and in it a <skeleton> for each frame."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from posetune.data.formats.cvat_meta import Meta, Task, first_kind, is_cvat, meta_of, read_meta
from posetune.data.formats.cvat_shapes import skeleton_row
from posetune.data.formats.reading import Reading, Tables
from posetune.data.formats.table_reader import images_beside, read_tables
from posetune.data.formats.xml_events import children
from posetune.data.losses import Losses
from posetune.data.people import Dataset
from posetune.errors import PosetuneError
from posetune.files import walk
from posetune.runtime.images import IMAGE_SUFFIXES

__all__ = ["NAME", "TITLE", "parts", "read", "sniff"]

NAME = "cvat-video"
TITLE = "CVAT for video 1.1 (XML)"

_LAST_NUMBER = re.compile(r"(.*?)(\d+)(\D*)", re.ASCII)
#: No video has more frames.
_MOST_FRAMES = 10**8


def sniff(path: Path) -> bool:
    """Whether ``path`` is CVAT's XML, of tracks."""
    return is_cvat(path) and first_kind(path) == "track"


def parts(path: Path) -> list[str]:
    """The subsets of its tasks."""
    return read_meta(path).subsets()


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read the people of all tracks, frame by frame; the frames of a task are one group.

    What CVAT put between two keyframes has the source "interpolated". A frame in which all points are outside shows nobody.
    Images are looked for as frame_000012 and by the number in their names; of a task of images by their order.

    Raises PosetuneError: not XML, nobody in it, and what ``coco.load_coco`` raises.
    """
    reader = _Reader(path, how)
    reader.run()
    if not reader.rows:
        raise PosetuneError(
            f"{path}: no track shows a skeleton. Label people in CVAT with a label of the type Skeleton, save (Ctrl+S) and export "
            "again."
        )
    tables = Tables(
        str(path), list(reader.images.values()), reader.rows, reader.meta.categories(), reader.notes, reader.losses
    )
    return read_tables(tables, path, how)


class _Reader:
    """Goes through the file once; what it found stands in ``images``, by (task, frame), and ``rows``."""

    def __init__(self, path: Path, how: Reading) -> None:
        self.path, self.how = path, how
        self.meta = Meta()
        self.images: dict[tuple[str, int], dict[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.losses = Losses()
        self.files = _Frames(how.images or images_beside(path))

    def fail(self, what: str) -> PosetuneError:
        return PosetuneError(f"{self.path}: {what}")

    def run(self) -> None:
        for element in children(self.path):
            if element.tag == "meta":
                self.meta = meta_of(element)
            elif element.tag == "track":
                self.track(element)

    def track(self, element: Element) -> None:
        task = self.meta.task(element.get("task_id"))
        subset = element.get("subset", task.subset if task else None)
        if self.how.split is not None and subset is not None and subset != self.how.split:
            return
        found = 0
        for row, frame, key in self.people(element):
            found += 1
            where = element.get("task_id") or (task.id if task else "")
            row["image_id"] = self.image(where, frame, task)["id"]
            row["id"] = len(self.rows) + 1
            row["track"] = f"{where}/{element.get('id', '')}"
            row["attributes"] = {**row.get("attributes", {}), "track_id": element.get("id", "")}
            row["interpolated"] = not key
            self.rows.append(row)
        if not found and element.find("skeleton") is None:
            kind = next((child.tag for child in element), "nothing")
            self.losses.add("tracks", f"are of the kind {kind}, which shows no pose")

    def people(self, track: Element) -> Iterator[tuple[dict[str, Any], int, bool]]:
        """(row, frame, whether it is a keyframe) of each frame of a track in which somebody is."""
        label = track.get("label", "")
        for element in track.iterfind("skeleton"):
            points = element.findall("points")
            frame = _whole(element.get("frame") or (points[0].get("frame") if points else None))
            if frame is None:
                raise self.fail(f"a skeleton of track {track.get('id')} has no frame.")
            names = self.meta.skeletons.setdefault(label, [p.get("label", "") for p in points])
            if element.get("outside") == "1":
                continue
            about = f"frame {frame} of track {track.get('id')}"
            row = skeleton_row(element, names, about, self.fail)
            if row is None:  # a track ends with a frame in which everything is outside
                continue
            row["category_id"] = list(self.meta.skeletons).index(label) + 1
            called = dict(zip(names, self.meta.called(label), strict=True))
            if "outside" in row:
                row["outside"] = {called[name]: place for name, place in row["outside"].items()}
            said = element.get("keyframe")
            key = said == "1" if said is not None else any(p.get("keyframe", "1") == "1" for p in points)
            yield row, frame, key

    def image(self, where: str, frame: int, task: Task | None) -> dict[str, Any]:
        if (where, frame) not in self.images:
            row: dict[str, Any] = {
                "id": len(self.images) + 1,
                "file_name": self.files.name(frame, task, self.meta.tasks),
                "group": f"task:{(task.name or task.id) if task else where}",
            }
            if task is not None and task.width:
                row |= {"width": task.width, "height": task.height}
            self.images[where, frame] = row
        return self.images[where, frame]


class _Frames:
    """The image files of a video's frames in a folder."""

    def __init__(self, folder: Path) -> None:
        files = [p for p in walk(folder) if p.suffix.lower() in IMAGE_SUFFIXES] if folder.is_dir() else []
        self.folder = folder
        self.in_order = files
        self.by_stem: dict[str, list[Path]] = {}
        self.by_number: dict[int, list[Path]] = {}
        for file in files:
            self.by_stem.setdefault(file.stem, []).append(file)
            match = _LAST_NUMBER.fullmatch(file.stem)
            if match is not None and len(match.group(2)) < 10:
                self.by_number.setdefault(int(match.group(2)), []).append(file)

    def name(self, frame: int, task: Task | None, tasks: Sequence[Task]) -> str:
        """The file of a frame, below the folder; the name that CVAT gives it where there is none. Frames of each of several
        ``tasks`` count anew: theirs lie in folders called after their subset or task.
        """
        stem = f"frame_{frame:06d}"
        source = Path(task.source).stem if task and task.source else None
        numbered = [p for p in self.by_number.get(frame, []) if source is None or p.stem.startswith(source)]
        named = [
            self._of_task(found, task, tasks)
            for found in (self.by_stem.get(stem, []), self.by_stem.get(f"{source}_{stem}", []), numbered)
        ]
        if task is not None and not task.video and len(self.in_order) == task.size:
            place = (frame - task.start) // task.step
            named.append(self.in_order[place] if 0 <= place < len(self.in_order) else None)
        found = next((p for p in named if p is not None), None)
        if found is not None:
            return found.relative_to(self.folder).as_posix()
        own = (task.subset or task.name or task.id) if task is not None and len(tasks) > 1 else ""
        return f"{own.replace('/', '_')}/{stem}.png" if own else f"{stem}.png"

    def _of_task(self, found: Sequence[Path], task: Task | None, tasks: Sequence[Task]) -> Path | None:
        """The one of the files that is of this task; None if it is of another, or nothing says which."""
        if task is None or len(tasks) < 2:
            return found[0] if len(found) == 1 else None
        own = {task.subset, task.name, task.id}
        others = {word for t in tasks for word in (t.subset, t.name, t.id)} - own - {""}
        source = Path(task.source).stem
        folders = [(path, set(path.relative_to(self.folder).parts[:-1])) for path in found]
        ours = [path for path, parts in folders if parts & own and not parts & others]
        ours = ours or [p for p, parts in folders if not parts & others and source and p.stem.startswith(source)]
        return ours[0] if len(ours) == 1 else None


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) < _MOST_FRAMES else None
