"""Removing: a person with all that they gave, and pictures whose time is over."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from posetune.store.correction import Forgotten
from posetune.store.database import Database
from posetune.store.kept import in_order
from posetune.store.pictures import Pictures
from posetune.store.tables import annotators, corrections, images, run_corrections, runs

_AT_ONCE = 200


def forget(database: Database, annotator: str) -> Forgotten:
    """Remove somebody: their pictures, all points on these, and what they gave on others' pictures. Networks that learned from any
    of it are marked. When this returns nothing of it is left, in the database's own files neither.
    """
    with database.write() as connection:
        in_order(database, connection)
        number = connection.scalar(sa.select(annotators.c.number).where(annotators.c.id == annotator))
        if number is None:
            return Forgotten(0, 0, ())
        forgotten = _remove(connection, corrections.c.annotator == number, images.c.owner == number)
        connection.execute(sa.delete(annotators).where(annotators.c.number == number))
    remove_files(database)
    return forgotten


def expire(database: Database, now: float) -> Forgotten:
    """Remove the pictures whose time is over at ``now``, s since 1970, and all points on them."""
    with database.write() as connection:
        in_order(database, connection)
        forgotten = _remove(connection, sa.false(), images.c.expires_at <= now)
    if forgotten.images:
        remove_files(database)
    return forgotten


def remove_files(database: Database) -> int:
    """Remove the files of pictures that no row names: of what was removed, and of programs that died in between. How many."""
    with database.write() as connection:
        in_order(database, connection)
        count = Pictures(database).sweep(connection)
    database.empty_log()
    return count


def _remove(connection: sa.Connection, which: Any, pictures: Any) -> Forgotten:
    """Remove corrections, and rows of images with all corrections of them; the files come after the commit."""
    gone = sa.select(images.c.number).where(pictures)
    numbers = list(
        connection.scalars(sa.select(corrections.c.number).where(sa.or_(which, corrections.c.image.in_(gone))))
    )
    networks: set[str] = set()
    for at in range(0, len(numbers), _AT_ONCE):
        part = numbers[at : at + _AT_ONCE]
        learned = (
            sa.select(run_corrections.c.run, sa.func.count())
            .where(run_corrections.c.correction.in_(part))
            .group_by(run_corrections.c.run)
        )
        for run, count in connection.execute(learned).all():
            connection.execute(sa.update(runs).where(runs.c.number == run).values(forgotten=runs.c.forgotten + count))
            networks.add(connection.scalar(sa.select(runs.c.network).where(runs.c.number == run)) or "")
        connection.execute(sa.delete(corrections).where(corrections.c.number.in_(part)))
    count = connection.execute(sa.delete(images).where(pictures)).rowcount
    return Forgotten(count, len(numbers), tuple(sorted(networks - {""})))
