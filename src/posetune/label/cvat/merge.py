"""People as CVAT has them, put into a set: who changed what since both had the same, here or there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from posetune.data.origin import CONFIRMED, CORRECTED, MOVED, PRELABEL, UNTOUCHED, VERIFIED, Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.label.cvat.check import Content
from posetune.label.cvat.record import Record, Sent
from posetune.label.cvat.shapes import Drawn, can_be_sent, same_points, status_sent, to_labels, to_points

#: Which side goes before where a person was changed on both.
CVAT, SET = "cvat", "set"
#: Somebody who was drawn in CVAT and pulled before is known again there by points this near, in shares of the person's size.
_NEAR = 0.3


@dataclass
class Counts:
    """How many people of the frames that were looked at: ``corrected``: other points than the set had; ``verified``: found in
    order; ``judged``: whose status was set there by hand; ``same``; ``new``, ``deleted``: there; ``kept``: changed or added here
    since, and left; ``stay_deleted``: here. ``conflicts``: changed on both sides. Lists hold names for sentences.
    """

    corrected: int = 0
    verified: int = 0
    judged: int = 0
    same: int = 0
    kept: int = 0
    stay_deleted: int = 0
    new: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Merged:
    """``records``: task → what both sides have now, for the next time."""

    dataset: Dataset
    counts: Counts
    records: Mapping[int, Mapping[int, Sent]]


def merge(dataset: Dataset, contents: Sequence[Content], records: Mapping[int, Record], prefer: str | None) -> Merged:
    """``dataset`` with the people of ``contents`` in it. ``records``: task → what was sent or pulled last. ``prefer``: CVAT or
    SET, for people who were changed on both sides; None leaves them as they are here, and counts them as conflicts.

    Who is not in a frame, and was sent there, was deleted there; without a record, whoever is not there was.
    """
    one = _Merge(dataset, prefer)
    kept = {content.task.id: one.task(content, records.get(content.task.id, Record())) for content in contents}
    return Merged(one.result(), one.counts, kept)


class _Merge:
    def __init__(self, dataset: Dataset, prefer: str | None) -> None:
        self.dataset, self.prefer, self.counts = dataset, prefer, Counts()
        self.people: dict[int, list[Person]] = {}
        for person in dataset.people:
            self.people.setdefault(id(person.image), []).append(person)
        self.next_id = max((person.id for person in dataset.people), default=0) + 1
        self.changed: dict[int, Person | None] = {}
        self.added: list[Person] = []
        self.images: dict[int, ImageRecord] = {}

    def task(self, content: Content, record: Record) -> dict[int, Sent]:
        """Put one task's people in; returns what both sides have now."""
        both = {number: sent for number, sent in record.people.items()}
        by_frame: dict[int, list[Drawn]] = {}
        for drawn in content.people:
            by_frame.setdefault(drawn.frame, []).append(drawn)
        for frame, image in content.images.items():
            here = {person.id: person for person in self.people.get(id(image), ())}
            known, strangers = _assign(by_frame.get(frame, ()), here, record)
            done = content.task.is_done(frame)
            for number, drawn in known.items():
                both[number] = self._update(here[number], drawn, record.people.get(number), done)
            for drawn in strangers:
                if drawn.person is not None and drawn.person in record.people and self._is_gone_here(drawn, record):
                    self.counts.stay_deleted += 1
                    continue
                person = self._add(drawn, image)
                both[person.id] = _both(drawn, person, status_sent(person))
            for number, person in here.items():
                if number not in known:
                    self._missing(person, record)
                    both.pop(number, None)
            if done and image.origin.status == PRELABEL:
                self.images[id(image)] = dataclasses.replace(
                    image, origin=dataclasses.replace(image.origin, status=VERIFIED)
                )
        return both

    def _update(self, person: Person, drawn: Drawn, sent: Sent | None, done: bool) -> Sent:
        now = to_points(person)
        moved = not same_points(now if sent is None else sent.points, drawn.points)
        judged = drawn.status is not None and drawn.status != (status_sent(person) if sent is None else sent.status)
        here = sent is not None and not (same_points(now, sent.points) and status_sent(person) == sent.here)
        agree = same_points(now, drawn.points) and drawn.status in (None, status_sent(person))
        if here and not agree:
            assert sent is not None
            if (moved or judged) and self.prefer is None:
                self.counts.conflicts.append(f"{person.id} in {person.image.path.name}")
            if not ((moved or judged) and self.prefer == CVAT):
                self.counts.kept += 1
                return _both(drawn, person, sent.here)
        changed = person
        if not same_points(now, drawn.points):
            keypoints, outside = to_labels(drawn.points, None if sent is None else sent.points, person)
            changed = dataclasses.replace(person, keypoints=keypoints, outside=outside, keypoints_3d=None)
        status = _status(person.origin.status, drawn.status if judged else None, moved, done)
        origin = _origin(changed.origin, status, person.keypoints, changed.keypoints)
        says = drawn.ignore is not None and person.labelled.any()
        ignore = bool(drawn.ignore) if says else person.ignore
        if changed is person and origin == person.origin and ignore == person.ignore:
            self.counts.same += 1
            return _both(drawn, person, status_sent(person))
        self.counts.corrected += changed is not person
        self.counts.judged += changed is person and judged
        self.counts.verified += changed is person and not judged and status == VERIFIED
        result = dataclasses.replace(changed, origin=origin, ignore=ignore)
        self.changed[id(person)] = result
        return _both(drawn, result, status_sent(result))

    def _is_gone_here(self, drawn: Drawn, record: Record) -> bool:
        """Whether somebody who is there as ever was deleted here since."""
        assert drawn.person is not None
        sent = record.people[drawn.person]
        return same_points(sent.points, drawn.points) and drawn.status in (None, sent.status)

    def _add(self, drawn: Drawn, image: ImageRecord) -> Person:
        keypoints, outside = to_labels(drawn.points, None, None)
        person = Person(
            self.next_id,
            image,
            keypoints,
            ignore=bool(drawn.ignore),
            origin=Origin(status=drawn.status or VERIFIED),
            skeleton=self.dataset.skeleton,
            outside=outside,
        )
        self.next_id += 1
        self.added.append(person)
        self.counts.new.append(image.path.name)
        return person

    def _missing(self, person: Person, record: Record) -> None:
        if not can_be_sent(person) or (record.known and person.id not in record.people):
            self.counts.kept += 1
            return
        self.changed[id(person)] = None
        self.counts.deleted.append(f"{person.id} in {person.image.path.name}")

    def result(self) -> Dataset:
        people = [self.changed.get(id(person), person) for person in self.dataset.people]
        kept = (person for person in [*people, *self.added] if person is not None)
        merged = dataclasses.replace(self.dataset, people=tuple(kept))
        return merged.with_images(self.images, merged.warnings)


