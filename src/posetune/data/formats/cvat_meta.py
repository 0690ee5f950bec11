"""What stands in the head of CVAT's XML, of images and of video alike: skeletons, tasks, subsets. Who owns a task, or works on
it, is never read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from posetune.data.formats.xml_events import children, root_tag
from posetune.landmarks import canonical_name


@dataclass(frozen=True)
class Task:
    """One task of a project, or the only one. ``step``: every how many frames of the source one was taken."""

    id: str
    name: str
    subset: str
    video: bool
    size: int
    start: int
    step: int
    source: str
    width: int
    height: int


@dataclass
class Meta:
    """``skeletons``: label → names of its points, in the order of its picture; ``lines``: label → pairs of positions in these,
    from 1. ``tasks``: as the export has them.
    """

    skeletons: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, list[list[int]]] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)

    def categories(self) -> list[dict[str, Any]]:
        """As COCO has them; ids are numbers from 1 in the order of the labels."""
        return [
            {"id": number, "name": label, "keypoints": self.called(label), "skeleton": self.lines.get(label, [])}
            for number, label in enumerate(self.skeletons, 1)
        ]

    def called(self, label: str) -> list[str]:
        """The names of a skeleton's points, with its label before such as several skeletons have and that mean nothing by
        themselves ("1", "2", …).
        """
        others = {name for other, names in self.skeletons.items() if other != label for name in names}
        return [
            f"{label}.{name}" if name in others and canonical_name(name) is None else name
            for name in self.skeletons[label]
        ]

    def subsets(self) -> list[str]:
        return list(dict.fromkeys(task.subset for task in self.tasks))

    def task(self, number: str | None) -> Task | None:
        """The task of that id; the only one where none is said."""
        if number is None:
            return self.tasks[0] if len(self.tasks) == 1 else None
        return next((task for task in self.tasks if task.id == number), None)


def is_cvat(path: Path) -> bool:
    return path.suffix.lower() == ".xml" and path.is_file() and root_tag(path) == "annotations"


def read_meta(path: Path) -> Meta:
    """The head alone; what follows is not read. Raises PosetuneError: see ``xml_events.children``."""
    for element in children(path):
        if element.tag == "meta":
            return meta_of(element)
        if element.tag in ("image", "track"):
            break
    return Meta()


def first_kind(path: Path) -> str | None:
    """ "image" or "track": what a CVAT file holds; None if it is empty."""
    return next((element.tag for element in children(path) if element.tag in ("image", "track")), None)


def meta_of(element: Element) -> Meta:
    """``element``: <meta>, which holds a task, a job, or a project with tasks."""
    meta = Meta()
    about = next((found for name in ("task", "job", "project") if (found := element.find(name)) is not None), None)
    if about is None:
        return meta
    tasks = about.findall("tasks/task") if about.tag == "project" else [about]
    meta.tasks = [_task(task, element) for task in tasks]
    sublabels: dict[str, list[str]] = {}
    pictures: dict[str, str] = {}
    for label in about.findall("labels/label"):
        name, parent = _text(label, "name"), label.findtext("parent")
        if parent:
            sublabels.setdefault(parent.strip(), []).append(name)
        elif _text(label, "type") == "skeleton" or label.find("svg") is not None:
            sublabels.setdefault(name, [])
            pictures[name] = label.findtext("svg") or ""
    for name, own in sublabels.items():
        nodes, lines = _picture(pictures.get(name, ""))
        ordered = [n for n in nodes.values() if n in own] + [n for n in own if n not in nodes.values()]
        place = {node: ordered.index(n) + 1 for node, n in nodes.items() if n in ordered}
        meta.skeletons[name] = ordered
        meta.lines[name] = [[place[a], place[b]] for a, b in lines if a in place and b in place]
    return meta


def _picture(svg: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """``(nodes, lines)`` of a skeleton's picture: id of a node → name of its point; pairs of ids."""
    if not svg or "<!" in svg:
        return {}, []
    try:
        root = ElementTree.fromstring(svg if svg.lstrip().startswith("<svg") else f"<svg>{svg}</svg>")
    except ElementTree.ParseError:
        return {}, []
    nodes = {
        circle.get("data-node-id", ""): circle.get("data-label-name", "")
        for circle in root.iter()
        if circle.tag.endswith("circle") and circle.get("data-label-name")
    }
    lines = [
        (line.get("data-node-from", ""), line.get("data-node-to", ""))
        for line in root.iter()
        if line.tag.endswith("line")
    ]
    return nodes, lines


def _task(element: Element, meta: Element) -> Task:
    size = element.find("original_size")
    if size is None:
        size = meta.find("original_size")
    filtered = _text(element, "frame_filter")
    step = filtered.partition("step=")[2].strip()
    return Task(
        id=_text(element, "id"),
        name=_text(element, "name"),
        subset=_text(element, "subset"),
        video=_text(element, "mode") == "interpolation",
        size=_whole(_text(element, "size")),
        start=_whole(_text(element, "start_frame")),
        step=max(1, _whole(step)),
        source=_text(element, "source") or (meta.findtext("source") or "").strip(),
        width=0 if size is None else _whole(_text(size, "width")),
        height=0 if size is None else _whole(_text(size, "height")),
    )


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
