"""The rows that a correction needs: who, in which sitting, on which picture. Made where there are none."""

from __future__ import annotations

import time

import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.store.correction import Picture
from posetune.store.database import Database
from posetune.store.pictures import Pictures
from posetune.store.tables import annotators, audits, corrections, images, sessions


class Answered(PosetuneError):
    """An audit is answered once; its first answer counts."""


#: Any number that nobody else locks in PostgreSQL.
_ADVISORY_LOCK = 0x706F7366


def in_order(database: Database, connection: sa.Connection) -> None:
    """From here on one writer at a time, so that numbers are the order of commits. SQLite has no other way."""
    if not database.is_sqlite:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


def annotator_number(connection: sa.Connection, id: str) -> int:
    """The row of somebody, made where there is none."""
    query = sa.select(annotators.c.number).where(annotators.c.id == id)
    number = connection.scalar(query)
    if number is None:
        connection.execute(sa.insert(annotators).values(id=id, created_at=time.time()))
        number = connection.scalar(query)
    assert number is not None
    return number


def session_number(connection: sa.Connection, annotator: int, source: str, name: str) -> int:
    query = sa.select(sessions.c.number).where(
        sessions.c.annotator == annotator, sessions.c.source == source, sessions.c.name == name[:200]
    )
    number = connection.scalar(query)
    if number is None:
        connection.execute(
            sa.insert(sessions).values(annotator=annotator, source=source, name=name[:200], created_at=time.time())
        )
        number = connection.scalar(query)
    assert number is not None
    return number


def keep_image(
    connection: sa.Connection, pictures: Pictures, picture: Picture, owner: int, traffic: bool = False
) -> int:
    """The row of a picture, made for ``owner`` where there is none: who first allowed to keep it decides on it. ``traffic``: it
    came as a request came, not to be corrected.
    """
    suffix = _suffix(picture.content)
    sha256 = pictures.put(connection, picture.content, suffix)
    query = sa.select(images.c.number).where(images.c.sha256 == sha256)
    number = connection.scalar(query)
    if number is None:
        now = time.time()
        connection.execute(
            sa.insert(images).values(
                sha256=sha256,
                owner=owner,
                suffix=suffix,
                width=picture.width,
                height=picture.height,
                size_bytes=len(picture.content),
                scene=(picture.scene or sha256)[:200],
                traffic=traffic,
                consent=picture.consent,
                consented_at=now if picture.consented_at is None else picture.consented_at,
                expires_at=picture.expires_at,
                created_at=now,
            )
        )
        number = connection.scalar(query)
    elif traffic:
        connection.execute(sa.update(images).where(images.c.number == number).values(traffic=True))
    assert number is not None
    return number


def _suffix(content: bytes) -> str:
    """What files like this end in, by their first bytes."""
    if content.startswith(b"\xff\xd8"):
        return ".jpg"
    if content.startswith(b"\x89PNG"):
        return ".png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ".webp"
    if content.startswith(b"BM"):
        return ".bmp"
    if content.startswith(b"GIF8"):
        return ".gif"
    return ".tif" if content[:4] in (b"II*\0", b"MM\0*") else ".avif" if content[4:8] == b"ftyp" else ".ppm"


def audit_row(connection: sa.Connection, id: str) -> sa.Row:
    row = connection.execute(sa.select(audits).where(audits.c.id == id)).first()
    if row is None:
        raise PosetuneError(f"The store knows no audit {id!r}: was its picture forgotten, or drawn from another store?")
    taken = connection.scalar(sa.select(corrections.c.number).where(corrections.c.audit == row.number))
    if taken is not None:
        raise Answered(f"The audit {id} has been answered already: draw new ones with `posetune audit next`.")
    return row
