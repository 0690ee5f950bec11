"""Pictures that came and may be kept, and how much somebody gave lately."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.store.correction import Picture
from posetune.store.database import Database
from posetune.store.kept import annotator_number, in_order, keep_image
from posetune.store.pictures import Pictures
from posetune.store.tables import annotators, corrections, images


@dataclass(frozen=True)
class Kept:
    """A picture of the store. ``new``: it was not there before, or was not there as one that came."""

    sha256: str
    new: bool


def offer(database: Database, picture: Picture, owner: str, traffic: bool = True) -> Kept:
    """Keep a picture; on the disk when this returns. ``traffic``: it came as a request came, so that audits may be drawn from it;
    False for one that is kept because it is being corrected.

    Raises PosetuneError without consent.
    """
    if not picture.consent.strip():
        raise PosetuneError("Nothing is kept without consent: say what was agreed to.")
    pictures = Pictures(database)
    with database.write() as connection:
        in_order(database, connection)
        before = connection.execute(sa.select(sa.func.count(), sa.func.count().filter(images.c.traffic))).one()
        number = keep_image(connection, pictures, picture, annotator_number(connection, owner), traffic)
        after = connection.execute(sa.select(sa.func.count(), sa.func.count().filter(images.c.traffic))).one()
        sha256 = connection.scalar(sa.select(images.c.sha256).where(images.c.number == number))
    assert sha256 is not None
    return Kept(sha256, before != after)


def kept_picture(database: Database, sha256: str) -> Picture | None:
    """A picture of the store; None where there is none. Raises PosetuneError where its file is damaged."""
    with database.read() as connection:
        row = connection.execute(sa.select(images).where(images.c.sha256 == sha256)).first()
        if row is None:
            return None
        content = Pictures(database).get(connection, row.sha256, row.suffix)
    return Picture(content, row.width, row.height, row.consent, row.scene, row.consented_at, row.expires_at)


@dataclass(frozen=True)
class Given:
    """``images``, ``corrections``: how many; ``trusted``: an operator vouches for them."""

    images: int
    corrections: int
    trusted: bool = False


def given(database: Database, who: str, since: float = 0.0) -> Given:
    """What somebody gave since then, s since 1970. ``who``: or the beginning of the names of several, with a * behind."""
    name = annotators.c.id
    mine = name.startswith(who[:-1], autoescape=True) if who.endswith("*") else name == who
    with database.read() as connection:
        pictures = connection.scalar(
            sa.select(sa.func.count())
            .select_from(images.join(annotators, annotators.c.number == images.c.owner))
            .where(mine, images.c.created_at >= since)
        )
        points = connection.scalar(
            sa.select(sa.func.count())
            .select_from(corrections.join(annotators, annotators.c.number == corrections.c.annotator))
            .where(mine, corrections.c.created_at >= since)
        )
        trusted = connection.scalar(sa.select(sa.func.count()).where(mine, annotators.c.trusted))
    return Given(pictures or 0, points or 0, bool(trusted))
