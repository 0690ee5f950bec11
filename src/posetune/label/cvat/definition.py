"""The label that CVAT needs, and whether what a server has is that.

CVAT cannot change a skeleton once it is made: an update is answered with success, and nothing happens. So everything is
compared before anything is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from posetune.data.formats.cvat_shapes import ATTRIBUTES, ID, STATUS
from posetune.data.formats.cvat_writer import LABEL, skeleton_svg
from posetune.data.formats.image_finder import some
from posetune.errors import PosetuneError
from posetune.skeleton import Skeleton

#: The server looks for names in the picture as they are, where such stand escaped.
_UNFIT = frozenset("&<>\"'")
_CIRCLE, _LINE, _KEY = (
    re.compile(r"<circle\b[^>]*>"),
    re.compile(r"<line\b[^>]*>"),
    re.compile(r'([a-z0-9-]+)="([^"]*)"'),
)


def label_json(skeleton: Skeleton) -> dict[str, Any]:
    """The label as CVAT's constructor ("Raw") and its API take it: a skeleton whose points stand in the order of the set.

    Raises PosetuneError for a name with which CVAT would make a skeleton that it cannot draw.
    """
    unfit = [name for name in skeleton.names if set(name) & _UNFIT or name != name.strip()]
    if unfit:
        raise PosetuneError(
            f"CVAT's picture of a skeleton cannot name {some([repr(name) for name in unfit])}: rename points with &, <, >, "
            "quotes or blanks at an end."
        )
    attributes = [
        {"name": name, "mutable": False, "input_type": kind, "default_value": values[0], "values": list(values)}
        for name, (kind, values) in ATTRIBUTES.items()
    ]
    points = [{"name": name, "type": "points", "attributes": []} for name in skeleton.names]
    return {
        "name": LABEL,
        "type": "skeleton",
        "attributes": attributes,
        "sublabels": points,
        "svg": skeleton_svg(skeleton),
    }


def label_svg(skeleton: Skeleton) -> str:
    """The picture alone, as the constructor's upload of a skeleton takes it and any viewer shows it. What the points are called
    stands in its description, by their numbers.
    """
    points = {str(i): {"name": name, "type": "points", "attributes": []} for i, name in enumerate(skeleton.names, 1)}
    said = escape(json.dumps(points, ensure_ascii=False))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" stroke="black" stroke-width="0.3">'
        f"{skeleton_svg(skeleton)}"
        f'<desc data-description-type="labels-specification">{said}</desc></svg>\n'
    )


@dataclass(frozen=True)
class ServerLabel:
    """The skeleton of a project or task on a server, by the numbers that it has there.

    ``points``: name of a point → id of its label; ``attributes``: name → id. ``notes``: what is other than ours, and does no
    harm.
    """

    name: str
    id: int
    points: Mapping[str, int]
    attributes: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> dict[int, str]:
        """Id of a point's label → its name."""
        return {number: name for name, number in self.points.items()}


def skeletons_of(labels: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of a server's labels, the skeletons."""
    return [label for label in labels if label.get("type") == "skeleton"]


def matching(labels: Sequence[Mapping[str, Any]], skeleton: Skeleton, where: str) -> ServerLabel:
    """The label for people among ``labels``, as a server lists them: the skeleton called "person", else the only one.

    Raises PosetuneError, saying what differs, where it is another skeleton than ``skeleton`` or lacks an attribute. ``where``:
    whose labels they are, for the sentence.
    """
    found = skeletons_of(labels)
    chosen = next((label for label in found if label.get("name") == LABEL), None)
    if chosen is None and len(found) == 1:
        chosen = found[0]
    if chosen is None:
        has = some([f"{label.get('name')} ({label.get('type', 'any')})" for label in labels], 6) or "none"
        raise PosetuneError(
            f"{where} has no label {LABEL!r} of the type Skeleton; its labels: {has}. Take another project, or let push make one."
        )
    differs = differences(chosen, skeleton)
    if differs:
        raise PosetuneError(
            f"{where}: its skeleton {chosen.get('name')!r} is another than the set's, and CVAT cannot change one: "
            f"{'; '.join(differs)}. Push to a new project."
        )
    return server_label(chosen, skeleton)


def server_label(label: Mapping[str, Any], skeleton: Skeleton | None = None) -> ServerLabel:
    """``label`` by its ids; with ``skeleton``, with what its lines lack against it."""
    points = {str(point["name"]): int(point["id"]) for point in label.get("sublabels") or ()}
    attributes = {str(a["name"]): int(a["id"]) for a in label.get("attributes") or ()}
    notes = []
    if skeleton is not None and _lines(str(label.get("svg", "")), points) != _edges(skeleton):
        notes.append(f"the skeleton {label.get('name')!r} there has other lines between its points, for the eye only")
    return ServerLabel(str(label.get("name")), int(label["id"]), points, attributes, tuple(notes))


def differences(label: Mapping[str, Any], skeleton: Skeleton) -> list[str]:
    """What is other in a server's skeleton than in ours, each as half a sentence; its lines are not looked at."""
    theirs = [str(point.get("name")) for point in label.get("sublabels") or ()]
    ours = list(skeleton.names)
    told = []
    missing, more = [n for n in ours if n not in theirs], [n for n in theirs if n not in ours]
    if missing:
        told.append(f"it lacks {len(missing)} of {len(ours)} points ({some(missing)})")
    if more:
        told.append(f"it has {len(more)} others ({some(more)})")
    if not told and theirs != ours:
        at = (
            next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b)
            if len(theirs) == len(ours)
            else 0
        )
        told.append(f"its points stand in another order (point {at + 1} is {theirs[at]}, not {ours[at]})")
    if not told and not _is_whole(label):
        told.append("its picture has not one circle for each point, so that CVAT cannot draw it")
    attributes = {str(a.get("name")): a for a in label.get("attributes") or ()}
    lacking = [name for name in (ID, STATUS) if name not in attributes]
    if lacking:
        told.append(f"it lacks the attribute{'s' * (len(lacking) > 1)} {' and '.join(lacking)}")
    status = attributes.get(STATUS)
    if status is not None and status.get("input_type") in ("select", "radio"):
        values = status.get("values") or []
        absent = [value for value in ATTRIBUTES[STATUS][1] if value not in values]
        if absent:
            told.append(f"its attribute {STATUS} cannot be {' or '.join(absent)}")
    return told


def _is_whole(label: Mapping[str, Any]) -> bool:
    """Whether the picture has one circle for each point's label, where the server tells the picture."""
    svg = str(label.get("svg") or "")
    ids = sorted(str(point.get("id")) for point in label.get("sublabels") or ())
    drawn = sorted(dict(_KEY.findall(circle)).get("data-label-id", "") for circle in _CIRCLE.findall(svg))
    return not svg or drawn == ids


def _lines(svg: str, points: Mapping[str, int]) -> set[frozenset[str]]:
    called = {str(number): name for name, number in points.items()}
    node = {}
    for circle in _CIRCLE.findall(svg):
        keys = dict(_KEY.findall(circle))
        node[keys.get("data-node-id", "")] = called.get(keys.get("data-label-id", ""), "")
    lines = (dict(_KEY.findall(line)) for line in _LINE.findall(svg))
    return {
        frozenset((node.get(line.get("data-node-from", ""), ""), node.get(line.get("data-node-to", ""), "")))
        for line in lines
    }


def _edges(skeleton: Skeleton) -> set[frozenset[str]]:
    return {frozenset((skeleton.names[a], skeleton.names[b])) for a, b in skeleton.edges}
