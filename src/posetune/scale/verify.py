"""Whether a job's result is what its plan asked for: every unit done once, every sum right, every item one truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.scale import commit
from posetune.scale.job import read_job
from posetune.scale.plan import Item, Units
from posetune.scale.rows import from_parquet
from posetune.scale.store import Store
from posetune.scale.tasks import TASKS


@dataclass(frozen=True)
class Verdict:
    """``faults``: what is wrong, a sentence each; ``units``, ``rows``, ``items`` that were found right; ``videos``: of the plan;
    ``errors``: items whose row says that they could not be read.
    """

    units: int
    items: int
    videos: int
    rows: int
    errors: int
    faults: tuple[str, ...]


def verify(store: Store, report: Reporter | None = None) -> Verdict:
    """Read all that a job has committed and hold it against its plan. Raises PosetuneError if there is no job."""
    job, report = read_job(store), report or Reporter()
    faults: list[str] = []
    units = items = rows = errors = 0
    unknown = commit.done_units(store) - set(job.unit_names())
    faults += [f"{commit.name_of(unit)} is of no unit of the plan" for unit in sorted(unknown)]
    plan = Units(store, job)
    with report.counting("units", job.units) as counter:
        for number, unit in enumerate(job.unit_names()):
            try:
                planned = plan[number]
                table, done = _rows(store, unit)
                found = list(_wrong(planned, table))
                faults += [f"unit {unit}: {fault}" for fault in found]
                if len(table) != done.rows:
                    faults.append(f"unit {unit}: {done.rows} rows were committed, {len(table)} are there")
                units, items = units + (not found), items + len(planned)
                rows, errors = rows + len(table), errors + done.errors
            except PosetuneError as error:
                faults.append(f"unit {unit}: {error}")
            counter.step()
    faults += _wrong_result(store, TASKS[job.what].table, rows) if not faults else []
    return Verdict(units, items, job.videos, rows, errors, tuple(faults))


def _rows(store: Store, unit: str) -> tuple[list[dict[str, Any]], commit.Done]:
    done = commit.read_done(store, unit)
    if done is None:
        raise PosetuneError("it is not done")
    table, _ = from_parquet(commit.read_part(store, done), done.part)
    return table.select(["file", "frame", "person", "error"]).to_pylist(), done


def _wrong(items: Sequence[Item], rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What of ``items`` is not there exactly once, in order."""
    pictures = _pictures(rows)
    at = 0
    for item in items:
        begin = at
        while at < len(pictures) and pictures[at]["file"] == item.file and _follows(item, pictures, begin, at):
            at += 1
        if at == begin:
            yield f"{item.file} is not there"
            return
        if item.kind == "video":
            last = pictures[at - 1]
            frames = [p["frame"] for p in pictures[begin:at] if p["frame"] is not None]
            short = item.stop is not None and len(frames) < item.stop - item.start
            if short and last["error"] is None:
                yield f"{item.file} has {len(frames)} of the frames {item.start} to {item.stop}"
    if at < len(pictures):
        yield f"{len(pictures) - at} pictures more than were planned, from {pictures[at]['file']} on"


def _follows(item: Item, pictures: Sequence[dict[str, Any]], begin: int, at: int) -> bool:
    """Whether picture ``at`` belongs to the item whose pictures begin at ``begin``: one, or a video's frames in a row."""
    before = pictures[at - 1] if at > begin else None
    if before is not None and (before["error"] is not None or before["frame"] is None):
        return False
    picture = pictures[at]
    if picture["frame"] is None:  # a picture, or what became of a video's end
        return before is None or picture["error"] is not None
    return picture["frame"] == (item.start if before is None else before["frame"] + 1) and (
        item.stop is None or picture["frame"] < item.stop
    )


def _pictures(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first row of every picture; a person whose number does not follow begins one, which then nobody planned."""
    found: list[dict[str, Any]] = []
    expected: tuple[Any, Any, Any] | None = None
    for row in rows:
        if (row["file"], row["frame"], row["person"]) != expected or row["person"] == 0:
            found.append(row)
        expected = None if row["person"] is None else (row["file"], row["frame"], row["person"] + 1)
    return found


def _wrong_result(store: Store, name: str, rows: int) -> list[str]:
    """Whether the merged result, if there is one, has all rows."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    content = store.get(name)
    if content is None:
        return []
    try:
        there = pq.read_metadata(io.BytesIO(content)).num_rows
    except (pa.ArrowException, OSError):
        return [f"{name} is damaged: merge again"]
    return [] if there == rows else [f"{name} has {there} rows and the parts have {rows}: merge again"]
