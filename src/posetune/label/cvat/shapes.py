"""A person as a CVAT server holds one: a shape of the type skeleton with an element for each point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.data.formats.cvat_shapes import BOX, ID, IGNORE, STATUS, middle_of
from posetune.data.formats.cvat_writer import placed
from posetune.data.origin import PRELABEL, VERIFIED, status_of
from posetune.data.people import Person
from posetune.label.cvat.definition import ServerLabel
from posetune.skeleton import Skeleton


@dataclass(frozen=True, eq=False)
class Drawn:
    """One person of a task, in a frame. ``points``: (K, 4) x, y in image px, occluded, outside, each of 0 and 1; an element that
    is missing is outside and NaN. ``person``: posetune's id as it stands there, None for somebody who was drawn there.
    ``status``: the attribute, None where it is empty or no such word; ``ignore``: None where the label there has no such attribute.
    ``shape``: its number on the server.
    """

    frame: int
    shape: int
    points: np.ndarray
    person: int | None = None
    status: str | None = None
    ignore: bool | None = None
    bbox: tuple[float, float, float, float] | None = None

    @property
    def there(self) -> np.ndarray:
        """(K,) bool: which points are not marked as outside."""
        return self.points[:, 3] == 0


def to_points(person: Person) -> np.ndarray:
    """(K, 4): what :class:`Drawn` has of a person who is sent, to 0.001 px as our own files are."""
    points = placed(person)
    points[:, :2] = np.round(points[:, :2], 3)
    return points


def can_be_sent(person: Person) -> bool:
    """CVAT has no skeletons without a point."""
    return bool(person.labelled.any()) or person.outside is not None


def status_sent(person: Person) -> str:
    """Labels that no network proposed have no status; there they count as verified."""
    return person.origin.status or VERIFIED


def to_shape(person: Person, frame: int, label: ServerLabel) -> dict[str, Any]:
    """The person as a request's shape. ``source`` is "auto" for a network's proposal, which CVAT turns into "semi-auto" when
    somebody touches it, else "file".
    """
    source = "auto" if person.origin.status == PRELABEL else "file"
    said = {ID: str(person.id), STATUS: status_sent(person)}
    if person.ignore and person.labelled.any():
        said[IGNORE] = "1"
    if person.bbox is not None and person.bbox_from is None:
        said[BOX] = ",".join(f"{side:.2f}" for side in person.bbox)
    elements = [
        {
            "type": "points",
            "label_id": label.points[name],
            "frame": frame,
            "points": [x, y],
            "occluded": bool(occluded),
            "outside": bool(outside),
            "group": 0,
            "source": source,
            "attributes": [],
        }
        for name, (x, y, occluded, outside) in zip(person.skeleton.names, to_points(person).tolist(), strict=True)
    ]
    return {
        "type": "skeleton",
        "label_id": label.id,
        "frame": frame,
        "group": 0,
        "source": source,
        "attributes": [
            {"spec_id": label.attributes[name], "value": value}
            for name, value in said.items()
            if name in label.attributes
        ],
        "elements": elements,
    }


def from_shape(shape: Mapping[str, Any], label: ServerLabel, skeleton: Skeleton) -> Drawn:
    """A server's shape of the skeleton ``label``; its elements stand in any order, and go by their labels."""
    names = label.names
    points = np.full((skeleton.count, 4), math.nan)
    points[:, 2], points[:, 3] = 0, 1
    place = {name: i for i, name in enumerate(skeleton.names)}
    for element in shape.get("elements") or ():
        i = place.get(names.get(element.get("label_id"), ""))
        at = list(element.get("points") or [])
        if i is None or len(at) < 2:
            continue
        points[i, :] = [float(at[0]), float(at[1]), bool(element.get("occluded")), bool(element.get("outside"))]
    called = {number: name for name, number in label.attributes.items()}
    said = {called.get(a.get("spec_id"), ""): str(a.get("value", "")) for a in shape.get("attributes") or ()}
    return Drawn(
        frame=int(shape["frame"]),
        shape=int(shape.get("id") or 0),
        points=points,
        person=person_id(said.get(ID, "")),
        status=status_of(said.get(STATUS)),
        ignore=said.get(IGNORE) == "1" if IGNORE in label.attributes else None,
        bbox=_box(said.get(BOX, "")),
    )


def person_id(said: str) -> int | None:
    said = said.strip()
    return int(said) if said.isascii() and said.isdigit() and 0 < int(said) < 2**53 else None


def _box(said: str) -> tuple[float, float, float, float] | None:
    try:
        x, y, width, height = (float(side) for side in said.split(","))
    except ValueError:
        return None
    return (x, y, width, height) if all(map(math.isfinite, (x, y, width, height))) else None


def same_points(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two (K, 4) say the same: no v differs, and no point that is there by more than 0.01 px; where a point that is not
    there stands says nothing.
    """
    if a.shape != b.shape or not (a[:, 3] == b[:, 3]).all():
        return False
    there = a[:, 3] == 0
    return bool((a[there, 2] == b[there, 2]).all() and (np.abs(a[there, :2] - b[there, :2]) <= 0.01).all())


def to_labels(
    points: np.ndarray, sent: np.ndarray | None, before: Person | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """``(keypoints, outside)`` of a :class:`data.people.Person` from (K, 4) as CVAT has them.

    CVAT wants a place for each point, also for such as nobody placed; these are sent to the middle of the person. A point that
    is outside still where it was ``sent`` to is none that somebody placed there, unless ``before`` has it as such.
    """
    keypoints = np.zeros((len(points), 3))
    there = points[:, 3] == 0
    keypoints[there] = np.column_stack([points[there, :2], 2 - points[there, 2]])
    placed_there = ~there & np.isfinite(points[:, 0])
    if sent is not None:
        known = np.zeros(len(points), bool)
        if before is not None:
            known = before.labelled.copy()
            if before.outside is not None:
                known |= np.isfinite(before.outside[:, 0])
        placed_there &= known | (np.abs(points[:, :2] - sent[:, :2]).max(axis=1) > 0.01)
    else:
        middle = np.array(middle_of(keypoints.ravel().tolist()))
        placed_there &= (np.abs(points[:, :2] - middle).max(axis=1) > 0.011) | (points[:, 2] > 0)
    if not placed_there.any():
        return keypoints, None
    outside = np.full((len(points), 3), np.nan)
    outside[placed_there] = points[placed_there, :3]
    return keypoints, outside
