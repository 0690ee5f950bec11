"""A set written as CVAT for images 1.1, for its annotators to go on with: section "CVAT" of docs/reference/formats.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from posetune.data.formats.cvat_shapes import ATTRIBUTES, BOX, ID, IGNORE, STATUS, middle_of
from posetune.data.formats.writing import Part, Told
from posetune.data.losses import Loss
from posetune.data.people import Person
from posetune.files import replacing
from posetune.landmarks import FLIP
from posetune.skeleton import Skeleton

#: What a set loses on its way into this format.
LOSSES = (
    "groups, areas, points in space, who proposed the labels",
    "people without a point (CVAT has no empty skeletons)",
    "places to 0.005 px",
)
#: What the label of people is called.
LABEL = "person"
#: Of CVAT's COCO export: what it says again by itself.
_CVATS_OWN = ("occluded", "keyframe", "track_id")


def write_cvat(parts: Sequence[Part], out: Path) -> tuple[Loss, ...]:
    """Write ``out``/annotations/<split>.xml for each part.

    A point is (outside, occluded) = (0, 0) for v = 2, (0, 1) for v = 1; for v = 0 outside, at its place if one is known, else
    in the middle of the person. Images are named as ``Part.names`` says. posetune's id, the status of a review, ignore and the
    box go into attributes, which are all that CVAT keeps.

    Raises PosetuneError if a file cannot be written.
    """
    told = Told()
    for part in parts:
        with (
            replacing(out / "annotations" / f"{part.split}.xml") as temporary,
            temporary.open("w", encoding="utf-8", newline="\n") as file,
        ):
            _write(part, file, told)
    return told.losses.listed()


def _write(part: Part, file: TextIO, told: Told) -> None:
    dataset = part.dataset
    extra = sorted({name for person in dataset.people for name in _own_attributes(person)})
    file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
    file.write(_meta(part, extra))
    people: dict[int, list[Person]] = {}
    for person in dataset.people:
        people.setdefault(id(person.image), []).append(person)
    for number, image in enumerate(dataset.images):
        file.write(
            f'  <image id="{number}" name={quoteattr(_printable(part.names[id(image)]))} width="{image.width}" '
            f'height="{image.height}">\n'
        )
        if not image.width:
            told.losses.add("images", "have no known size, and stand as 0 × 0", 1, [image.path.name])
        for person in people.get(id(image), ()):
            told.person(person, kept=("outside", "status", "ignore", "box", "other"))
            lost = person.origin.other.keys() - {"attributes"}
            if lost:
                told.losses.add("people", "have other entries in the label file, which are not kept")
            if STATUS in (person.origin.other.get("attributes") or {}):
                told.losses.add(
                    "people", f"have an attribute {STATUS!r} of their own, which is posetune's here, and not kept"
                )
            _skeleton(person, file, told)
        file.write("  </image>\n")
    file.write("</annotations>\n")
    if any(not group.startswith("image:") for group in dataset.groups):
        told.losses.add("groups", "are not kept: CVAT has tasks instead", len(dataset.groups))


def _skeleton(person: Person, file: TextIO, told: Told) -> None:
    if not person.labelled.any() and person.outside is None:
        told.losses.add("people", "have no point; CVAT has no skeletons without any")
        return
    file.write(f'    <skeleton label="{LABEL}" source="file" z_order="0">\n')
    for name, (x, y, occluded, outside) in zip(person.skeleton.names, placed(person).tolist(), strict=True):
        file.write(
            f'      <points label={quoteattr(name)} source="file" outside="{outside:.0f}" occluded="{occluded:.0f}" '
            f'points="{x:.2f},{y:.2f}">\n      </points>\n'
        )
    said: dict[str, Any] = {ID: person.id}
    if person.origin.status is not None:
        said[STATUS] = person.origin.status
    if person.ignore and person.labelled.any():
        said[IGNORE] = 1
    if person.bbox is not None and person.bbox_from is None:
        said[BOX] = ",".join(f"{side:.2f}" for side in person.bbox)
    for name, value in (said | _own_attributes(person)).items():
        file.write(f"      <attribute name={quoteattr(name)}>{escape(_printable(str(value)))}</attribute>\n")
    file.write("    </skeleton>\n")


def placed(person: Person) -> np.ndarray:
    """(K, 4) x, y in image px, occluded, outside: each of 0 and 1."""
    points = np.zeros((person.skeleton.count, 4))
    labelled = person.labelled
    points[labelled, :2] = person.keypoints[labelled, :2]
    points[labelled, 2] = person.keypoints[labelled, 2] == 1
    points[~labelled, 3] = 1
    known = np.zeros_like(labelled)
    if person.outside is not None:
        known = ~labelled & np.isfinite(person.outside[:, 0])
        points[known, :3] = person.outside[known]
    nowhere = ~labelled & ~known
    points[nowhere, :2] = (
        middle_of(person.keypoints.ravel().tolist()) if labelled.any() else points[known, :2].mean(axis=0)
    )
    return points


def _own_attributes(person: Person) -> dict[str, Any]:
    """The attributes that the person's label file has, where CVAT can hold them."""
    said = person.origin.other.get("attributes")
    if not isinstance(said, dict):
        return {}
    return {
        name: value
        for name, value in said.items()
        if isinstance(value, str | int | float | bool) and name and name not in (*_CVATS_OWN, *ATTRIBUTES)
    }


