"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers import postgres

from posetune.store.database import Database
from posetune.store.schema import prepare


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return postgres.empty(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(empty_url):
    with Database(empty_url) as database:
        prepare(database)
        yield database
