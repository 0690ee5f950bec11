from __future__ import annotations

import contextlib
import threading

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa

from posetune.errors import PosetuneError
from posetune.store.database import Database, engine_of

NUMBERS = sa.table("numbers", sa.column("n"))


def table(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.text("CREATE TABLE numbers (n INTEGER)"))


def add(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.insert(NUMBERS).values(n=number))


def numbers(database: Database) -> list[int]:
    with database.read() as connection:
        return sorted(connection.scalars(sa.select(NUMBERS.c.n)))


def test_a_transaction_is_written_whole_or_not_at_all(empty_url):
    with Database(empty_url) as database:
        table(database)
        with contextlib.suppress(RuntimeError), database.write() as connection:
            add(connection, 1)
            raise RuntimeError
        with database.write() as connection:
            add(connection, 2)
        assert numbers(database) == [2]


def test_writers_wait_for_one_another(empty_url):
    with Database(empty_url) as database:
        table(database)
        with database.write() as connection:
            add(connection, 0)

        def raise_it() -> None:
            for _ in range(5):
                with database.write() as connection:
                    n = connection.scalar(sa.select(NUMBERS.c.n).with_for_update())
                    connection.execute(sa.update(NUMBERS).values(n=n + 1))

        threads = [threading.Thread(target=raise_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert numbers(database) == [20]


def test_who_reads_waits_for_no_writer(empty_url):
    with Database(empty_url) as database:
        table(database)
        with database.write() as connection:
            add(connection, 1)
            assert numbers(database) == []


def test_sqlite_loses_nothing_and_keeps_nothing(tmp_path):
    with Database(f"sqlite:///{tmp_path / 'store.sqlite'}") as database, database.read() as connection:
        said = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in
                ("journal_mode", "synchronous", "foreign_keys", "secure_delete")}  # fmt: skip
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://a/b", "sqlite:///FILE or postgresql"),
        ("store.sqlite", "sqlite:///FILE or postgresql"),
        ("sqlite://", "sqlite:///FILE or postgresql"),
        ("postgresql://localhost/x?sslmode=maybe", "sslmode=maybe is none of"),
        ("postgresql://localhost/x?colour=red", "an option that is not known: colour"),
        ("sqlite:////no/such/folder/store.sqlite", "does its folder exist"),
        ("postgresql://ada:secret@127.0.0.1:1/x", "ada:\\*\\*\\*@127.0.0.1:1/x cannot be .* Is the server running"),
    ],
)
def test_a_database_that_cannot_be_is_one_sentence(url, said):
    with pytest.raises(PosetuneError, match=said) as caught, Database(url) as database, database.read():
        pass
    assert "secret" not in str(caught.value)


def test_a_url_without_a_user_is_of_whoever_runs_it(monkeypatch):
    monkeypatch.setenv("PGUSER", "ada")
    assert engine_of("postgresql://localhost/x")[0] == "postgresql+pg8000://ada@localhost/x"
    assert engine_of("postgresql://ben@localhost/x")[0] == "postgresql+pg8000://ben@localhost/x"


def test_a_file_that_is_no_database_is_one_sentence(tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"a picture, say" * 100)
    with (
        pytest.raises(PosetuneError, match="no database of SQLite"),
        Database(f"sqlite:///{tmp_path}/store.sqlite") as d,
        d.read(),
    ):
        pass


def test_what_was_deleted_is_neither_in_the_file_nor_in_its_log(tmp_path):
    with Database(f"sqlite:///{tmp_path / 'store.sqlite'}") as database:
        with database.write() as connection:
            connection.execute(sa.text("CREATE TABLE words (word TEXT)"))
            connection.execute(sa.text("INSERT INTO words VALUES (:word)"), [{"word": "secret" * 200}] * 300)
        full = sum(path.stat().st_size for path in tmp_path.iterdir())
        with database.write() as connection:
            connection.execute(sa.text("DELETE FROM words"))
        database.empty_log()
        assert not [path for path in tmp_path.iterdir() if b"secret" in path.read_bytes()]
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) < full / 4


def test_a_full_disk_is_one_sentence_and_undoes_the_transaction(tmp_path):
    with Database(f"sqlite:///{tmp_path / 'store.sqlite'}") as database:
        table(database)

        def fill() -> None:
            with database.write() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count = 3")  # SQLite's own way of ending at a size
                for n in range(10_000):
                    add(connection, n)

        with pytest.raises(PosetuneError, match="disk is full"):
            fill()
        with database.write() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
            add(connection, 7)
        assert numbers(database) == [7]
