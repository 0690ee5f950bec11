"""Brings a database to the tables of this version. Alembic is imported only where there is something to change."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.store import tables
from posetune.store.database import Database, sqlite_file

#: The newest step in ``migrations/versions``; those before it stand in ``_REVISIONS``.
REVISION = "0002"
#: Not Alembic's usual name: Optuna, whose studies may lie in the same PostgreSQL database, keeps its own version there.
VERSION_TABLE = "posetune_version"
_VERSION = sa.table(VERSION_TABLE, sa.column("version_num"))
#: Where the version stood before, and the steps of that time.
_EARLIER, _EARLIER_REVISIONS = "alembic_version", ("0001", "0002")
_REVISIONS = (None, "0001", REVISION)
#: Any number that nobody else locks in PostgreSQL.
_ADVISORY_LOCK = 0x706F7365


def prepare(database: Database) -> None:
    """Make the tables, or change those of an older version, of which SQLite's file is copied first (``FILE.before-REVISION``).

    A PostgreSQL database may be shared with other programs, an SQLite file may not.

    Raises PosetuneError for a database of a newer posetune, and where another program's tables are in the way.
    """
    with database.write() as connection:
        if not database.is_sqlite:  # two servers that begin at once
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        there = set(sa.inspect(connection).get_table_names())
        if VERSION_TABLE not in there and _is_earlier(connection, there):
            connection.execute(sa.text(f"ALTER TABLE {_EARLIER} RENAME TO {VERSION_TABLE}"))
            there.add(VERSION_TABLE)
        stored = connection.scalar(sa.select(_VERSION.c.version_num)) if VERSION_TABLE in there else None
        if stored == REVISION:
            return
        in_the_way = there if database.is_sqlite else there & set(tables.metadata.tables)
        if VERSION_TABLE not in there and not in_the_way:
            tables.metadata.create_all(connection)
            connection.execute(sa.text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(sa.insert(_VERSION).values(version_num=REVISION))
            return
        if VERSION_TABLE not in there:
            raise PosetuneError(f"The database {database.name} has tables of another program: name another one.")
        if stored not in _REVISIONS:
            raise PosetuneError(
                f"The database {database.name} is of another version of posetune ({stored}; this one writes {REVISION}): "
                "use that version, or another database."
            )
    _upgrade(database)


def _is_earlier(connection: sa.Connection, there: set[str]) -> bool:
    """Whether it is a store of before the version had a name of its own."""
    if not {_EARLIER, "jobs"} <= there:
        return False
    stored = connection.scalars(sa.text(f"SELECT version_num FROM {_EARLIER}")).all()
    return len(stored) == 1 and stored[0] in _EARLIER_REVISIONS


def _upgrade(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    file = sqlite_file(database)
    if file is not None:
        _copy(file, file.with_name(f"{file.name}.before-{REVISION}"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)


def _copy(file: Path, copy: Path) -> None:
    try:
        with sqlite3.connect(file) as source, sqlite3.connect(copy) as target:
            source.backup(target)
        source.close()
        target.close()
    except sqlite3.Error as error:
        raise PosetuneError(f"Cannot copy {file} to {copy} before changing it: {error}. Is the disk full?") from error
