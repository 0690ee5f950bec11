"""Corrections: kept when they are acknowledged, once each, only with consent, and gone when the person wants it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.store.correction import (
    ACCEPTED,
    NEW,
    REJECTED,
    SEEN,
    STATUSES,
    Correction,
    Decision,
    NewCorrection,
    correction_of,
    key_of,
    look_over,
    packed,
)
from posetune.store.database import Database
from posetune.store.ids import new_id
from posetune.store.kept import annotator_number, audit_row, in_order, keep_image, session_number
from posetune.store.known import Known, LeftOut
from posetune.store.pictures import Pictures
from posetune.store.subjects import open_audit, subject_of
from posetune.store.tables import annotators, audits, corrections, evidence, images, reviews

_AT_ONCE = 200


class Corrections:
    """The corrections of one database, whose tables :func:`posetune.store.schema.prepare` made."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.pictures = Pictures(database)

    def add(self, new: NewCorrection) -> tuple[Correction, bool]:
        """Keep a correction; it, and whether it is new. When this returns it is on the disk. The same one again is the earlier
        one. It counts as NEW until it was looked over (``store.quarantine``).

        Raises PosetuneError without consent, and for points that are none.
        """
        look_over(new)
        sha256 = hashlib.sha256(new.picture.content).hexdigest()
        key = key_of(new, sha256)
        with self._database.write() as connection:
            in_order(self._database, connection)
            if (there := self._earlier(connection, new, sha256, key)) is not None:
                return there, False
            annotator = annotator_number(connection, new.annotator)
            session = session_number(connection, annotator, new.source, new.session)
            audit = None if new.audit is None else audit_row(connection, new.audit)
            if audit is None and new.kind == "audit":
                audit = open_audit(connection, sha256, new.points)
            if new.kind == "correction" and new.source != "web":  # nobody sees there what was mixed into a set
                audit = open_audit(connection, sha256, new.points, mixed=True)
            image = keep_image(connection, self.pictures, new.picture, annotator) if audit is None else audit.image
            shown = None if new.shown_points is None else packed(new.shown_points)
            row = {
                "id": new_id(),
                "key": key,
                "image": image,
                "subject": subject_of(connection, sha256, new.points) if audit is None else audit.subject,
                "annotator": annotator,
                "session": session,
                "kind": new.kind if audit is None or audit.honeypot is None else "honeypot",
                "audit": None if audit is None else audit.number,
                "points": packed(new.points),
                "touched": new.touched,
                "shown": new.shown if audit is None else audit.shown,
                "shown_points": shown if audit is None else (audit.points if audit.shown else None),
                "seconds": new.seconds,
                "status": NEW,
                "created_at": time.time(),
            }
            connection.execute(sa.insert(corrections).values(**row))
            added = self._one(connection, corrections.c.key == key)
        assert added is not None
        return added, True

    def _earlier(self, connection: sa.Connection, new: NewCorrection, sha256: str, key: str) -> Correction | None:
        """The same correction as it was given before: under the same key; of an audit also with its id and, from a tool that
        dropped that, without.
        """
        same = self._one(connection, corrections.c.key == key)
        if same is not None or new.key is not None or new.kind != "audit":
            return same
        where = [
            images.c.sha256 == sha256,
            annotators.c.id == new.annotator,
            corrections.c.kind != "correction",
            corrections.c.points == packed(new.points),
            corrections.c.touched == new.touched,
        ]
        if new.audit is not None:
            where.append(
                corrections.c.audit == sa.select(audits.c.number).where(audits.c.id == new.audit).scalar_subquery()
            )
        return self._one(connection, *where)

    def get(self, id: str) -> Correction | None:
        """The correction; None where there is none."""
        with self._database.read() as connection:
            return self._one(connection, corrections.c.id == id)

    def _one(self, connection: sa.Connection, *where: Any) -> Correction | None:
        row = connection.execute(SEEN.where(*where)).first()
        return None if row is None else correction_of(row)

    def find(
        self,
        *,
        status: str | None = None,
        kind: str | None = None,
        annotator: str | None = None,
        image: str | None = None,
        after: int = 0,
        up_to: int | None = None,
    ) -> Iterator[Correction]:
        """Corrections in the order of their coming: ``number`` > ``after``, and ≤ ``up_to``."""
        where = [
            column == value
            for column, value in (
                (corrections.c.status, status),
                (corrections.c.kind, kind),
                (annotators.c.id, annotator),
                (images.c.sha256, image),
            )
            if value is not None
        ]
        if up_to is not None:
            where.append(corrections.c.number <= up_to)
        while True:
            query = SEEN.where(corrections.c.number > after, *where).order_by(corrections.c.number).limit(_AT_ONCE)
            with self._database.read() as connection:
                found = [correction_of(row) for row in connection.execute(query)]
            yield from found
            if len(found) < _AT_ONCE:
                return
            after = found[-1].number

    def newest(self) -> int:
        """The number of the newest correction, 0 without any: what has a higher one came later."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.max(corrections.c.number))) or 0

    def for_training(self, up_to: int | None = None, unjudged_audits: bool = False) -> list[Correction]:
        """What may be learned from: accepted, of each person in a picture the newest; audits once they have judged
        (``unjudged_audits``: all of them); no honeypots. Points that are held have no label. ``up_to``: the newest number that
        counts.
        """
        judged, newest = self._judged(), {}
        for found in self.find(up_to=up_to):
            if (
                found.kind != "honeypot"
            ):  # what somebody replaced does not count, whatever is thought of what replaced it
                newest[found.image, found.subject, found.annotator, found.kind] = found
        people: dict[tuple[str, int], Correction] = {}
        for found in sorted(newest.values(), key=lambda c: c.number):
            used = found.kind == "correction" or unjudged_audits or found.number in judged
            if found.status == ACCEPTED and used:
                people[found.image, found.subject] = found.without_held()
        return sorted(people.values(), key=lambda c: c.number)

    def unjudged(
        self, after: int = 0, challenger: str | None = None, learned_from: Collection[int] = ()
    ) -> list[Correction]:
        """Accepted audits with a number > ``after`` that never judged (``challenger``), the oldest first; of each person in a
        picture one, and nobody of :meth:`known`: a challenger that knows somebody does not err on them as on others.
        """
        judged, known = self._judged(challenger), self.known(after, learned_from)
        seen: set[tuple[str, int]] = set()
        units = []
        for found in self.find(status=ACCEPTED, kind="audit"):
            used = (found.image, found.subject) in seen or known.person(found) or known.scene(found)
            seen.add((found.image, found.subject))
            if not used and found.number > after and found.number not in judged:
                units.append(found)
        return units

    def known(self, after: int, learned_from: Collection[int] = ()) -> Known:
        """Whom a challenger may know that was frozen at ``after``, and ``learned_from`` corrections of these numbers."""
        return Known.of(self.find(up_to=after), learned_from) if after else Known()

    def left_out(self, after: int, learned_from: Collection[int] = ()) -> LeftOut:
        """How many audits with a number > ``after`` judge nothing, as such a challenger may know them."""
        return LeftOut.of(self.find(status=ACCEPTED, kind="audit", after=after), self.known(after, learned_from))

    def _judged(self, challenger: str | None = None) -> set[int]:
        query = sa.select(evidence.c.correction).where(evidence.c.correction.is_not(None))
        if challenger is not None:
            query = query.where(evidence.c.challenger == challenger)
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def decide(self, correction: Correction, status: str, reason: str = "", held: np.ndarray | None = None) -> None:
        """Set what is thought of a correction. ``held``: (33,) bool, the points that wait for a second person to agree."""
        self.decide_all([Decision(correction.number, status, reason, held)])

    def decide_all(self, decisions: Sequence[Decision]) -> None:
        """All of them, or none. What somebody has reviewed stays as they said."""
        with self._database.write() as connection:
            for decision in decisions:
                assert decision.status in STATUSES
                connection.execute(
                    sa.update(corrections)
                    .where(
                        corrections.c.number == decision.number,
                        corrections.c.number.not_in(sa.select(reviews.c.correction)),
                    )
                    .values(status=decision.status, reason=decision.reason, held=decision.letters)
                )

    def review(self, correction: Correction, reviewer: str, verdict: Literal["accept", "reject"]) -> None:
        """Somebody else's word on a correction: it counts at once; said again it replaces what that person said.

        Raises PosetuneError where it is the annotator themself.
        """
        if reviewer == correction.annotator:
            raise PosetuneError(f"{reviewer} gave this correction: somebody else has to review it.")
        with self._database.write() as connection:
            number = annotator_number(connection, reviewer)
            connection.execute(
                sa.delete(reviews).where(reviews.c.correction == correction.number, reviews.c.reviewer == number)
            )
            connection.execute(
                sa.insert(reviews).values(
                    correction=correction.number, reviewer=number, verdict=verdict, created_at=time.time()
                )
            )
            status = ACCEPTED if verdict == "accept" else REJECTED
            reason = "" if verdict == "accept" else "a reviewer rejected it"
            connection.execute(
                sa.update(corrections)
                .where(corrections.c.number == correction.number)
                .values(status=status, reason=reason, held="")
            )

    def reviewed(self) -> set[int]:
        """The numbers of corrections that somebody else has judged: their status is settled."""
        with self._database.read() as connection:
            return set(connection.scalars(sa.select(reviews.c.correction)))

    def picture(self, correction: Correction) -> bytes:
        """The file of its picture. Raises PosetuneError where it is gone or damaged."""
        with self._database.read() as connection:
            return self.pictures.get(connection, correction.image, correction.suffix)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many there are of each (kind, status)."""
        query = sa.select(corrections.c.kind, corrections.c.status, sa.func.count()).group_by(
            corrections.c.kind, corrections.c.status
        )
        with self._database.read() as connection:
            return {(kind, status): count for kind, status, count in connection.execute(query)}

    def trust(self, annotator: str, trusted: bool = True) -> None:
        """Whether an operator vouches for somebody: their share of the weight is not bounded then."""
        with self._database.write() as connection:
            number = annotator_number(connection, annotator)
            connection.execute(sa.update(annotators).where(annotators.c.number == number).values(trusted=trusted))

    def honeypots(self) -> dict[str, tuple[int, int]]:
        """Annotator → how many honeypots they got right and wrong."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(annotators.c.id, annotators.c.right, annotators.c.wrong))
            return {id: (right, wrong) for id, right, wrong in rows}

    def set_honeypots(self, annotator: str, right: int, wrong: int) -> None:
        """Write down how many honeypots somebody got right and wrong."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(annotators).where(annotators.c.id == annotator).values(right=right, wrong=wrong)
            )
