"""What audited people said of a challenger and the live network: each judges a challenger once."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

import sqlalchemy as sa

from posetune.store.correction import BY_PERSON
from posetune.store.corrections import Correction
from posetune.store.database import Database
from posetune.store.kept import in_order
from posetune.store.tables import corrections, evidence


@dataclass(frozen=True)
class Verdict:
    """One person's errors, px of the 256 px crop, by ``live`` and ``challenger`` (sha256). ``scene``: a hash; people of one scene
    are no independent evidence. ``number``: the order of judging.
    """

    number: int
    live: str
    challenger: str
    scene: str
    live_error: float
    challenger_error: float
    created_at: float


class Evidence:
    """The evidence of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judge(self, unit: Correction, live: str, challenger: str, live_error: float, challenger_error: float) -> bool:
        """Write down what an audited person says; False, and nothing is written, where they judged that challenger before, or
        are forgotten."""
        with self._database.write() as connection:
            in_order(self._database, connection)
            there = connection.scalar(sa.select(corrections.c.number).where(corrections.c.number == unit.number))
            used = connection.scalar(
                sa.select(evidence.c.number).where(
                    evidence.c.correction == unit.number, evidence.c.challenger == challenger
                )
            )
            if there is None or used is not None:
                return False
            connection.execute(
                sa.insert(evidence).values(
                    correction=unit.number,
                    live=live,
                    challenger=challenger,
                    scene=hashlib.sha256(unit.scene.encode()).hexdigest(),
                    live_error=live_error,
                    challenger_error=challenger_error,
                    created_at=time.time(),
                )
            )
        return True

    def of(self, challenger: str, live: str | None = None) -> list[Verdict]:
        """All that was said of ``challenger`` (against ``live``), in the order of judging; not by whom nothing is taken any more:
        their honeypots are wrong, say, which has nothing to do with what they said of the two.
        """
        seen = [column for column in evidence.c if column.name != "correction"]
        where = [evidence.c.challenger == challenger, *([] if live is None else [evidence.c.live == live])]
        where.append(sa.or_(corrections.c.reason.is_(None), corrections.c.reason != BY_PERSON))
        both = evidence.outerjoin(corrections, corrections.c.number == evidence.c.correction)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*seen).select_from(both).where(*where).order_by(evidence.c.number))
            return [Verdict(**row._mapping) for row in rows]
