"""Pictures that are kept, by the sha256 of their files: in a folder beside an SQLite file, in a table of PostgreSQL.

Both are written and removed within the caller's transaction. An SQLite database has one writer, so nobody adds a picture while it
is being removed. What a program that died left in the folder without a row, :meth:`Pictures.sweep` removes.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.files import read_bytes, write_bytes
from posetune.store.database import Database, sqlite_file
from posetune.store.tables import image_files, images


class Pictures:
    """The picture files of one database."""

    def __init__(self, database: Database) -> None:
        file = sqlite_file(database)
        #: Where the files lie; None where they lie in the database.
        self.folder = None if file is None else file.with_name(f"{file.name}.pictures")

    def path(self, sha256: str, suffix: str) -> Path | None:
        """The file of a picture; None where there are no files."""
        return None if self.folder is None else self.folder / sha256[:2] / f"{sha256}{suffix}"

    def put(self, connection: sa.Connection, content: bytes, suffix: str) -> str:
        """Keep a file, on the disk when the transaction is; its sha256. Does nothing where it is there already, unharmed."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256, suffix)
        if path is None:
            there = connection.scalar(sa.select(image_files.c.sha256).where(image_files.c.sha256 == sha256))
            if there is None:
                connection.execute(sa.insert(image_files).values(sha256=sha256, content=content))
        elif not path.is_file() or path.stat().st_size != len(content):
            assert self.folder is not None
            with contextlib.suppress(OSError):  # who cannot make it is told why when the file is written
                self.folder.mkdir(mode=0o700, exist_ok=True)  # nobody else looks in
            write_bytes(path, content, durable=True)
        return sha256

    def get(self, connection: sa.Connection, sha256: str, suffix: str) -> bytes:
        """The file's bytes. Raises PosetuneError where it is gone, or is not what was kept."""
        path = self.path(sha256, suffix)
        if path is None:
            content = connection.scalar(sa.select(image_files.c.content).where(image_files.c.sha256 == sha256)) or b""
        else:
            content = read_bytes(path, "the picture")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise PosetuneError(
                f"The picture {sha256[:12]}… of the store is damaged: put it back from a copy, or forget it."
            )
        return content

    def sweep(self, connection: sa.Connection) -> int:
        """Remove files that no row of ``images`` names. How many there were."""
        named = sa.select(images.c.sha256)
        if self.folder is None:
            return connection.execute(sa.delete(image_files).where(image_files.c.sha256.not_in(named))).rowcount
        known = set(connection.scalars(named))
        lost = [p for p in self.folder.glob("*/*") if p.is_file() and p.stem not in known]
        for path in lost:
            path.unlink(missing_ok=True)
        return len(lost)
