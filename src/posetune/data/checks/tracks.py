"""Frames of one clip: labels that stand still while time goes on, and such that a tool put between two that a person made.

Both are found among the frames of a group in the order of their numbers, each person held against the nearest one of the frame
before; a group of N people costs N comparisons times the people in a frame.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from posetune.data.checks.finding import Finding, who
from posetune.data.origin import INTERPOLATED
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.series import place_in_series

#: So many points in common tell two labels as the same one.
_POINTS = 4
#: Points nearer than this are one point: tools write two decimals.
_SAME_PX = 0.02
#: Coordinates on a straight line in time to this are no hand's work, if the person moved by so much between the two ends.
_LINE_PX, _MOVED_PX = 0.051, 2.0
#: Nearest people farther apart than this (torsos, the mean over their points) are two people.
_NEAR = 1.0


def check_tracks(dataset: Dataset) -> list[Finding]:
    """Frozen and interpolated labels of ``dataset``."""
    by_image: dict[int, list[Person]] = {}
    for person in dataset.people:
        if not person.ignore:
            by_image.setdefault(id(person.image), []).append(person)
    findings: list[Finding] = []
    told: set[int] = set()
    for person in dataset.people:
        if person.origin.source == INTERPOLATED:
            text = f"{who(person)}: the label file says that it was interpolated between frames, not labelled"
            findings.append(Finding("interpolated", text, 0.9, image=person.image, person=person))
            told.add(id(person))
    for clip in _clips(dataset.images):
        findings += _frozen(clip, by_image)
        findings += [f for f in _interpolated(clip, by_image) if id(f.person) not in told]
    return [f.of_split(dataset.name) for f in findings]


def _clips(images: Sequence[ImageRecord]) -> Iterator[list[tuple[int, ImageRecord]]]:
    """Images of one group and series with their numbers, in order; groups of one image are no clips."""
    clips: dict[tuple[str, str], dict[int, ImageRecord]] = {}
    for image in images:
        series, number, _ = place_in_series(image.path)
        clips.setdefault((image.group, series), {})[number] = image
    for clip in clips.values():
        if len(clip) > 1:
            yield sorted(clip.items())


def _frozen(clip: Sequence[tuple[int, ImageRecord]], people: Mapping[int, list[Person]]) -> Iterator[Finding]:
    for (_, before), (_, image) in itertools.pairwise(clip):
        for person in people.get(id(image), ()):
            other = nearest(person, people.get(id(before), ()))
            if other is None:
                continue
            both = person.labelled & other.labelled
            apart = np.abs(person.keypoints[both, :2] - other.keypoints[both, :2]).max()
            if both.sum() >= _POINTS and apart <= _SAME_PX:
                text = f"{who(person)} has the very points of {who(other)}: copied from frame to frame?"
                yield Finding("frozen", text, 0.85, image=image, person=person, beside=before)


def _interpolated(clip: Sequence[tuple[int, ImageRecord]], people: Mapping[int, list[Person]]) -> Iterator[Finding]:
    for (t0, first), (t1, image), (t2, last) in zip(clip, clip[1:], clip[2:], strict=False):
        for person in people.get(id(image), ()):
            before, after = nearest(person, people.get(id(first), ())), nearest(person, people.get(id(last), ()))
            if before is None or after is None:
                continue
            all_three = person.labelled & before.labelled & after.labelled
            if all_three.sum() < _POINTS:
                continue
            a, b, c = (p.keypoints[all_three, :2] for p in (before, person, after))
            share = (t1 - t0) / (t2 - t0)
            off, moved = np.abs(a + share * (c - a) - b).max(), np.abs(c - a).max()
            if off <= _LINE_PX and moved >= _MOVED_PX:
                text = f"{who(person)} lies exactly between its neighbours in time, as a tool interpolates"
                yield Finding("interpolated", text, 0.8, image=image, person=person)


def nearest(person: Person, others: Sequence[Person]) -> Person | None:
    """Whoever of ``others`` lies nearest, by the mean distance of the points that both have; None if nobody does, or it is far."""
    best, least = None, np.inf
    for other in others:
        both = person.labelled & other.labelled
        if not both.any():
            continue
        distance = float(np.linalg.norm(person.keypoints[both, :2] - other.keypoints[both, :2], axis=1).mean())
        if distance < least:
            best, least = other, distance
    scale = np.fmax(person.torso, np.ptp(person.keypoints[person.labelled, :2], axis=0).max() / 4) if best else 0.0
    return best if best is not None and least <= _NEAR * scale else None
