"""A PostgreSQL of the tests' own: a cluster in a temporary folder, reached by a socket there, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from posetune.store.database import Database


def programs() -> Path | None:
    """The folder of initdb and postgres: the newest that Debian has, or that on the PATH; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3].split(".")[0]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _as_whom() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    other = names.get("postgres") or names["nobody"]
    return {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a fresh, empty database."""
    bin_, whom = programs(), _as_whom()
    assert bin_ is not None
    folder = Path(tempfile.mkdtemp(prefix="posetune-pg-"))  # short: a socket's name has at most 107 letters
    try:
        if whom:
            os.chown(folder, whom["user"], whom["group"])
        data = folder / "data"
        run = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL, **whom}
        subprocess.run([bin_ / "initdb", "-D", data, "-U", "posetune", "-A", "trust", "-E", "UTF8", "--no-sync"], **run)
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        subprocess.run([bin_ / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start"], **run)
        try:
            yield f"postgresql://posetune@/postgres?host={folder}"
        finally:
            subprocess.run([bin_ / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> str:
    """Drop everything in the database at ``url``, and return the URL."""
    with Database(url) as database, database.write() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    return url
