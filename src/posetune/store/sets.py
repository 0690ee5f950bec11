"""Corrections out of a labelled set, as an annotation tool leaves it, and into one, to train on or to look at."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from posetune.data.dataset import write_coco
from posetune.data.origin import CONFIRMED as POINT_CONFIRMED
from posetune.data.origin import CORRECTED, PRELABEL, REJECTED, VERIFIED, Origin
from posetune.data.origin import MOVED as POINT_MOVED
from posetune.data.origin import UNTOUCHED as POINT_UNTOUCHED
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import read_bytes, write_bytes
from posetune.landmarks import COUNT, NAMES
from posetune.skeleton import BLAZEPOSE
from posetune.store.correction import CONFIRMED, MOVED, UNTOUCHED, Correction, NewCorrection, Picture
from posetune.store.corrections import Corrections

#: Keys of a person in a label file: seconds that the correction took, the audit it answers, whether the picture may be kept.
SECONDS, AUDIT, CONSENT = "seconds", "audit", "consent"
_LETTERS = {POINT_UNTOUCHED: UNTOUCHED, POINT_MOVED: MOVED, POINT_CONFIRMED: CONFIRMED, None: UNTOUCHED}
_STATUS = {UNTOUCHED: POINT_UNTOUCHED, MOVED: POINT_MOVED, CONFIRMED: POINT_CONFIRMED}


@dataclasses.dataclass(frozen=True)
class Terms:
    """On what terms a set is kept. ``annotator``: who corrected it. ``consent``: the sentence that was agreed to. ``expires_at``:
    s since 1970. ``source``: what the set came from. ``seconds``: name of an image in the set → those that went into each of its
    people, where the label file does not say.
    """

    annotator: str
    kind: Literal["correction", "audit"]
    consent: str
    expires_at: float | None = None
    source: str = "file"
    session: str = ""
    seconds: Mapping[str, float] = dataclasses.field(default_factory=dict)


def why_not(person: Person, kind: str) -> str | None:
    """Why somebody of a set is no correction of this kind, in the plural; None for one that is."""
    if person.origin.other.get(CONSENT) is False:
        return "have no consent"
    if person.origin.status == PRELABEL:
        return "were looked at by nobody"
    if person.origin.status == REJECTED:
        return "are rejected"
    if person.ignore or not person.labelled.any():
        return "are to be ignored or have no point"
    if kind == "audit" and any(
        t == UNTOUCHED for t, told in zip(touched_of(person), person.labelled, strict=True) if told
    ):
        return "have points that nobody confirmed"
    return None


def passed_over(dataset: Dataset, kind: str) -> Counter[str]:
    """How many people of a set are no corrections of this kind, by the reason."""
    return Counter(why for person in dataset.people if (why := why_not(person, kind)) is not None)


def given_by(dataset: Dataset, terms: Terms) -> Iterator[NewCorrection]:
    """The corrections of a set, one a person, in its order.

    Raises PosetuneError where a picture is missing, or the set is not in the 33 points.
    """
    if dataset.skeleton != BLAZEPOSE:
        raise PosetuneError(f"{dataset.name}: corrections are of the {COUNT} points; read the set in these.")
    files: tuple[Path | None, bytes] = (None, b"")
    for person in dataset.people:
        if why_not(person, terms.kind) is not None:
            continue
        if files[0] != person.image.path:
            files = person.image.path, read_bytes(person.image.path, "the image")
        yield _given(person, files[1], terms, dataset.root)


def _given(person: Person, content: bytes, terms: Terms, root: Path) -> NewCorrection:
    image, origin = person.image, person.origin
    audit = origin.other.get(AUDIT)
    return NewCorrection(
        Picture(content, image.width, image.height, terms.consent, image.group, expires_at=terms.expires_at),
        terms.annotator,
        person.keypoints,
        touched_of(person),
        terms.kind,
        shown=origin.network or "",
        seconds=_seconds(origin, terms.seconds.get(_name(image.path, root))),
        source=terms.source,
        session=terms.session,
        audit=audit if terms.kind == "audit" and isinstance(audit, str) else None,
    )


def touched_of(person: Person) -> str:
    """A letter a point. Where the set says nothing of points, all that a person labelled were moved, all that one found to be in
    order were confirmed.
    """
    if person.origin.points is not None:
        return "".join(_LETTERS[said] for said in person.origin.points)
    letter = CONFIRMED if person.origin.status == VERIFIED else MOVED
    return "".join(letter if labelled else UNTOUCHED for labelled in person.labelled)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root / "images").as_posix() if path.is_relative_to(root / "images") else path.name


def _seconds(origin: Origin, else_: float | None) -> float | None:
    said = origin.other.get(SECONDS)
    good = isinstance(said, (int, float)) and not isinstance(said, bool) and math.isfinite(said) and said >= 0
    return float(said) if good and isinstance(said, (int, float)) else else_


def people_of(found: Sequence[Correction], folder: Path) -> Dataset:
    """Corrections as a set, whose pictures lie, or will lie, in ``folder``/images."""
    images: dict[str, ImageRecord] = {}
    people = []
    for c in found:
        record = ImageRecord(len(images) + 1, folder / "images" / f"{c.image}{c.suffix}", c.width, c.height, c.scene)
        image = images.setdefault(c.image, record)
        people.append(Person(c.number, image, c.points, origin=origin_of(c)))
    return Dataset("corrections", tuple(images.values()), tuple(people), NAMES, (), folder)


def origin_of(correction: Correction) -> Origin:
    """What a label file says of where a correction comes from."""
    other: dict[str, object] = {"correction": correction.id, "kind": correction.kind}
    if correction.seconds is not None:
        other[SECONDS] = correction.seconds
    return Origin(
        network=correction.shown or None,
        reviewer=correction.annotator,
        status=CORRECTED if MOVED in correction.touched else VERIFIED,
        points=tuple(_STATUS[letter] for letter in correction.touched),
        other=other,
    )


def write_set(corrections: Corrections, found: Sequence[Correction], folder: Path, split: str = "train") -> Dataset:
    """Write corrections and their pictures as a data set: ``images/`` and ``annotations/SPLIT.json``; returned as it was written.

    Raises PosetuneError where it cannot be written, or a picture is gone.
    """
    dataset = people_of(found, folder)
    written: set[str] = set()
    for correction in found:
        if correction.image not in written:
            name = f"{correction.image}{correction.suffix}"
            write_bytes(folder / "images" / name, corrections.picture(correction))
            written.add(correction.image)
    write_coco(dataset, folder / "annotations" / f"{split}.json")
    return dataset
