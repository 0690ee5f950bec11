"""Which person of a picture some points are of: label files number people anew each time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from posetune.store.correction import unpacked
from posetune.store.tables import audits, corrections, images

#: Boxes around the points of one person overlap by at least this share (intersection over union).
OVERLAP = 0.4


def same_subject(points: np.ndarray, known: Sequence[tuple[int, np.ndarray]]) -> int:
    """The number of the person whose ``known`` points lie where ``points`` do, (33, 3) x, y, v; a new one where nobody's do.

    Boxes are compared, not points: whoever exchanged left and right, or moved a point far away, still means the same person.
    """
    box = _box(points)
    best = max(((_overlap(box, _box(other)), -subject) for subject, other in known), default=(0.0, 0))
    if best[0] >= OVERLAP:
        return -best[1]
    return 1 + max((subject for subject, _ in known), default=-1)


def _box(points: np.ndarray) -> np.ndarray | None:
    """(4,) least x, y and greatest x, y of the labelled points."""
    labelled = points[points[:, 2] > 0, :2]
    return np.concatenate([labelled.min(axis=0), labelled.max(axis=0)]) if len(labelled) else None


def _overlap(a: np.ndarray | None, b: np.ndarray | None) -> float:
    if a is None or b is None:
        return 0.0
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = float(np.prod(np.maximum(sides, 0.0)))
    union = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - common
    return common / union if union > 0 else float(np.array_equal(a, b))


def subject_of(connection: sa.Connection, sha256: str, points: np.ndarray) -> int:
    """Which person of a picture ``points`` are of, by all that is known of it."""
    known: list[tuple[int, np.ndarray]] = []
    for table in (corrections, audits):
        query = (
            sa.select(table.c.subject, table.c.points)
            .join(images, images.c.number == table.c.image)
            .where(images.c.sha256 == sha256)
        )
        known += [(subject, unpacked(content)) for subject, content in connection.execute(query)]
    return same_subject(points, known)


def open_audit(connection: sa.Connection, sha256: str, points: np.ndarray, mixed: bool = False) -> sa.Row | None:
    """The unanswered audit of this picture that ``points`` are of, for sets whose tool dropped the audit's id. ``mixed``: honeypots
    alone that were mixed among people to be corrected, of which a set says nothing.
    """
    answered = sa.select(corrections.c.audit).where(corrections.c.audit.is_not(None))
    query = (
        sa.select(audits)
        .join(images, images.c.number == audits.c.image)
        .where(images.c.sha256 == sha256, audits.c.number.not_in(answered))
        .order_by(audits.c.number)
    )
    if mixed:
        query = query.where(audits.c.honeypot.is_not(None), audits.c.shown == "")
    rows = list(connection.execute(query))
    known = [(at, unpacked(row.points)) for at, row in enumerate(rows)]
    at = same_subject(points, known)
    return rows[at] if at < len(rows) else None
