"""A database by its URL: SQLite that loses nothing it acknowledged, or PostgreSQL; with the tables of this version in it."""

from __future__ import annotations

import getpass
import logging
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from posetune.errors import PosetuneError, pip_install

try:
    import sqlalchemy as sa
    from sqlalchemy import event
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
except ModuleNotFoundError as error:
    raise PosetuneError(f"The store needs SQLAlchemy: {pip_install('serve')}") from error

#: How long a writer of SQLite waits for another one, seconds.
BUSY_SECONDS = 10.0
_SCHEMES = {
    "postgresql": "postgresql+pg8000",
    "postgres": "postgresql+pg8000",
    "postgresql+pg8000": "postgresql+pg8000",
}
#: What SQLite says, and what there is to do.
_SQLITE_CURES = {
    "disk is full": "its disk is full: free some space.",
    "unable to open": "it cannot be opened: does its folder exist, and may this program write there?",
    "readonly": "it is read-only: let this program write to the file and its folder.",
    "locked": f"another program held it for more than {BUSY_SECONDS:.0f} s: end that, or try again.",
    "not a database": "it is no database of SQLite: name another file.",
    "malformed": "it is damaged: put a copy of it back, or move it away to begin a new one.",
    "disk i/o error": "its disk gives an error: is it full, or gone?",
}


class Database:
    """``with database.write() as connection`` is one transaction, all of it or none; ``read()`` sees one state of the data.

    Threads may share it. Raises PosetuneError, one sentence, where the database cannot be reached, read or written.
    """

    def __init__(self, url: str) -> None:
        """``url``: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (?sslmode=require or verify-full). The tables are
        :func:`posetune.store.schema.prepare`'s work.
        """
        self.url = _parsed(url)
        #: The URL for messages, without a password.
        self.name = self.url.render_as_string(hide_password=True)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._engine = sa.create_engine(self.url, connect_args={"timeout": BUSY_SECONDS})
            event.listen(self._engine, "connect", _connected)
            event.listen(self._engine, "begin", _begun)
        else:
            url_, options = _pg8000(self.url)
            # Connections that a restart of the server cut are replaced without a word; the pool has many.
            logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
            self._engine = sa.create_engine(url_, connect_args=options, pool_pre_ping=True)
        self._reading = self._engine.execution_options(only_reads=True)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed, and on the disk, when the block has ended well; undone otherwise."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that reads. On SQLite it waits for no writer."""
        with self._explained(), self._reading.begin() as connection:
            yield connection

    def empty_log(self) -> None:
        """After deleting: leave nothing of it in SQLite's log, which would be written over only by and by."""
        if self.is_sqlite:
            with self._explained(), self._engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")  # no log is emptied within a transaction
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
                connection.exec_driver_sql("BEGIN")

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError):
                raise  # ours to look into, not the user's
            raise PosetuneError(f"The database {self.name} cannot be used: {_reason(error, self.is_sqlite)}") from error
        except OSError as error:  # pg8000's word for a server that is not there
            if self.is_sqlite:
                raise
            raise PosetuneError(
                f"The database {self.name} cannot be reached: {error}. Is the server running?"
            ) from error


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in _SCHEMES:
            return parsed.set(drivername=_SCHEMES[parsed.drivername])
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise PosetuneError(
            "A database is named by sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME; this is neither."
        )
    return parsed


def engine_of(url: str) -> tuple[str, dict[str, Any]]:
    """``(url, options)`` of a PostgreSQL or SQLite database for programs that make an engine of SQLAlchemy themselves.

    Raises PosetuneError for any other URL.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.render_as_string(hide_password=False), {"timeout": BUSY_SECONDS}
    url_, options = _pg8000(parsed)
    return url_.render_as_string(hide_password=False), options


def sqlite_file(database: Database) -> Path | None:
    """The file of an SQLite database; None for others."""
    return Path(database.url.database or "") if database.is_sqlite else None


def _pg8000(url: sa.URL) -> tuple[sa.URL, dict[str, Any]]:
    """libpq's ways of writing sockets and TLS, in pg8000's."""
    query = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    options: dict[str, Any] = {"timeout": 30, "application_name": "posetune"}
    host, mode = query.pop("host", url.host), query.pop("sslmode", "")
    if host and host.startswith("/"):
        options["unix_sock"] = f"{host}/.s.PGSQL.{url.port or query.pop('port', 5432)}"
        host = None
    if mode in ("require", "verify-ca", "verify-full"):
        context = ssl.create_default_context(cafile=query.pop("sslrootcert", None))
        if mode != "verify-full":
            context.check_hostname = False
        if mode == "require":
            context.verify_mode = ssl.CERT_NONE
        options["ssl_context"] = context
    elif mode not in ("", "disable", "allow", "prefer"):
        raise PosetuneError(f"sslmode={mode} is none of disable, require, verify-ca, verify-full.")
    if query:
        raise PosetuneError(f"The URL of a database has an option that is not known: {', '.join(sorted(query))}.")
    return url.set(username=url.username or _user(), host=host, query={}), options


def _user() -> str:
    """Who it is where the URL does not say, as libpq does it."""
    try:
        return os.environ.get("PGUSER") or getpass.getuser()
    except (KeyError, ImportError, OSError) as error:  # a container's number without a name
        raise PosetuneError("The URL of the database names no user: postgresql://USER@HOST/NAME.") from error


def _connected(connection: Any, _: object) -> None:
    """Each connection of SQLite: transactions are begun by :func:`_begun`, not by Python's module."""
    connection.isolation_level = None
    cursor = connection.cursor()
    if (
        cursor.execute("PRAGMA page_count").fetchone()[0] == 0
    ):  # a new file; room that deleting frees goes back to the disk
        cursor.execute("PRAGMA auto_vacuum = FULL")
    for pragma in (
        "journal_mode = WAL",  # readers and one writer at once
        "synchronous = FULL",  # what was committed outlives a power cut
        "foreign_keys = ON",
        "secure_delete = ON",  # what a person deleted is not in the file any more
        f"busy_timeout = {BUSY_SECONDS * 1000:.0f}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begun(connection: sa.Connection) -> None:
    """A writer says so at once: one that began as a reader could not wait for another writer."""
    only_reads = connection.get_execution_options().get("only_reads")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _reason(error: DBAPIError, sqlite: bool) -> str:
    text = str(error.orig)
    if sqlite:
        return next((cure for said, cure in _SQLITE_CURES.items() if said in text.lower()), f"{text}.")
    said = error.orig.args[0] if error.orig is not None and error.orig.args else text
    if isinstance(said, dict):  # of pg8000: PostgreSQL's fields by letter
        return f"{said.get('M', text)}."
    return f"{str(said).rstrip('.')}. Is the server running?"