def _both(drawn: Drawn, person: Person, here: str) -> Sent:
    shape = None if drawn.person == person.id else drawn.shape
    return Sent(drawn.points, drawn.status or status_sent(person), here, shape)


def _assign(drawn: Sequence[Drawn], here: Mapping[int, Person], record: Record) -> tuple[dict[int, Drawn], list[Drawn]]:
    """``(known, strangers)`` of one frame: the set's id → whom it means there; and the others.

    An id that several have, for somebody was copied, is the nearest one's. Who has no id there may have been pulled before: by
    the same points, the shape's number, or points that are near.
    """
    claims: dict[int, list[Drawn]] = {}
    strangers: list[Drawn] = []
    for one in drawn:
        if one.person is not None and one.person in here:
            claims.setdefault(one.person, []).append(one)
        else:
            strangers.append(one)
    known = {}
    for number, several in claims.items():
        sent = record.people.get(number)
        at = to_points(here[number]) if sent is None else sent.points
        several.sort(key=lambda one: (_distance(one.points, at), one.shape))
        known[number] = several[0]
        strangers += several[1:]
    free = {number: person for number, person in here.items() if number not in known}
    rest: list[Drawn] = []
    for one in sorted(strangers, key=lambda one: one.shape):
        again = _again(one, free, record)
        if again is None:
            rest.append(one)
        else:
            known[again] = one
            del free[again]
    return known, rest


def _again(one: Drawn, free: Mapping[int, Person], record: Record) -> int | None:
    """Which of ``free`` somebody without an id is who was pulled before."""
    for number, person in free.items():
        if same_points(to_points(person), one.points):
            return number
    pulled = {
        number: sent for number in free if (sent := record.people.get(number)) is not None and sent.shape is not None
    }
    for number, sent in pulled.items():
        if sent.shape == one.shape:
            return number
    near = [
        (distance, number)
        for number, sent in pulled.items()
        if (distance := _distance(one.points, sent.points)) < _NEAR
    ]
    return min(near)[1] if near else None


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    """How far two (K, 4) are apart: the median over points that both have, in shares of the second's larger side; inf where they
    have none in common.
    """
    both = (a[:, 3] == 0) & (b[:, 3] == 0)
    if not both.any():
        return float("inf")
    size = float(np.ptp(b[b[:, 3] == 0, :2], axis=0).max()) or 1.0
    return float(np.median(np.linalg.norm(a[both, :2] - b[both, :2], axis=1))) / size


def _status(before: str | None, judged: str | None, moved: bool, done: bool) -> str | None:
    """What somebody said there; else corrected where points were moved; else verified where the job is done."""
    if judged is not None:
        return judged
    if moved:
        return CORRECTED
    return VERIFIED if done and before == PRELABEL else before


def _origin(origin: Origin, status: str | None, before: np.ndarray, after: np.ndarray) -> Origin:
    """With the status, and of points that a network proposed which were moved and, where all was looked at, which were right."""
    points = origin.points
    if origin.network is not None or points is not None:
        moved = (before[:, 2] != after[:, 2]) | (np.abs(before[:, :2] - after[:, :2]).max(axis=1) > 0.01)
        points = tuple(
            _point(old, bool(m), status) for old, m in zip(points or [UNTOUCHED] * len(after), moved, strict=True)
        )
        if origin.points is None and set(points) == {UNTOUCHED}:
            points = None
    return dataclasses.replace(origin, status=status, points=points)


def _point(before: str | None, moved: bool, status: str | None) -> str | None:
    if moved:
        return MOVED
    return CONFIRMED if status == VERIFIED and before == UNTOUCHED else before
