"""A correction: what it is, when it is one, and how the database has it."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.landmarks import COUNT
from posetune.store.tables import annotators, corrections, images, sessions

NEW, ACCEPTED, QUARANTINED, REJECTED = "new", "accepted", "quarantined", "rejected"
STATUSES = (NEW, ACCEPTED, QUARANTINED, REJECTED)
#: Why nothing is taken of somebody; told from what speaks against a correction itself.
BY_PERSON = "most that this person gave is suspected"
#: correction: of what somebody saw to be wrong; it trains. audit: of a picture that was drawn; it judges once, then trains.
#: honeypot: of a picture whose points are known; it tells whom to trust.
KINDS = ("correction", "audit", "honeypot")
#: What became of each point, a letter each.
UNTOUCHED, CONFIRMED, MOVED = "u", "c", "m"
#: Of ``corrections.held``: a point that waits for a second person to say the same.
HELD = "x"


@dataclass(frozen=True)
class Picture:
    """A picture that may be kept. ``content``: its file; ``width``, ``height``: upright, px; ``scene``: what it shares a scene or
    a video with. ``consent``: the sentence that was agreed to, at ``consented_at``, s since 1970; ``expires_at``: until when.
    """

    content: bytes
    width: int
    height: int
    consent: str
    scene: str = ""
    consented_at: float | None = None
    expires_at: float | None = None


@dataclass(frozen=True, eq=False)
class NewCorrection:
    """Points of one person. ``annotator``: who gave them. ``points``: (33, 3) x, y in px of the upright picture and v: 0 without
    a label, 1 hidden, 2 visible. ``touched``: 33 letters UNTOUCHED, CONFIRMED, MOVED. ``shown``: sha256 of the network whose
    answer was shown, "" for none; ``shown_points``: (33, 3) that answer. ``seconds``: taken for it. ``key``: what the client
    calls it: sent twice it is one; without, its content is its key. ``audit``: the id of the audit it answers.
    """

    picture: Picture
    annotator: str
    points: np.ndarray
    touched: str
    kind: Literal["correction", "audit", "honeypot"] = "correction"
    shown: str = ""
    shown_points: np.ndarray | None = None
    seconds: float | None = None
    key: str | None = None
    source: str = "file"
    session: str = ""
    audit: str | None = None


@dataclass(frozen=True, eq=False)
class Correction:
    """A correction as it stands; see :class:`NewCorrection`. ``number``: the order of being acknowledged. ``image``: sha256 of the
    picture's file, ``suffix`` what such files end in. ``subject``: which person of the picture. ``owner``: who allowed to keep the
    picture. ``held``: (33,) bool, points that wait for a second person to agree. ``domain``: the name of the set that it came in,
    "" for what came from a page.
    """

    number: int
    id: str
    image: str
    suffix: str
    width: int
    height: int
    scene: str
    owner: str
    subject: int
    annotator: str
    trusted: bool
    kind: str
    audit: int | None
    points: np.ndarray
    touched: str
    shown: str
    shown_points: np.ndarray | None
    seconds: float | None
    held: np.ndarray
    status: str
    reason: str
    created_at: float
    domain: str = ""

    def without_held(self) -> Correction:
        """The same without labels for the points that are held."""
        return (
            dataclasses.replace(self, points=np.where(self.held[:, None], 0.0, self.points))
            if self.held.any()
            else self
        )


@dataclass(frozen=True, eq=False)
class Decision:
    """What is thought of the correction ``number``. ``held``: (33,) bool, points that wait for a second person; None for none."""

    number: int
    status: str
    reason: str = ""
    held: np.ndarray | None = None

    @property
    def letters(self) -> str:
        """``held`` as the database has it."""
        return "" if self.held is None or not self.held.any() else "".join(HELD if h else " " for h in self.held)


@dataclass(frozen=True)
class Forgotten:
    """What was removed. ``networks``: sha256 of those that had learned from it; they are marked."""

    images: int
    corrections: int
    networks: tuple[str, ...]


def look_over(new: NewCorrection) -> None:
    if not new.picture.consent.strip():
        raise PosetuneError("Nothing is kept without consent: say what was agreed to.")
    if new.kind not in KINDS:
        raise PosetuneError(f"A correction is one of {', '.join(KINDS)}, not {new.kind!r}.")
    for points in (new.points, new.shown_points):
        if points is not None and (np.shape(points) != (COUNT, 3) or not np.isfinite(points).all()):
            raise PosetuneError(f"The points of a correction are {COUNT} times x, y, v, and finite.")
    if len(new.touched) != COUNT or set(new.touched) - {UNTOUCHED, CONFIRMED, MOVED}:
        raise PosetuneError(f"What became of the points of a correction is {COUNT} letters of u, c, m.")
    if new.seconds is not None and not 0 <= new.seconds < 1e7:
        raise PosetuneError("The seconds that a correction took are 0 or more.")
    if new.kind == "audit" and any(t == UNTOUCHED for t, v in zip(new.touched, new.points[:, 2], strict=True) if v > 0):
        raise PosetuneError("An audit wants every point confirmed: look at each, and move or confirm it.")
    if not 0 < len(new.annotator) <= 64:
        raise PosetuneError("Who corrects is named in 1 to 64 letters.")


def key_of(new: NewCorrection, sha256: str) -> str:
    """The client's word for it is of one annotator, like the content that stands for it where there is no word."""
    said = new.key if new.key is not None else packed(new.points).hex() + new.touched + new.shown
    parts = ["key" if new.key is not None else "content", new.annotator, sha256, new.kind, new.audit or "", said]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def packed(points: np.ndarray) -> bytes:
    """(33, 3) as the database has it."""
    return np.ascontiguousarray(points, "<f8").tobytes()


def unpacked(content: bytes) -> np.ndarray:
    """What :func:`packed` packed, (33, 3) float64."""
    return np.frombuffer(content, "<f8").reshape(COUNT, 3).copy()


_owners = annotators.alias("owners")
SEEN = (
    sa.select(
        corrections.c.number,
        corrections.c.id,
        images.c.sha256.label("image"),
        images.c.suffix,
        images.c.width,
        images.c.height,
        images.c.scene,
        _owners.c.id.label("owner"),
        corrections.c.subject,
        annotators.c.id.label("annotator"),
        annotators.c.trusted,
        sa.case((sessions.c.source == "web", ""), else_=sessions.c.name).label("domain"),
        *(
            corrections.c[name]
            for name in (
                "kind",
                "audit",
                "points",
                "touched",
                "shown",
                "shown_points",
                "seconds",
                "held",
                "status",
                "reason",
                "created_at",
            )
        ),
    )
    .join(images, images.c.number == corrections.c.image)
    .join(annotators, annotators.c.number == corrections.c.annotator)
    .join(sessions, sessions.c.number == corrections.c.session)
    .join(_owners, _owners.c.number == images.c.owner)
)


def correction_of(row: sa.Row) -> Correction:
    values = dict(row._mapping)
    values["points"] = unpacked(values["points"])
    values["held"] = np.array([letter == HELD for letter in values["held"].ljust(COUNT)])
    if values["shown_points"] is not None:
        values["shown_points"] = unpacked(values["shown_points"])
    return Correction(**values)
