"""One result of all parts, in the order of the plan: a table, and beside it a file for those who want no table."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posetune.errors import CheckFailed
from posetune.progress import Reporter
from posetune.scale import commit
from posetune.scale.beside import Beside, beside_of
from posetune.scale.job import Job, read_job
from posetune.scale.rows import POSES, from_parquet, with_about
from posetune.scale.store import Store
from posetune.scale.tasks import TASKS

_ROWS_A_GROUP = 20_000
#: Somebody of a part is who stood here in the part before, if the points lie closer than this in the mean, in sides of the crop.
_SAME_PERSON = 0.2


@dataclass(frozen=True)
class Merged:
    """``people`` and ``pictures`` (images and frames) in ``rows``; ``errors``: items that could not be read."""

    rows: int
    pictures: int
    people: int
    errors: int


def merge(store: Store, report: Reporter | None = None, coco: bool = True) -> Merged:
    """Write the result of a job whose units are all done; the same bytes each time.

    ``coco``: write the file beside the table as well: COCO results or labels (several KB a person), or an evaluation.
    Raises CheckFailed where units are missing.
    """
    job, report = read_job(store), report or Reporter()
    done = commit.done_units(store)
    missing = [unit for unit in job.unit_names() if unit not in done]
    if missing:
        raise CheckFailed(
            f"{len(missing)} of {job.units} units of {store.url} are not done: posetune job work {store.url} does them, job "
            "status says how far it is."
        )
    task = TASKS[job.what]
    with tempfile.TemporaryDirectory(prefix="posetune-merge-") as place, ExitStack() as files:
        table, other = Path(place) / task.table, Path(place) / task.beside
        beside = beside_of(job, files.enter_context(other.open("w", encoding="utf-8"))) if coco else None
        writer = _Writer(table, task.schema, beside)
        with report.counting("units", job.units) as counter:
            for rows, about in parts_in_order(store, job):
                writer.add(rows, about)
                for note in about.get("notes", ()):
                    counter.say(f"posetune: {note}")
                counter.step()
        merged = writer.end()
        files.close()
        store.put_file(task.table, table)
        if coco:
            store.put_file(task.beside, other)
    return merged


def parts_in_order(store: Store, job: Job) -> Iterator[tuple[pa.Table, dict[str, Any]]]:
    """The rows of every unit, with what is known about them; people keep their ids through the parts of a video."""
    ids = TrackIds()
    for unit in job.unit_names():
        done = commit.read_done(store, unit)
        if done is None:
            raise CheckFailed(f"Unit {unit} of {store.url} is not done any more: was done/ changed?")
        table, about = from_parquet(commit.read_part(store, done), done.part)
        yield ids.whole(table, about["joins"]), about


class TrackIds:
    """Gives people of a part of a video the ids that they had in the parts before."""

    def __init__(self) -> None:
        self._file: str | None = None
        self._people: list[dict[str, Any]] = []  # the last frame's rows
        self._next = 1

    def whole(self, table: pa.Table, joins: list[dict[str, Any]]) -> pa.Table:
        """``table`` with ids that go through; ``joins``: who stood where in the frame before each part."""
        if not any(table.column("frame").is_valid().to_pylist()):
            return table
        starts = {(join["file"], join["start"]): join["people"] for join in joins}
        ids: list[int | None] = []
        names: dict[int, int] = {}
        last: tuple[str, int] | None = None
        for row in table.select(["file", "frame", "track_id", "landmarks_px"]).to_pylist():
            file, frame, track = row["file"], row["frame"], row["track_id"]
            if frame is None:
                ids.append(track)
                continue
            if last is None or file != last[0] or frame not in (last[1], last[1] + 1):
                names = self._begin(file, starts.get((file, frame), []), frame)
            if (file, frame) != last:
                self._people, last = [], (file, frame)
            if track is None:
                ids.append(None)
                continue
            if track not in names:
                names[track] = self._next
            self._next = max(self._next, names[track] + 1)
            ids.append(names[track])
            self._people.append({**row, "track_id": names[track]})
        column = pa.array(ids, POSES.field("track_id").type)
        return table.set_column(table.schema.get_field_index("track_id"), POSES.field("track_id"), column)

    def _begin(self, file: str, joins: list[dict[str, Any]], frame: int) -> dict[int, int]:
        """The names of those who are known in a part that begins with ``frame`` of ``file``."""
        if file != self._file or frame == 0:
            self._file, self._people, self._next = file, [], 1
            return {}
        pairs = sorted(
            (_apart(join, person), join["id"], person["track_id"]) for join in joins for person in self._people
        )
        names: dict[int, int] = {}
        for apart, here, there in pairs:
            if apart <= _SAME_PERSON and here not in names and there not in names.values():
                names[here] = there
        return names


def _apart(join: dict[str, Any], person: dict[str, Any]) -> float:
    points = np.array(person["landmarks_px"], np.float32).reshape(-1, 3)[:, :2]
    return float(np.linalg.norm(points - np.array(join["points"]), axis=1).mean()) / join["side"]


class _Writer:
    """Gathers parts into row groups of one size, and hands them to what writes the file beside the table."""

    def __init__(self, path: Path, schema: pa.Schema, beside: Beside | None) -> None:
        self._path, self._schema, self._beside = path, schema, beside
        self._parquet: pq.ParquetWriter | None = None
        self._held: list[pa.Table] = []
        self._rows = self._pictures = self._people = self._errors = 0

    def add(self, table: pa.Table, about: dict[str, Any]) -> None:
        if self._parquet is None:
            head = {"skeleton": about["skeleton"]} if "skeleton" in about else {}
            self._parquet = pq.ParquetWriter(self._path, with_about(self._schema, head), compression="zstd")
        self._held.append(table)
        if sum(map(len, self._held)) >= _ROWS_A_GROUP:
            self._flush()
        people = len(table) - table.column("person").null_count
        errors = len(table) - table.column("error").null_count
        firsts = table.column("person").to_pylist().count(0)
        self._rows, self._people, self._errors = self._rows + len(table), self._people + people, self._errors + errors
        self._pictures += firsts + len(table) - people - errors
        if self._beside is not None:
            self._beside.add(table, about)

    def end(self) -> Merged:
        self._flush()
        if self._parquet is not None:
            self._parquet.close()
        if self._beside is not None:
            self._beside.end()
        return Merged(self._rows, self._pictures, self._people, self._errors)

    def _flush(self) -> None:
        if self._held and self._parquet is not None:
            whole = pa.concat_tables(t.replace_schema_metadata(None) for t in self._held)
            self._parquet.write_table(whole.cast(self._parquet.schema).combine_chunks())
        self._held = []
