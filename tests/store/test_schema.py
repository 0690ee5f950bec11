from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.store import schema, tables
from posetune.store.database import Database

SET = "INSERT INTO posetune_version VALUES ('{}')"


def versions(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(sa.text("SELECT version_num FROM posetune_version")))


def begin(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in ("CREATE TABLE posetune_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)", *statements):
            connection.execute(sa.text(statement))


def test_a_new_database_gets_the_tables_without_alembic(empty_url, monkeypatch):
    monkeypatch.setitem(sys.modules, "alembic", None)
    with Database(empty_url) as database:
        schema.prepare(database)
        schema.prepare(database)
        assert versions(database) == [schema.REVISION]


def test_the_steps_end_at_the_tables_of_this_version(empty_url, tmp_path):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with Database(empty_url) as database:
        begin(database)  # of a version before the first
        schema.prepare(database)
        assert versions(database) == [schema.REVISION]
        with database.read() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "compare_server_default": not database.is_sqlite,
                    "version_table": schema.VERSION_TABLE,
                },
            )
            assert compare_metadata(context, tables.metadata) == []
        assert (tmp_path / f"store.sqlite.before-{schema.REVISION}").is_file() == database.is_sqlite


def test_a_store_of_before_its_version_had_a_name_of_its_own_is_taken_over(empty_url):
    with Database(empty_url) as database:
        schema.prepare(database)
        with database.write() as connection:
            connection.execute(sa.text("ALTER TABLE posetune_version RENAME TO alembic_version"))
        schema.prepare(database)
        assert versions(database) == [schema.REVISION]


def test_a_newer_database_is_refused_and_not_copied(empty_url, tmp_path):
    with Database(empty_url) as database:
        begin(database, SET.format("9999"))
        with pytest.raises(PosetuneError, match=r"another version of posetune \(9999"):
            schema.prepare(database)
        assert not list(tmp_path.glob("*.before-*"))


def test_every_step_is_known():
    steps = Path(schema.__file__).parent / "migrations" / "versions"
    assert {path.name[1:5] for path in steps.glob("r*.py")} == {step for step in schema._REVISIONS if step}


def test_the_tables_of_another_program_are_left_alone(empty_url):
    with Database(empty_url) as database:
        with database.write() as connection:
            connection.execute(sa.text("CREATE TABLE images (n INTEGER)"))
        with pytest.raises(PosetuneError, match="tables of another program"):
            schema.prepare(database)
        with database.read() as connection:
            assert sa.inspect(connection).get_table_names() == ["images"]


def test_postgresql_may_be_shared_and_a_file_may_not(empty_url):
    with Database(empty_url) as database:
        with database.write() as connection:
            connection.execute(sa.text("CREATE TABLE songs (n INTEGER)"))
        if database.is_sqlite:
            with pytest.raises(PosetuneError, match="tables of another program"):
                schema.prepare(database)
        else:
            schema.prepare(database)
            assert versions(database) == [schema.REVISION]
