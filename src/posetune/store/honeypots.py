"""Honeypots: people whose points are known. What somebody makes of them says whom to trust."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from posetune.landmarks import FLIP, REGIONS
from posetune.store.correction import ACCEPTED, SEEN, Correction, correction_of
from posetune.store.corrections import Corrections
from posetune.store.database import Database
from posetune.store.quarantine import AGREE, scale_of
from posetune.store.sets import people_of
from posetune.store.tables import audits, corrections, reviews

#: A honeypot is right if so large a share of its points lies within AGREE torsos of where they are known to be; of people who
#: happen to be known, whom two may see a little differently, one is wrong only below the other share.
RIGHT, WRONG = 0.8, 0.5
_SWAPPED = np.array([*REGIONS["legs"], *REGIONS["feet"]])


def known_right(database: Database) -> list[Correction]:
    """Those whose points are known: accepted by a reviewer, or given by somebody who is trusted."""
    reviewed = sa.select(reviews.c.correction).where(reviews.c.verdict == "accept")
    query = SEEN.where(
        corrections.c.status == ACCEPTED,
        corrections.c.kind != "honeypot",
        sa.or_(corrections.c.number.in_(reviewed), sa.literal_column("annotators.trusted")),
    ).order_by(corrections.c.number)
    with database.read() as connection:
        return [correction_of(row) for row in connection.execute(query)]


def baits(database: Database) -> list[Correction]:
    """Those of :func:`known_right` of whom it would be wrong to leave what is shown as it is."""
    return [known for known in known_right(database) if (agreement(spoilt(known), known) or 1.0) < RIGHT]


def spoilt(known: Correction) -> np.ndarray:
    """What is shown of a honeypot, (33, 3): legs exchanged, which whoever looks sees."""
    points = known.points.copy()
    points[_SWAPPED] = points[FLIP[_SWAPPED]]
    return points


def agreement(points: np.ndarray, known: Correction) -> float | None:
    """The share of somebody's points (33, 3) that lie where they are known to be; None where fewer than half can be compared."""
    both = (points[:, 2] > 0) & (known.points[:, 2] > 0)
    scale = scale_of(people_of([known], Path()).people[0])
    if both.sum() < (known.points[:, 2] > 0).sum() / 2 or not scale > 0:
        return None
    apart = np.linalg.norm(points[both, :2] - known.points[both, :2], axis=-1) / scale
    return float((apart <= AGREE).mean())


def answers(database: Database) -> Iterator[tuple[Correction, Correction]]:
    """Everybody's answers to honeypots, each with the correction that is known to be right and still there."""
    query = (
        sa.select(corrections.c.number, audits.c.honeypot)
        .join(audits, audits.c.number == corrections.c.audit)
        .where(audits.c.honeypot.is_not(None))
        .order_by(corrections.c.number)
    )
    with database.read() as connection:
        for number, known in connection.execute(query).all():
            both = [connection.execute(SEEN.where(corrections.c.number == n)).first() for n in (number, known)]
            if both[0] is not None and both[1] is not None:
                yield correction_of(both[0]), correction_of(both[1])


def by_chance(database: Database) -> list[tuple[Correction, Correction]]:
    """The newest that everybody gave of people whose points are known by somebody else's, with these."""
    right: dict[tuple[str, int], list[Correction]] = defaultdict(list)
    for known in known_right(database):
        right[known.image, known.subject].append(known)
    settled = {known.number for there in right.values() for known in there}
    newest = {
        (c.image, c.subject, c.annotator): c
        for c in (Corrections(database).find(kind="correction") if right else ())
        if (c.image, c.subject) in right
    }
    pairs = []
    for (image, subject, annotator), answer in newest.items():
        others = [known for known in right[image, subject] if known.annotator != annotator]
        if others and answer.number not in settled:
            pairs.append((answer, others[-1]))
    return pairs
