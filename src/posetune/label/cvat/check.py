"""What in a task pull would not take as it stands, or not at all; told before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posetune.data.formats.image_finder import some
from posetune.data.people import ImageRecord
from posetune.label.cvat.definition import ServerLabel, differences, server_label, skeletons_of
from posetune.label.cvat.pictures import Pictures
from posetune.label.cvat.shapes import Drawn, from_shape
from posetune.label.cvat.tasks import NOT_COMPLETE, Task
from posetune.skeleton import Skeleton

#: What becomes of a finding: pull goes on, or refuses, or refuses unless told to leave it out.
GOES_ON, REFUSES, LEAVES_OUT = "goes on", "refuses", "refuses, or --leave-out"


@dataclass(frozen=True)
class Finding:
    """``kind``: a word for programs; ``what``: half a sentence, after "task 12 has 3"; ``pull``: one of the three above."""

    task: int
    kind: str
    count: int
    what: str
    pull: str
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" ({some(self.examples)})" if self.examples else ""
        return f"task {self.task}: {self.count} {self.what}{where}; pull {self.pull}"

    def to_json(self) -> dict[str, Any]:
        return {"task": self.task, "kind": self.kind, "count": self.count, "what": self.what, "pull": self.pull,
                "examples": list(self.examples)}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Content:
    """A task as it can be merged. ``images``: frame → the set's image, of frames that are not deleted and whose picture is the
    set's; ``people``: whom they show. ``label``: None where there is no skeleton of the set's points.
    """

    task: Task
    label: ServerLabel | None
    images: Mapping[int, ImageRecord]
    people: tuple[Drawn, ...]


def look(task: Task, pictures: Pictures | None, skeleton: Skeleton) -> tuple[Content, list[Finding]]:
    """``pictures``: of the set; None where it is not known, so that only what is in the task is looked at."""
    found: list[Finding] = []

    def add(kind: str, examples: Sequence[str], what: str, pull: str, count: int | None = None) -> None:
        number = len(examples) if count is None else count
        if number:
            found.append(Finding(task.id, kind, number, what, pull, tuple(examples)))

    add(
        "not-complete",
        [task.name] * task.name.endswith(NOT_COMPLETE),
        "push that was not completed: push again",
        REFUSES,
    )
    label = _label(task, skeleton, add)
    shapes = [s for s in task.annotations.get("shapes") or () if s.get("frame") not in task.deleted]
    drawn = [from_shape(s, label, skeleton) for s in shapes if label is not None and s.get("label_id") == label.id]
    others = Counter(str(s.get("type")) for s in shapes if label is None or s.get("label_id") != label.id)
    _other_shapes(task, others, add)
    add("deleted-frames", [task.frames[i] for i in sorted(task.deleted) if i < len(task.frames)],
        "deleted frames, whose people stay in the set as they are", GOES_ON)  # fmt: skip
    images = _images(task, pictures, {d.frame for d in drawn}, add)
    _ids(task, drawn, add)
    kept = tuple(d for d in drawn if d.there.any() and d.frame in images)
    return Content(task, label, images, kept), found


def _label(task: Task, skeleton: Skeleton, add: Any) -> ServerLabel | None:
    candidates = skeletons_of(task.labels)
    same = [label for label in candidates if not _points_differ(label, skeleton)]
    if same:
        return server_label(same[0])
    nearest = next((label for label in candidates if label.get("name") == "person"), next(iter(candidates), None))
    if nearest is None:
        add("skeleton", [""], "label too few: it has none of the type Skeleton", REFUSES)
    else:
        add("skeleton", [str(nearest.get("name"))], "skeleton that is another than the set's: "
            f"{'; '.join(differences(nearest, skeleton))}", REFUSES)  # fmt: skip
    return None


def _points_differ(label: Mapping[str, Any], skeleton: Skeleton) -> bool:
    """Whether its points are others; their order says nothing, as elements go by their names."""
    return {str(p.get("name")) for p in label.get("sublabels") or ()} != set(skeleton.names)


def _other_shapes(task: Task, others: Counter[str], add: Any) -> None:
    add("loose-points", [], "loose points that are of no skeleton", LEAVES_OUT, others.pop("points", 0))
    add("skeleton-shapes", [], "people of another skeleton", LEAVES_OUT, others.pop("skeleton", 0))
    tracks = [t for t in task.annotations.get("tracks") or () if t.get("frame") not in task.deleted]
    add("tracks", [f"from {task.frames[t['frame']]}" for t in tracks if t.get("frame", -1) < len(task.frames)],
        "tracks; draw people as shapes, or export the task as CVAT for images, which has a person a frame", LEAVES_OUT,
        len(tracks))  # fmt: skip
    kinds = [f"{count} {kind}" for kind, count in others.items()]
    tags = len(task.annotations.get("tags") or ())
    add("other-shapes", kinds + [f"{tags} tags"] * bool(tags), "shapes without a pose, which are not taken", GOES_ON,
        sum(others.values()) + tags)  # fmt: skip


def _images(task: Task, pictures: Pictures | None, peopled: set[int], add: Any) -> dict[int, ImageRecord]:
    if pictures is None:
        return {}
    images: dict[int, ImageRecord] = {}
    unknown, changed, resized, twice = [], [], [], []
    taken: set[int] = set()
    for frame, name in enumerate(task.frames):
        if frame in task.deleted:
            continue
        image, other = pictures.find(name)
        size = task.sizes[frame]
        if image is None:
            unknown.append((frame, name))
        elif other:
            changed.append((frame, name))
        elif image.width and size[0] and size != (image.width, image.height):
            resized.append((frame, name))
        elif id(image) in taken:
            twice.append((frame, name))
        else:
            taken.add(id(image))
            images[frame] = image
    for kind, frames, what in (
        ("unknown-images", unknown, "images that the set does not have"),
        ("changed-images", changed, "images whose files were changed here since they were sent"),
        ("resized-images", resized, "images of another size than the set's"),
        ("images-twice", twice, "images that are in the task before"),
    ):
        with_people = [name for frame, name in frames if frame in peopled]
        add(kind, with_people, f"{what}, with people", LEAVES_OUT)
        add(kind, [name for frame, name in frames if frame not in peopled], f"{what}, without people", GOES_ON)
    return images


def _ids(task: Task, drawn: Sequence[Drawn], add: Any) -> None:
    there = [d for d in drawn if d.there.any()]
    strangers = [task.frames[d.frame] for d in there if d.person is None]
    add("new-people", strangers, "people without posetune's id, who get one", GOES_ON)
    times = Counter(d.person for d in there if d.person is not None)
    copies = [
        f"{number} in {task.frames[next(d.frame for d in there if d.person == number)]}"
        for number, n in times.items()
        if n > 1
    ]
    add(
        "copied-people",
        copies,
        "ids that several people have, for somebody was copied: one keeps it, the others are new",
        GOES_ON,
    )
    add("empty-people", [task.frames[d.frame] for d in drawn if not d.there.any()],
        "people all of whose points are outside, who are not there", GOES_ON)  # fmt: skip
