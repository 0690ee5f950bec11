"""The store by its URL, with the tables of this version."""

from __future__ import annotations

from posetune.errors import PosetuneError
from posetune.store.database import Database, sqlite_file
from posetune.store.schema import prepare


def open_store(url: str, make: bool = True) -> Database:
    """The database at ``url``: sqlite:///FILE or postgresql://…; its tables are made or brought to this version.

    ``make``: whether an SQLite file that is not there is begun. Raises PosetuneError where it is not there, or cannot be used.
    """
    database = Database(url)
    file = sqlite_file(database)
    if not make and file is not None and not file.exists():
        raise PosetuneError(f"There is no store at {file}: `posetune corrections add SET --store {url}` makes one.")
    new = file is not None and not file.exists()
    prepare(database)
    if new and file is not None:
        for path in file.parent.glob(f"{file.name}*"):
            if path.is_file():
                path.chmod(0o600)  # points of people: its owner's alone
    return database
