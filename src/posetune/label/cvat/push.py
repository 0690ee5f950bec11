"""A set on its way to a CVAT server: every picture once, every person once, however often the connection breaks.

A task is called after what is in it ("squats train [3f2a9c01d2]") and "(not complete)" until all its people are there. So the
server alone says how far a push has come; one that was cut off is gone on with by the same command, on any machine:

- pictures that are in some task of the project are not sent again, by their hash (``pictures``);
- a task that never got its pictures is empty, and made anew: what was sent in part cannot be told from what was not;
- a task that is not complete gets the people that are not in it, by posetune's id; one that is complete is left alone, so that
  whom its annotators delete stays deleted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from posetune.data.formats.image_finder import some
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import one_at_a_time
from posetune.label.cvat import definition, record, tasks
from posetune.label.cvat.definition import ServerLabel
from posetune.label.cvat.making import make_task, settle
from posetune.label.cvat.pictures import Pictures, fingerprint
from posetune.label.cvat.record import FOLDER, Sent
from posetune.label.cvat.server import Server, do_once
from posetune.label.cvat.shapes import can_be_sent, from_shape, same_points, status_sent, to_points, to_shape
from posetune.label.cvat.tasks import NOT_COMPLETE
from posetune.label.order import in_time
from posetune.progress import Reporter

#: Annotators' jobs are not larger, and a task has so many of them.
JOB_SIZE, JOBS = 200, 5
_OURS = re.compile(r".* \[[0-9a-f]{10}\](?: \(not complete\))?")


@dataclass(frozen=True)
class Where:
    """Where a set goes: a project by its number or name, made where there is none of that name; or a task without a project, by
    the name that it is to have. ``job_size``: pictures a job, 1…JOB_SIZE.
    """

    project: str | None = None
    task: str | None = None
    job_size: int = JOB_SIZE


@dataclass
class Pushed:
    """``url``: where to look at it. ``images``, ``people``: sent now; ``there``: pictures that were there already. ``tasks``:
    numbers of those made or gone on with. ``empty``: people without a point, whom CVAT cannot hold. ``waiting``: people of
    pictures that were there whom it does not send, for they are new here or changed since.
    """

    url: str = ""
    images: int = 0
    people: int = 0
    there: int = 0
    empty: int = 0
    waiting: int = 0
    tasks: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def push(dataset: Dataset, split: str, server: Server, where: Where, report: Reporter) -> Pushed:
    """Send the pictures and people of ``dataset``, which is the part ``split`` of its set.

    Raises PosetuneError: pictures that cannot be read; the project's skeleton is another; the server refuses, or keeps silent.
    """
    if not 1 <= where.job_size <= JOB_SIZE:
        raise PosetuneError(
            f"--job-size {where.job_size}: give 1 to {JOB_SIZE}; larger jobs are slow to open, and lost as one."
        )
    if not dataset.images:
        raise PosetuneError(f"{dataset.name} has no images.")
    names = Pictures(dataset).names(report)
    folder = dataset.root / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise PosetuneError(
            f"Cannot write {folder} ({error.strerror}), where what was sent is kept for the way back; copy the set to where it can."
        ) from error
    with one_at_a_time(folder / "lock", f"{dataset.root} is being pushed by another process; wait until it is done."):
        try:
            return _Push(dataset, split, server, where, names, report).run()
        except KeyboardInterrupt:
            report.say("What is on the server stays there; the same command goes on.")
            raise


class _Push:
    """One run of :func:`push`."""

    def __init__(
        self, dataset: Dataset, split: str, server: Server, where: Where, names: Mapping[int, str], report: Reporter
    ) -> None:
        self.dataset, self.split, self.server, self.where, self.names = dataset, split, server, where, names
        self.report, self.done = report, Pushed()
        self.people: dict[int, list[Person]] = {}
        for person in dataset.people:
            if can_be_sent(person):
                self.people.setdefault(id(person.image), []).append(person)
            else:
                self.done.empty += 1
        self.by_name = {names[id(image)]: image for image in dataset.images}

    def run(self) -> Pushed:
        place = self.place
        self.done.url = f"{self.server.url}/projects/{place['project_id']}" if place else f"{self.server.url}/tasks"
        whole: list[tuple[int, list[str]]] = []
        begun: list[tuple[int, list[str]]] = []
        there: set[str] = set()
        for row in self._tasks():
            if not row.get("size"):
                if self._is_begun(row):
                    settle(self.server, int(row["id"]), None, patient=False)
                continue
            frames = [str(frame.get("name", "")) for frame in tasks.frames_of(self.server, int(row["id"]))]
            ours = not set(frames).isdisjoint(self.by_name)
            if ours:
                (begun if str(row.get("name", "")).endswith(NOT_COMPLETE) else whole).append((int(row["id"]), frames))
            there |= set(frames)
        ordered = in_time(self.dataset.images, lambda image: (image.origin.source, image.origin.frame))
        new = [image for image in ordered if self.names[id(image)] not in there]
        self.done.there = len(self.dataset.images) - len(new)
        for number, frames in begun:
            self._fill(number, frames)
        size = self.where.job_size * JOBS
        with self.report.counting("images sent", len(new)) as counter:
            for at in range(0, len(new), size):
                chunk = new[at : at + size]
                number = self._make(chunk)
                self._fill(number, [str(f.get("name", "")) for f in tasks.frames_of(self.server, number)])
                self.done.images += len(chunk)
                counter.step(by=len(chunk))
        for row in self._tasks():  # a request that came late
            if self._is_begun(row) and not row.get("size"):
                settle(self.server, int(row["id"]), None, patient=False)
        self._count_waiting(whole)
        return self.done

    @cached_property
    def place(self) -> dict[str, int]:
        """{"project_id": its number}, made if need be and held against our skeleton; nothing for tasks of their own."""
        if self.where.project is None:
            return {}
        name, server, skeleton = self.where.project, self.server, self.dataset.skeleton
        project = tasks.find_project(server, name)
        if project is None:
            body = {"name": name, "labels": [definition.label_json(skeleton)]}
            project = do_once(
                server,
                lambda: server.send("POST", "/api/projects", body=body),
                lambda: tasks.find_project(server, name),
            )
            self.report.say(f"Project {project['id']}, {name!r}, is made.")
        labels = tasks.labels_of(server, project_id=int(project["id"]))
        self._label = definition.matching(labels, skeleton, f"The project {project.get('name')!r} on {server.url}")
        self.done.notes += self._label.notes
        return {"project_id": int(project["id"])}

    @property
    def title(self) -> str:
        """What the names of this set's tasks begin with."""
        return f"{(self.where.task or self.dataset.root.resolve().name)[:200]} {self.split} ["

    def _is_begun(self, row: Mapping[str, Any]) -> bool:
        """Whether a push of this set, and of no other in the project, began a task and has not completed it."""
        name = str(row.get("name", ""))
        return name.startswith(self.title) and name.endswith(NOT_COMPLETE) and _OURS.fullmatch(name) is not None

    def _label_of(self, task: int) -> ServerLabel:
        if self.place:
            return self._label
        return definition.matching(
            tasks.labels_of(self.server, task_id=task), self.dataset.skeleton, f"Task {task} on {self.server.url}"
        )

    def _tasks(self) -> list[dict[str, Any]]:
        """The tasks of the project, or those that this set's pushes made under the task's name."""
        if self.place:
            return self.server.list("/api/tasks", **self.place)
        found = self.server.list("/api/tasks", search=self.where.task)
        return [
            row
            for row in found
            if str(row.get("name", "")).startswith(self.title)
            and _OURS.fullmatch(str(row["name"]))
            and not row.get("project_id")
        ]

    def _make(self, images: Sequence[ImageRecord]) -> int:
        """A task with these pictures; its number."""
        names = [self.names[id(image)] for image in images]
        name = f"{self.title}{fingerprint(names)}]{NOT_COMPLETE}"
        body: dict[str, Any] = {
            "name": name,
            "segment_size": self.where.job_size,
            "overlap": 0,
            "subset": self.split[:64],
        }
        body |= self.place if self.place else dict(labels=[definition.label_json(self.dataset.skeleton)])
        files = [(name, image.path) for name, image in zip(names, images, strict=True)]
        return make_task(
            self.server,
            body,
            files,
            lambda: next((row for row in self._tasks() if row.get("name") == name), None),
            self.report,
        )

    def _fill(self, number: int, frames: Sequence[str]) -> None:
        """Send the people of a task that is not complete, whom it lacks, and call it complete."""
        label = self._label_of(number)
        self.done.tasks.append(number)
        wanted = [
            (person, frame)
            for frame, name in enumerate(frames)
            if name in self.by_name
            for person in self.people.get(id(self.by_name[name]), ())
        ]
        sent = {person.id: Sent(to_points(person), status_sent(person), status_sent(person)) for person, _ in wanted}
        record.write(self.dataset.root, self.server.url, number, sent)
        there = self._there(number, label)
        missing = [(person, frame) for person, frame in wanted if not there[person.id]]
        with self.report.counting("people sent", len(missing)) as counter:
            for people in _by_job(missing, self.where.job_size):
                shapes = [to_shape(person, frame, label) for person, frame in people]
                self._create(number, label, shapes, {person.id for person, _ in people})
                self.done.people += len(shapes)
                counter.step(by=len(shapes))
        self._drop_doubles(number, label, set(sent))
        self._complete(number)

    def _create(self, number: int, label: ServerLabel, shapes: Sequence[Mapping[str, Any]], people: set[int]) -> None:
        do_once(
            self.server,
            lambda: self._patch(number, "create", shapes),
            lambda: True if people <= self._there(number, label).keys() else None,
        )

    def _patch(self, number: int, action: str, shapes: Sequence[Mapping[str, Any]]) -> Any:
        body = {"version": 0, "tags": [], "shapes": list(shapes), "tracks": []}
        return self.server.send("PATCH", f"/api/tasks/{number}/annotations/", query={"action": action}, body=body)

    def _there(self, number: int, label: ServerLabel) -> Counter[int]:
        """How often each person is in a task."""
        return Counter(p for shape in self._shapes(number, label) if (p := self._person(shape, label)) is not None)

    def _shapes(self, number: int, label: ServerLabel) -> list[dict[str, Any]]:
        shapes = tasks.annotations_of(self.server, number).get("shapes") or []
        return [shape for shape in shapes if shape.get("label_id") == label.id]

    def _person(self, shape: Mapping[str, Any], label: ServerLabel) -> int | None:
        return from_shape(shape, label, self.dataset.skeleton).person

    def _drop_doubles(self, number: int, label: ServerLabel, ours: set[int]) -> None:
        """A request that was taken for lost may have been done later than we looked: of people who are there twice, the later
        ones go.
        """
        seen: set[int] = set()
        doubles = []
        for shape in sorted(self._shapes(number, label), key=lambda shape: int(shape.get("id") or 0)):
            person = self._person(shape, label)
            if person in ours and person in seen:
                doubles.append(shape)
            elif person is not None:
                seen.add(person)
        if doubles:
            do_once(
                self.server,
                lambda: self._patch(number, "delete", doubles),
                lambda: True if all(n == 1 for n in self._there(number, label).values()) else None,
            )

    def _complete(self, number: int) -> None:
        row = self.server.get(f"/api/tasks/{number}")
        name = str(row.get("name", "")).removesuffix(NOT_COMPLETE)
        do_once(
            self.server,
            lambda: self.server.send("PATCH", f"/api/tasks/{number}", body={"name": name}),
            lambda: True if self.server.get(f"/api/tasks/{number}").get("name") == name else None,
        )

    def _count_waiting(self, whole: Sequence[tuple[int, Sequence[str]]]) -> None:
        """People of pictures in complete tasks who are other here than what was sent."""
        for number, frames in whole:
            known = record.read(self.dataset.root, self.server.url, number)
            here = [p for name in frames if name in self.by_name for p in self.people.get(id(self.by_name[name]), ())]
            for person in here:
                sent = known.people.get(person.id)
                self.done.waiting += known.known and (sent is None or not _same(sent, person))


def _same(sent: Sent, person: Person) -> bool:
    return same_points(sent.points, to_points(person)) and sent.here == status_sent(person)


def _by_job(people: Sequence[tuple[Person, int]], job_size: int) -> Iterator[list[tuple[Person, int]]]:
    jobs: dict[int, list[tuple[Person, int]]] = {}
    for person, frame in people:
        jobs.setdefault(frame // job_size, []).append((person, frame))
    yield from jobs.values()


def describe(done: Pushed) -> list[str]:
    """What was done, as sentences."""
    numbers = some([str(n) for n in done.tasks], 10)
    told = [
        f"{done.images} images and {done.people} people sent"
        + (f", task {numbers}" if done.tasks else "")
        + f": {done.url}"
    ]
    if done.there:
        told.append(f"{done.there} images were there already.")
    if done.empty:
        told.append(f"{done.empty} people have no point and are not sent: CVAT has no empty skeletons.")
    if done.waiting:
        told.append(
            f"{done.waiting} people of images that were there are new or changed here since, and are not sent: pull takes what was "
            "done there, and leaves them."
        )
    return told + [f"note: {note}" for note in done.notes]
