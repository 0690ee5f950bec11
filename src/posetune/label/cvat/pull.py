"""Labels on their way back from a CVAT server into the set that they belong to."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from posetune.data.dataset import has_split, load_dataset
from posetune.data.formats.image_finder import some
from posetune.data.formats.table import COCO
from posetune.data.layouts import label_files, pick
from posetune.data.people import Dataset
from posetune.errors import PosetuneError
from posetune.files import one_at_a_time
from posetune.label.cvat import record, tasks
from posetune.label.cvat.check import GOES_ON, LEAVES_OUT, Content, Finding, look
from posetune.label.cvat.merge import Counts, merge
from posetune.label.cvat.pictures import Pictures
from posetune.label.cvat.server import Server
from posetune.label.cvat.tasks import Target, Task
from posetune.label.cvat.write_back import held, write_back
from posetune.progress import Reporter

_SPLIT = "train"


@dataclass(frozen=True)
class How:
    """``split``: into which part of the set; None: that which a task is called after, else train. ``leave_out``: what pull cannot
    take is left, and told. ``prefer``: as in ``merge``.
    """

    split: str | None = None
    native: bool = False
    leave_out: bool = False
    prefer: str | None = None


@dataclass
class Pulled:
    """``counts`` a part of the set; ``files``: written, and where each is kept as it was. ``unfinished``: jobs that
    nobody has called completed.
    """

    counts: dict[str, Counts] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    files: dict[Path, Path] = field(default_factory=dict)
    tasks: int = 0
    unfinished: int = 0


def check(server: Server, target: Target, folder: Path | None, how: How, report: Reporter) -> list[Finding]:
    """What pull would find. ``folder``: of the set; None: only what is in the tasks is looked at.

    Raises PosetuneError: there is no such task; the set cannot be read.
    """
    sets = _Sets(folder, how)
    return [finding for task in _fetch(server, target, report) for finding in sets.look(task)[1]]


def pull(server: Server, target: Target, folder: Path, how: How, report: Reporter) -> Pulled:
    """Put the people of a task, or of all tasks of a project, into the set ``folder``: all of it, or nothing.

    Raises PosetuneError where something would be lost that nobody asked to leave out; where people were changed on both sides
    and nothing is preferred; where the set cannot be read or written.
    """
    with contextlib.ExitStack() as stack:
        busy = f"{folder} is being pushed or pulled by another process; wait until it is done."
        stack.enter_context(one_at_a_time(_lock(folder), busy))
        sets = _Sets(folder, how)
        fetched = _fetch(server, target, report)
        for file in sorted({sets.file(sets.split_of(task)) for task in fetched}):
            stack.enter_context(held(file))
        return _merge(server, folder, fetched, sets, how)


def _merge(server: Server, folder: Path, fetched: Sequence[Task], sets: _Sets, how: How) -> Pulled:
    done = Pulled(tasks=len(fetched))
    contents: dict[str, list[Content]] = {}
    for task in fetched:
        content, found = sets.look(task)
        done.findings += found
        done.unfinished += sum(not job.done for job in task.jobs)
        if content.label is not None:
            contents.setdefault(sets.split_of(task), []).append(content)
    _refuse(done.findings, how.leave_out)
    merged = {
        split: merge(
            sets.dataset(split),
            there,
            {c.task.id: record.read(folder, server.url, c.task.id) for c in there},
            how.prefer,
        )
        for split, there in contents.items()
    }
    _refuse_conflicts([name for one in merged.values() for name in one.counts.conflicts])
    for split, one in merged.items():
        path = sets.file(split)
        done.files[path] = write_back(path, sets.dataset(split), one.dataset)
        done.counts[split] = one.counts
        for number, people in one.records.items():
            record.write(folder, server.url, number, people)
    return done


def _fetch(server: Server, target: Target, report: Reporter) -> list[Task]:
    rows = tasks.tasks_of(server, target)
    found = []
    with report.counting("tasks read", len(rows)) as counter:
        for row in rows:
            if row.get("size") or len(rows) == 1:
                found.append(tasks.fetch(server, row))
            else:
                report.say(f"Task {row['id']} has no pictures, and is passed over.")
            counter.step()
    return found


class _Sets:
    """The parts of a set, each read when it is asked for."""

    def __init__(self, folder: Path | None, how: How) -> None:
        self.folder, self.how = folder, how
        self._read: dict[str, tuple[Dataset, Pictures]] = {}

    def split_of(self, task: Task) -> str:
        if self.how.split is not None:
            return self.how.split
        if self.folder is not None and task.subset and has_split(self.folder, task.subset):
            return task.subset
        return _SPLIT

    def look(self, task: Task) -> tuple[Content, list[Finding]]:
        from posetune.skeleton import BLAZEPOSE

        if self.folder is None:
            return look(task, None, BLAZEPOSE)
        dataset, pictures = self._part(self.split_of(task))
        return look(task, pictures, dataset.skeleton)

    def dataset(self, split: str) -> Dataset:
        return self._part(split)[0]

    def _part(self, split: str) -> tuple[Dataset, Pictures]:
        if split not in self._read:
            assert self.folder is not None
            dataset = load_whole(self.folder, split, self.how.native)
            self._read[split] = dataset, Pictures(dataset)
        return self._read[split]

    def file(self, split: str) -> Path:
        """The label file to be written anew. Raises PosetuneError if it is not of our kind."""
        assert self.folder is not None
        file = pick(label_files(self.folder)[0], split)
        if file is None or file.path.suffix != ".json" or (file.format or COCO) is not COCO:
            raise PosetuneError(
                f"{self.folder} is a set of another tool; make one of posetune's of it first: posetune data convert --to coco."
            )
        return file.path


def load_whole(folder: Path, split: str, native: bool) -> Dataset:
    """A part of the set with all its points. Raises PosetuneError where reading it would lose some, or people."""
    if folder.is_file():
        raise PosetuneError(
            f"{folder} is a file; give the folder of the set, or make one of it: posetune data convert."
        )
    dataset = load_dataset(folder, split, require_images=None, native=native)
    if dataset.dropped_names and not native:
        raise PosetuneError(
            f"{folder} has points that are none of the 33 ({some(dataset.dropped_names)}), which would be lost; --native takes the "
            "set's own points."
        )
    return dataset


def _lock(folder: Path) -> Path:
    if not folder.is_dir():
        raise PosetuneError(
            f"There is no set {folder}; pull puts labels into the set that was pushed. To make one of a task alone, export it "
            "there as 'CVAT for images 1.1' with its images, and: posetune data convert."
        )
    try:
        (folder / record.FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        raise PosetuneError(
            f"Cannot write into {folder} ({error.strerror}); copy the set to where it can be written."
        ) from error
    return folder / record.FOLDER / "lock"


def _refuse(findings: Sequence[Finding], leave_out: bool) -> None:
    stops = [f for f in findings if f.pull != GOES_ON and not (f.pull == LEAVES_OUT and leave_out)]
    if stops:
        more = f" and {len(stops) - 1} more ('posetune cvat check' lists all)" if len(stops) > 1 else ""
        raise PosetuneError(f"Nothing is pulled: {stops[0]}{more}.")


def _refuse_conflicts(names: Sequence[str]) -> None:
    if names:
        raise PosetuneError(
            f"Nothing is pulled: {len(names)} people were changed both here and there ({some(names)}); --prefer cvat takes those "
            "of CVAT, --prefer set leaves those of the set."
        )


def describe(done: Pulled) -> list[str]:
    """What was done, as sentences."""
    told = []
    for split, counts in done.counts.items():
        parts: Mapping[str, int] = {
            "corrected": counts.corrected,
            "verified": counts.verified,
            "judged by their status": counts.judged,
            "new": len(counts.new),
            "deleted": len(counts.deleted),
            "as they were": counts.same,
        }
        people = ", ".join(f"{number} {what}" for what, number in parts.items() if number) or "nobody"
        told.append(f"{split}, {done.tasks} tasks: {people}.")
        if counts.deleted:
            told.append(f"  deleted there, and so here: {some(counts.deleted, 10)}")
        if counts.kept:
            told.append(
                f"  {counts.kept} people are other here than there, for they were changed or added here since: kept."
            )
        if counts.stay_deleted:
            told.append(
                f"  {counts.stay_deleted} people who were deleted here since stay deleted; they are still there."
            )
    if done.unfinished:
        told.append(f"{done.unfinished} jobs are not completed; what nobody touched in them keeps its status.")
    told += [f"note: {finding}" for finding in done.findings]
    told += [f"Written: {path}; as it was: {kept}" for path, kept in done.files.items()]
    return told