def _meta(part: Part, extra: Sequence[str]) -> str:
    dataset = part.dataset
    names = dataset.skeleton.names
    attributes = "".join(_attribute(name, *ATTRIBUTES.get(name, ("text", ("",)))) for name in (*ATTRIBUTES, *extra))
    points = "".join(
        f"        <label>\n          <name>{escape(_printable(name))}</name>\n          <type>points</type>\n"
        f"          <attributes>\n          </attributes>\n          <parent>{LABEL}</parent>\n        </label>\n"
        for name in names
    )
    return (
        f"  <meta>\n    <task>\n      <name>{escape(_printable(dataset.name))}</name>\n      <size>{len(dataset.images)}</size>\n"
        f"      <mode>annotation</mode>\n      <subset>{escape(_printable(part.split))}</subset>\n      <labels>\n        <label>\n"
        f"          <name>{LABEL}</name>\n          <type>skeleton</type>\n          <attributes>\n{attributes}"
        f"          </attributes>\n          <svg>{escape(skeleton_svg(dataset.skeleton))}</svg>\n        </label>\n{points}"
        "      </labels>\n    </task>\n  </meta>\n"
    )


def _attribute(name: str, kind: str, values: Sequence[str]) -> str:
    return (
        f"            <attribute>\n              <name>{escape(_printable(name))}</name>\n              <mutable>False</mutable>\n"
        f"              <input_type>{kind}</input_type>\n              <default_value>{values[0]}</default_value>\n"
        f"              <values>{chr(10).join(values)}</values>\n            </attribute>\n"
    )


def skeleton_svg(skeleton: Skeleton) -> str:
    """The picture by which CVAT defines a skeleton: nodes numbered 1…K in the order of the points, and lines between them;
    nothing but the tags and attributes that CVAT takes. Points stand where they stand on a person seen from the front, those
    that no body has on a ring around.
    """
    at = _places(skeleton)
    lines = "".join(
        f'<line x1="{at[a][0]}" y1="{at[a][1]}" x2="{at[b][0]}" y2="{at[b][1]}" data-type="edge" data-node-from="{a + 1}" '
        f'data-node-to="{b + 1}"></line>'
        for a, b in skeleton.edges
    )
    nodes = "".join(
        f'<circle r="0.75" cx="{x}" cy="{y}" data-type="element node" data-element-id="{i}" data-node-id="{i}" '
        f"data-label-name={quoteattr(_printable(name))}></circle>"
        for i, (name, (x, y)) in enumerate(zip(skeleton.names, at, strict=True), 1)
    )
    return lines + nodes


#: Where each of the 33 stands in the picture, 0…100: those in the middle and of the person's left, which is right in it.
_FRONT: Mapping[int, tuple[float, float]] = {
    0: (50, 9), 1: (51.5, 6), 2: (53, 5.5), 3: (54.5, 6), 7: (57, 8), 9: (52, 13), 11: (61, 22), 13: (68, 36), 15: (72, 49),
    17: (75, 55), 19: (72.5, 57), 21: (69, 54), 23: (56, 52), 25: (57, 71), 27: (58, 89), 29: (56.5, 94), 31: (63, 95),
}  # fmt: skip


def _places(skeleton: Skeleton) -> list[tuple[float, float]]:
    places = []
    for i in range(skeleton.count):
        landmark = skeleton.body.get(i)
        if landmark is None:
            angle = 2 * math.pi * i / skeleton.count
            places.append((round(50 + 46 * math.cos(angle), 2), round(50 + 46 * math.sin(angle), 2)))
        elif landmark in _FRONT:
            places.append(_FRONT[landmark])
        else:
            x, y = _FRONT[int(FLIP[landmark])]
            places.append((100 - x, y))
    return places


def _printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
