"""Poses as records: COCO's results format and a table with one row a landmark."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from posetune.files import replacing
from posetune.geometry import joint_angles
from posetune.runtime.pose import Pose

CATEGORY_ID = 1  # "person"
#: With units: px of the image, m (metres), deg (degrees), seconds; without one, a share 0…1, a number or a name.
CSV_COLUMNS = (
    "image_id", "file_name", "frame", "person", "score", "landmark", "name",
    "x_px", "y_px", "z_px", "visibility", "presence", "world_x_m", "world_y_m", "world_z_m", "angle_deg", "track_id", "seconds",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Found:
    """One person, where it was found: ``frame`` counts a video's frames from 0 and is None for an image; ``seconds``:
    when that frame is shown.
    """

    image_id: int | str
    file_name: str
    frame: int | None
    person: int
    pose: Pose
    seconds: float | None = None


def coco_result(found: Found, category_id: int = CATEGORY_ID) -> dict[str, Any]:
    """One entry of a COCO keypoint results file (cocodataset.org/#format-results), and what COCO has no
    place for.

    The keys of :meth:`Pose.to_dict`, and ``image_id``, ``category_id``, ``file_name``; of videos ``frame`` and ``seconds``.
    """
    entry: dict[str, Any] = {
        "image_id": found.image_id,
        "category_id": category_id,
        **found.pose.to_dict(),
        "file_name": found.file_name,
    }
    if found.frame is not None:
        entry["frame"] = found.frame
    if found.seconds is not None:
        entry["seconds"] = round(found.seconds, 4)
    return entry


def coco_json(people: Iterable[Found]) -> str:
    """A COCO keypoint results file: a list, one person a line."""
    stream = io.StringIO()
    _write(RecordWriter(stream, io.StringIO()), people)
    return stream.getvalue()


def table_csv(people: Iterable[Found]) -> str:
    """The same as CSV_COLUMNS, one row a landmark: x, y, z in image px, world in metres; at elbows, shoulders, hips and
    knees the interior angle in the image plane, degrees (docs/reference/measures.md).
    """
    stream = io.StringIO()
    _write(RecordWriter(io.StringIO(), stream), people)
    return stream.getvalue()


def _write(writer: RecordWriter, people: Iterable[Found]) -> None:
    for found in people:
        writer.write(found)
    writer.end()


class RecordWriter:
    """Writes people as COCO results and as a table, one after the other, holding none of them."""

    def __init__(self, coco: TextIO, table: TextIO | None, category_id: int = CATEGORY_ID) -> None:
        """``coco``, ``table``: text streams of the JSON and the CSV file (None: none is wanted). ``category_id``: what a person is
        in the label file.
        """
        self._category_id = category_id
        self._coco, self._table = coco, None if table is None else csv.writer(table, lineterminator="\n")
        if self._table is not None:
            self._table.writerow(CSV_COLUMNS)
        self.count = 0

    def write(self, found: Found) -> None:
        """Add one person."""
        self._coco.write((",\n" if self.count else "[\n") + json.dumps(coco_result(found, self._category_id)))
        if self._table is not None:
            self._table.writerows(_rows(found))
        self.count += 1

    def end(self) -> None:
        """Finish the files; nothing can be added any more."""
        self._coco.write("\n]\n" if self.count else "[]\n")


@contextmanager
def writing_records(coco: Path | None, table: Path | None, category_id: int = CATEGORY_ID) -> Iterator[RecordWriter]:
    """Both files, atomically: they appear, whole, when the block has ended well, or not at all. None: nothing is kept."""
    with (
        _part_of(coco) as coco_part,
        _part_of(table) as table_part,
        coco_part.open("w", encoding="utf-8") as coco_text,
        table_part.open("w", encoding="utf-8", newline="") as table_text,
    ):
        writer = RecordWriter(coco_text, table_text, category_id)
        yield writer
        writer.end()
        coco_text.flush()
        table_text.flush()


def _part_of(path: Path | None) -> AbstractContextManager[Path]:
    return nullcontext(Path(os.devnull)) if path is None else replacing(path, durable=True)


def _rows(found: Found) -> Iterator[list[object]]:
    pose = found.pose
    begin = [found.image_id, found.file_name, _or_empty(found.frame), found.person, f"{pose.score:.5f}"]
    end = [_or_empty(pose.id), "" if found.seconds is None else f"{found.seconds:.4f}"]
    angles = pose.skeleton.angles
    degrees = dict(zip((t.b for t in angles), joint_angles(pose.landmarks_px, angles).tolist(), strict=True))
    for i, name in enumerate(pose.skeleton.names):
        rest = (pose.visibility[i], pose.presence[i], *pose.world[i])
        angle = degrees.get(i, math.nan)
        yield [
            *begin, i, name,
            *("" if math.isnan(v) else f"{v:.3f}" for v in pose.landmarks_px[i]),
            *("" if math.isnan(v) else f"{v:.4f}" for v in rest),
            "" if math.isnan(angle) else f"{angle:.2f}",
            *end,
        ]  # fmt: skip


def _or_empty(value: int | None) -> int | str:
    return "" if value is None else value
