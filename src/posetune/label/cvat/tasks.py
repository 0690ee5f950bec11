"""Projects and tasks of a CVAT server: which are meant, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posetune.errors import PosetuneError
from posetune.label.cvat.server import Server

#: At the end of a task's name while a push has not sent all its people.
NOT_COMPLETE = " (not complete)"
_ADDRESS = re.compile(r"(https?://[^/]+)/(tasks|projects)/(\d+)(?:[/?#].*)?")


@dataclass(frozen=True)
class Target:
    """A task or a project, by its ``number``, or a project by its ``name``. ``url``: of the server, where an address was given."""

    kind: str
    number: int | None
    name: str | None = None
    url: str | None = None


def target_of(text: str, project: bool = False) -> Target:
    """What a user means: an address as the browser shows it, the number of a task (with ``project``: of a project), or the name
    of a project.
    """
    address = _ADDRESS.fullmatch(text.strip())
    if address is not None:
        return Target(address.group(2).removesuffix("s"), int(address.group(3)), url=address.group(1))
    if text.isascii() and text.isdigit():
        return Target("project" if project else "task", int(text))
    return Target("project", None, text)


@dataclass(frozen=True)
class Job:
    """Frames ``start`` to ``stop``, both in; ``done``: whether who labels says that it is completed."""

    start: int
    stop: int
    done: bool


@dataclass(frozen=True)
class Task:
    """What a task holds, as the server answers. ``frames``: names of its pictures; ``sizes``: (width, height) each."""

    id: int
    name: str
    subset: str
    frames: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    deleted: frozenset[int]
    labels: Sequence[Mapping[str, Any]]
    annotations: Mapping[str, Any]
    jobs: tuple[Job, ...]

    def is_done(self, frame: int) -> bool:
        return any(job.done and job.start <= frame <= job.stop for job in self.jobs)


def find_project(server: Server, name_or_number: str) -> dict[str, Any] | None:
    """The project of that number or name; None if no project has that name. Raises PosetuneError if several have it."""
    if name_or_number.isascii() and name_or_number.isdigit():
        return server.get(f"/api/projects/{name_or_number}")
    found = [p for p in server.list("/api/projects", name=name_or_number) if p.get("name") == name_or_number]
    if len(found) > 1:
        numbers = ", ".join(str(p["id"]) for p in found)
        raise PosetuneError(
            f"{server.url} has {len(found)} projects called {name_or_number!r} ({numbers}); give the number."
        )
    return found[0] if found else None


def tasks_of(server: Server, target: Target) -> list[dict[str, Any]]:
    """The tasks that are meant, by their numbers. Raises PosetuneError if there is none."""
    if target.kind == "task":
        return [server.get(f"/api/tasks/{target.number}")]
    project = find_project(server, str(target.number) if target.number is not None else str(target.name))
    if project is None:
        raise PosetuneError(
            f"{server.url} has no project called {target.name!r}, or not for this user; look at the name, or give --org."
        )
    found = sorted(server.list("/api/tasks", project_id=project["id"]), key=lambda task: task["id"])
    if not found:
        raise PosetuneError(f"The project {project.get('name')!r} on {server.url} has no task.")
    return found


def labels_of(server: Server, **owner: int) -> list[dict[str, Any]]:
    """The labels of a project or task, without those that are points of a skeleton."""
    return [label for label in server.list("/api/labels", **owner) if not label.get("has_parent")]


def frames_of(server: Server, task: int) -> list[dict[str, Any]]:
    return list(server.get(f"/api/tasks/{task}/data/meta").get("frames") or ())


def annotations_of(server: Server, task: int) -> dict[str, Any]:
    return server.get(f"/api/tasks/{task}/annotations/") or {}


def fetch(server: Server, row: Mapping[str, Any]) -> Task:
    """Everything in a task, ``row`` as a listing has it. Raises PosetuneError if it holds no pictures."""
    number = int(row["id"])
    if not row.get("size"):
        raise PosetuneError(f"Task {number} on {server.url} has no pictures (yet).")
    meta = server.get(f"/api/tasks/{number}/data/meta")
    frames = meta.get("frames") or ()
    if len(frames) < int(row["size"]):
        raise PosetuneError(
            f"Task {number} on {server.url} is a video: its frames have no names, by which to find them in a set; export it "
            "there as 'CVAT for video 1.1', which 'posetune data convert' reads."
        )
    jobs = [job for job in server.list("/api/jobs", task_id=number) if job.get("type", "annotation") == "annotation"]
    return Task(
        id=number,
        name=str(row.get("name", "")),
        subset=str(row.get("subset") or ""),
        frames=tuple(str(frame.get("name", "")) for frame in frames),
        sizes=tuple((int(frame.get("width") or 0), int(frame.get("height") or 0)) for frame in frames),
        deleted=frozenset(int(i) for i in meta.get("deleted_frames") or ()),
        labels=labels_of(server, task_id=number),
        annotations=annotations_of(server, number),
        jobs=tuple(
            Job(
                int(j["start_frame"]),
                int(j["stop_frame"]),
                j.get("state") == "completed" or j.get("stage") == "acceptance",
            )
            for j in jobs
        ),
    )
