"""What can be seen in the labels alone: impossible skeletons, people twice, points off their box and outside the picture, boxes
that are only the hull of the points.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.data.answers import by_image
from posetune.data.checks.finding import Finding, who
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.geometry import torso_px
from posetune.landmarks import INDEX, USUAL_BONES

#: A bone this many times longer than the person's other bones let expect is no perspective but a mistake.
BONE_RATIO = 4.0
#: Two labels of one image that are nearer than this on average (in torsos) are one person labelled twice.
TWICE_DISTANCE = 0.1
#: A labelled point may lie outside its person's box by this share of the box's longer side.
BOX_TOLERANCE = 0.25
#: A box is the hull of the labelled points if no side is farther off than this (px, and share of the box), …
_HULL_PX, _HULL_SHARE = 1.0, 0.01
#: … told from so many people with so many points on, if it is so in so large a share of them.
_HULL_PEOPLE, _HULL_POINTS, _HULL_MOST = 5, 5, 0.9
#: A visible point may lie outside the picture by this share of its longer side: annotators click beside the edge.
_OUTSIDE = 0.01


def check_labels(dataset: Dataset) -> list[Finding]:
    """All of these; people who are to be ignored are passed over."""
    findings = [*_images_listed_twice(dataset), *_hull_boxes(dataset)]
    for person in dataset.people:
        if not person.ignore:
            findings += [*_bones(person), *_off_box(person), *_outside(person)]
    for _, members in by_image(dataset.usable):
        findings += _twice([dataset.usable[i] for i in members])
    return [f.of_split(dataset.name) for f in findings]


def _images_listed_twice(dataset: Dataset) -> list[Finding]:
    seen: dict[str, ImageRecord] = {}
    findings = []
    for image in dataset.images:
        if str(image.path) in seen:
            text = f"{image.path.name} has the ids {seen[str(image.path)].id} and {image.id}"
            findings.append(Finding("listed_twice", text, image=image))
        seen[str(image.path)] = image
    return findings


def _hull_boxes(dataset: Dataset) -> list[Finding]:
    known = hulls = 0
    example: ImageRecord | None = None
    for person in dataset.people:
        if person.ignore or person.bbox is None or person.labelled.sum() < _HULL_POINTS:
            continue
        points = person.keypoints[person.labelled, :2]
        low, high = points.min(axis=0), points.max(axis=0)
        off = np.abs(np.concatenate([low, high - low]) - person.bbox).max()
        known += 1
        example = example or person.image
        hulls += off <= max(_HULL_PX, _HULL_SHARE * float(person.bbox[2:].max()))
    if known < _HULL_PEOPLE or hulls < _HULL_MOST * known:
        return []
    text = (
        f"{dataset.name}: the boxes of {hulls} of {known} people are the hull of their labelled points, not of the person: areas, "
        "and OKS with them, come out too small"
    )
    return [Finding("hull_box", text, 0.9, beside=example)]


def _bones(person: Person) -> list[Finding]:
    """Bones far longer than the rest of the body lets expect. Foreshortening makes bones shorter, never longer."""
    lengths: dict[str, tuple[float, tuple[int, ...]]] = {}
    for (a, b), usual in USUAL_BONES.items():
        for side in ("left", "right"):
            i, j = INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"]
            if person.labelled[i] and person.labelled[j]:
                pixels = float(np.linalg.norm(person.keypoints[i, :2] - person.keypoints[j, :2]))
                lengths[f"{side} {a}–{b}"] = pixels / usual, (i, j)
    torso = torso_px(person.keypoints, person.labelled)
    if np.isfinite(torso):
        lengths["torso"] = torso, ()
    if len(lengths) < 3:
        return []
    findings = []
    for name, (size, points) in lengths.items():
        others = float(np.median([v for n, (v, _) in lengths.items() if n != name]))
        if size > BONE_RATIO * others > 0:
            ratio = size / others
            text = f"{who(person)}: {name.replace('_', ' ')} is {ratio:.1f} times too long"
            # Twice the ratio from which on it is told is as good as sure.
            confidence = float(np.clip(0.6 + 0.35 * (ratio / BONE_RATIO - 1), 0.6, 0.95))
            findings.append(Finding("bones", text, confidence, image=person.image, person=person, points=points))
    return findings


def _off_box(person: Person) -> list[Finding]:
    if person.bbox is None:
        return []
    x, y, w, h = person.bbox
    slack = BOX_TOLERANCE * max(w, h)
    # Hidden points, and such beyond the picture's edge, may lie outside a box around what is seen.
    seen = (person.keypoints[:, 2] == 2) & ~_beyond(person.keypoints, person.image, 0.0)
    low, high = np.array([x, y]) - slack, np.array([x + w, y + h]) + slack
    off = seen & ((person.keypoints[:, :2] < low) | (person.keypoints[:, :2] > high)).any(axis=1)
    if not off.any():
        return []
    text = f"{who(person)}: {int(off.sum())} of {int(seen.sum())} visible points"
    return [Finding("off_box", text, 0.8, image=person.image, person=person, points=_positions(off))]


def _outside(person: Person) -> list[Finding]:
    """Visible points outside the picture; hidden ones may well lie there."""
    outside = (person.keypoints[:, 2] == 2) & _beyond(person.keypoints, person.image, _OUTSIDE)
    if not outside.any():
        return []
    names = ", ".join(person.skeleton.names[i] for i in np.flatnonzero(outside)[:4])
    text = f"{who(person)}: {int(outside.sum())} points that count as visible lie outside the picture ({names})"
    return [Finding("outside", text, 0.95, image=person.image, person=person, points=_positions(outside))]


def _beyond(keypoints: np.ndarray, image: ImageRecord, slack: float) -> np.ndarray:
    """(33,) bool: outside the image by more than ``slack`` of its longer side; nothing is where its size is not known."""
    if not image.width:
        return np.zeros(len(keypoints), bool)
    px = slack * max(image.width, image.height)
    x, y = keypoints[:, 0], keypoints[:, 1]
    return (x < -px) | (y < -px) | (x > image.width + px) | (y > image.height + px)


def _positions(which: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(which))


def _twice(people: Sequence[Person]) -> list[Finding]:
    """People of one image with the same points. Sorted from left to right, so that only neighbours are compared: pictures of
    crowds hold hundreds.
    """
    findings = []
    middles = [float(p.keypoints[p.labelled, 0].mean()) for p in people]
    order = np.argsort(middles, kind="stable")
    for position, i in enumerate(order):
        first = people[i]
        for j in order[position + 1 :]:
            # The mean distance is no less than that of the means, but for the points that one of them lacks.
            if middles[j] - middles[i] > max(first.torso, people[j].torso, 1.0):
                break
            a, b = sorted((int(i), int(j)))
            if _same(people[a], people[b]):
                text = f"{people[a].image.path.name}: persons {people[a].id} and {people[b].id} have the same points"
                findings.append(Finding("labelled_twice", text, 0.95, image=people[b].image, person=people[b]))
    return findings


def _same(first: Person, second: Person) -> bool:
    both = first.labelled & second.labelled
    if both.sum() < 3:
        return False
    distance = np.linalg.norm(first.keypoints[both, :2] - second.keypoints[both, :2], axis=1)
    return bool(distance.mean() < TWICE_DISTANCE * first.torso)
