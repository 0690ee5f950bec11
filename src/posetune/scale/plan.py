"""A plan: what a job will look at, in units that one worker does at a time, written as it is found."""

from __future__ import annotations

import contextlib
import io
import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from posetune.errors import PosetuneError
from posetune.progress import Reporter, counted
from posetune.runtime.media import shown_name
from posetune.runtime.video import VideoReader
from posetune.scale.folder import Folder
from posetune.scale.inputs import Source, as_file, sources
from posetune.scale.job import FOLDERS, JOB, Job, save_network
from posetune.scale.store import Store
from posetune.stock import Networks

#: How far before a part of a video following people begins, seconds: as long as people who were lost are remembered.
RUN_IN_SECONDS = 2.0
#: A file of the plan holds about so many rows.
_ROWS_A_FILE = 50_000

_SCHEMA = pa.schema(
    [
        ("unit", pa.int32()), ("uri", pa.string()), ("file", pa.string()), ("kind", pa.string()),
        ("start", pa.int64()), ("stop", pa.int64()), ("run_in", pa.int32()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One thing to look at: a picture, or the frames ``start`` to ``stop`` (None: to the end) of a video, with people followed
    from ``run_in`` frames before.
    """

    uri: str
    file: str
    kind: str
    start: int = 0
    stop: int | None = None
    run_in: int = 0


def make_plan(
    store: Store,
    job: Job,
    report: Reporter | None = None,
    known: Iterable[Item] | None = None,
    videos: bool = True,
    networks: Networks | None = None,
) -> Job:
    """Plan ``job`` into ``store``, or find that it is planned there already; the job with its plan. ``known``: what
    there is to look at, where the inputs are not to be searched; ``videos``: False to leave them out, counted; ``networks``: those
    of the job, which are put beside the plan.

    Raises PosetuneError where nothing is found to look at, or another job lies there. Where it is not planned, nothing is left.
    """
    found = _planned(store, job)
    if found is not None:
        if networks is not None:
            save_network(store, networks)
        return found
    _check_place(store)
    report = report or Reporter()
    left_out: Counter[str] = Counter()
    plan = uuid.uuid4().hex[:12]
    units_a_file = max(1, _ROWS_A_FILE // job.shard)
    writer = _Writer(store, plan, units_a_file)
    try:
        with report.counting("files") as counter:
            items = _items(sources(job.inputs, store.url, left_out), job, None if videos else left_out, counter.step)
            if known is not None:
                items = iter(known)
            for number, unit in enumerate(units_of(items, job.shard)):
                writer.add(number, unit)
        writer.end()
    except BaseException:
        writer.forget()
        raise
    if not writer.items:
        others = (
            f", only {counted(left_out.total(), 'file of another kind', 'files of other kinds')}" if left_out else ""
        )
        raise PosetuneError(f"{' '.join(job.inputs)} holds no images or videos{others}.")
    planned = replace(
        job, plan=plan, units=writer.units, units_a_file=units_a_file, items=writer.items, videos=writer.videos,
        left_out=dict(sorted(left_out.items())),
    )  # fmt: skip
    if networks is not None:
        save_network(store, networks)
    if store.create(JOB, planned.to_json()):
        return planned
    other = _planned(store, job)  # somebody planned at the same time: theirs holds, ours is for sweep
    assert other is not None
    return other


class Units:
    """The units of a plan, of whose files the last one that was asked for is in memory."""

    def __init__(self, store: Store, job: Job) -> None:
        self._store, self._job = store, job
        self._held: tuple[str, pa.Table] | None = None

    def __getitem__(self, number: int) -> list[Item]:
        """The items of one unit, in order. Raises PosetuneError where the plan is damaged."""
        name = f"plan/{self._job.plan}/{number // self._job.units_a_file:06}.parquet"
        if self._held is None or self._held[0] != name:
            content = self._store.get(name)
            if content is None:
                raise PosetuneError(
                    f"The plan's file {name} in {self._store.url} is missing: plan the job anew elsewhere."
                )
            self._held = name, self._table(name, content)
        try:
            table = self._held[1]
            rows = table.filter(pc.equal(table["unit"], number)).drop_columns("unit").to_pylist()
            return [Item(**row) for row in rows]
        except (pa.ArrowException, KeyError, TypeError) as error:
            raise self._damaged(name) from error

    def _table(self, name: str, content: bytes) -> pa.Table:
        try:
            return pq.read_table(io.BytesIO(content))
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(name) from error

    def _damaged(self, name: str) -> PosetuneError:
        return PosetuneError(
            f"The plan's file {name} in {self._store.url} is damaged: put a copy of it back, or plan the job anew elsewhere."
        )


def units_of(items: Iterable[Item], shard: int) -> Iterator[list[Item]]:
    """``items`` in units: as many in a row as weigh ``shard`` together, a picture 1, a video its frames."""
    unit: list[Item] = []
    weight = 0
    for item in items:
        heavy = 1 if item.kind == "image" else shard if item.stop is None else item.stop - item.start
        if unit and weight + heavy > shard:
            yield unit
            unit, weight = [], 0
        unit.append(item)
        weight += heavy
    if unit:
        yield unit


def _planned(store: Store, job: Job) -> Job | None:
    content = store.get(JOB)
    if content is None:
        return None
    there = Job.from_json(content, store.url)
    ours, theirs = job.asked, there.asked
    if ours == theirs:
        return there
    differ = [name for name in ("what", "inputs", "network", "options", "shard", "segment", "split")
              if getattr(ours, name) != getattr(theirs, name)]  # fmt: skip
    raise PosetuneError(
        f"{store.url} holds another job (it differs in {', '.join(differ)}): choose another --out, or remove it."
    )


def _check_place(store: Store) -> None:
    """Raises PosetuneError where there is more than a plan that was cut short leaves: merging would write over it."""
    if isinstance(store, Folder) and store.path.exists() and not store.path.is_dir():
        raise PosetuneError(f"{store.url} is a file, and a job lies in a folder: choose another --out.")
    names = (entry.name for entry in store.list(""))
    other = next((n for n in names if n and n[0] != "." and n != JOB and n.split("/")[0] not in FOLDERS), None)
    if other is not None:
        raise PosetuneError(
            f"{store.url} holds other files ({shown_name(other)}): a job wants a place of its own as --out."
        )


def _items(
    found: Iterable[Source], job: Job, left_out: Counter[str] | None, step: Callable[[], None]
) -> Iterator[Item]:
    for source in found:
        step()
        if source.kind == "image":
            yield Item(source.uri, source.name, "image")
        elif left_out is not None:
            left_out[os.path.splitext(source.name)[1].lower()] += 1
        else:
            yield from _parts(source, job)


def _parts(source: Source, job: Job) -> Iterator[Item]:
    """A video in parts of about ``job.segment`` frames, the last one open: a head may count wrongly. One that cannot be opened
    is an item all the same: who looks at it says why.
    """
    frames, fps = 0, 30.0
    try:
        with as_file(source.uri) as path:
            video = VideoReader(path)
            frames, fps = video.expected_frames or 0, video.fps
    except PosetuneError:
        pass
    count = max(1, frames // job.segment)
    run_in = round(RUN_IN_SECONDS * fps) if job.options.track else 0
    for k in range(count):
        start = k * job.segment
        stop = None if k == count - 1 else start + job.segment
        yield Item(source.uri, source.name, "video", start, stop, min(run_in, start))


class _Writer:
    """Writes units into the plan's files, holding one file's rows."""

    def __init__(self, store: Store, plan: str, units_a_file: int) -> None:
        self._store, self._plan, self._units_a_file = store, plan, units_a_file
        self._columns: dict[str, list[object]] = {name: [] for name in _SCHEMA.names}
        self._files = 0
        self.units = self.items = self.videos = 0

    def add(self, number: int, unit: list[Item]) -> None:
        columns = self._columns
        for item in unit:
            columns["unit"].append(number)
            for name in _SCHEMA.names[1:]:
                columns[name].append(getattr(item, name))
            self.videos += item.kind == "video" and item.start == 0
        self.items += len(unit)
        self.units += 1
        if self.units % self._units_a_file == 0:
            self.end()

    def end(self) -> None:
        """Write what is held."""
        if not self._columns["unit"]:
            return
        out = io.BytesIO()
        pq.write_table(pa.table(self._columns, schema=_SCHEMA), out, compression="zstd")
        self._store.put(self._name(self._files), out.getvalue())
        self._files += 1
        self._columns = {name: [] for name in _SCHEMA.names}

    def forget(self) -> None:
        """Remove what was written, of a plan that there will not be."""
        with contextlib.suppress(PosetuneError):
            for number in range(self._files):
                self._store.delete(self._name(number))
        if isinstance(self._store, Folder):
            self._store.prune(f"plan/{self._plan}")

    def _name(self, number: int) -> str:
        return f"plan/{self._plan}/{number:06}.parquet"
