"""Which training learned from which corrections, and who does what only one may do at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from posetune.store.database import Database
from posetune.store.ids import new_id
from posetune.store.tables import corrections, leases, run_corrections, runs

#: The lease of a pass of learning: of several one works.
LEARNING = "learn"


@dataclass(frozen=True)
class Run:
    """A training. ``frozen_at``: the number of the newest correction when it began: later ones may judge what it made.
    ``network``: sha256 of what it made, "" before. ``forgotten``: how many corrections it learned from are no more.
    """

    number: int
    id: str
    frozen_at: int
    network: str
    forgotten: int
    created_at: float


class Runs:
    """The trainings that one database knows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, learned_from: Iterable[int], frozen_at: int) -> Run:
        """Write down what a training learns from, by the numbers of the corrections, before it begins. Those that were forgotten in
        the meantime count as forgotten.
        """
        numbers = sorted(set(learned_from))
        with self._database.write() as connection:
            id = new_id()
            connection.execute(sa.insert(runs).values(id=id, frozen_at=frozen_at, created_at=time.time()))
            number = connection.scalar(sa.select(runs.c.number).where(runs.c.id == id))
            if numbers:
                connection.execute(sa.insert(run_corrections), [{"run": number, "correction": n} for n in numbers])
            there = connection.scalar(
                sa.select(sa.func.count())
                .select_from(run_corrections.join(corrections, corrections.c.number == run_corrections.c.correction))
                .where(run_corrections.c.run == number)
            )
            connection.execute(
                sa.update(runs).where(runs.c.number == number).values(forgotten=len(numbers) - (there or 0))
            )
            return _run(connection.execute(sa.select(runs).where(runs.c.id == id)).one())

    def finish(self, run: Run, network: str) -> None:
        """Name the network, by sha256, that a training made."""
        with self._database.write() as connection:
            connection.execute(sa.update(runs).where(runs.c.number == run.number).values(network=network))

    def of(self, network: str) -> Run | None:
        """The newest training that made ``network``; None where none is known."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(runs).where(runs.c.network == network).order_by(runs.c.number.desc()).limit(1)
            ).first()
        return None if row is None else _run(row)

    def get(self, id: str) -> Run | None:
        """A training by its id; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.id == id)).first()
        return None if row is None else _run(row)

    def learned_from(self, run: Run) -> list[int]:
        """The numbers of the corrections that a training learned from, whether they are still there or not."""
        query = sa.select(run_corrections.c.correction).where(run_corrections.c.run == run.number)
        with self._database.read() as connection:
            return sorted(connection.scalars(query))

    def marked(self) -> dict[str, int]:
        """sha256 of networks that learned from what was forgotten since → from how many corrections."""
        query = sa.select(runs.c.network, runs.c.forgotten).where(runs.c.forgotten > 0, runs.c.network != "")
        with self._database.read() as connection:
            return {network: count for network, count in connection.execute(query)}


def _run(row: sa.Row) -> Run:
    return Run(**row._mapping)


@dataclass(frozen=True)
class Lease:
    """That somebody holds ``name``. What a holder does counts while ``attempt`` is still the lease's."""

    name: str
    holder: str
    attempt: int


class Leases:
    """Leases of one database: a holder that gives no sign for a while, by the watcher's own clock, has lost it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        name: str,
        holder: str,
        patience: float = 15.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Lease | None:
        """Take a lease that is free, or whose holder gives no sign for ``patience`` seconds, which are waited then. None where
        somebody has it and lives.
        """
        with self._database.write() as connection:
            row = connection.execute(sa.select(leases).where(leases.c.name == name)).first()
            if row is None:
                try:
                    connection.execute(sa.insert(leases).values(name=name, holder=holder, attempt=1, beat=0))
                except IntegrityError:  # PostgreSQL: somebody was a moment quicker
                    return None
                return Lease(name, holder, 1)
            if not row.holder:
                return self._take_over(connection, row, holder)
        waited = 0.0
        while waited < patience:
            sleep(min(1.0, patience))
            waited += min(1.0, patience)
            with self._database.read() as connection:
                now = connection.execute(sa.select(leases).where(leases.c.name == name)).one()
            if now != row:
                return None if now.holder else self.take(name, holder, 0.0)
        with self._database.write() as connection:
            return self._take_over(connection, row, holder)

    def _take_over(self, connection: sa.Connection, seen: sa.Row, holder: str) -> Lease | None:
        taken = connection.execute(
            sa.update(leases)
            .where(leases.c.name == seen.name, leases.c.attempt == seen.attempt, leases.c.beat == seen.beat,
                   leases.c.holder == seen.holder)
            .values(holder=holder, attempt=leases.c.attempt + 1, beat=0)
        )  # fmt: skip
        return Lease(seen.name, holder, seen.attempt + 1) if taken.rowcount == 1 else None

    def beat(self, lease: Lease) -> bool:
        """Give a sign of life; False where somebody else has the lease by now: stop."""
        return self._update(lease, beat=leases.c.beat + 1)

    def release(self, lease: Lease) -> None:
        """Give a lease back."""
        self._update(lease, holder="")

    def holder(self, name: str) -> str | None:
        """Who has a lease, or left it behind; None where it is free."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(leases.c.holder).where(leases.c.name == name)) or None

    def _update(self, lease: Lease, **values: object) -> bool:
        with self._database.write() as connection:
            done = connection.execute(
                sa.update(leases).where(leases.c.name == lease.name, leases.c.attempt == lease.attempt).values(**values)
            )
            return done.rowcount == 1
