from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new, picture

from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence
from posetune.store.forget import expire, forget, remove_files
from posetune.store.runs import Runs

MARK = b"\xff\xd8 a face that nobody shall see again"


@pytest.fixture
def store(database) -> Corrections:
    return Corrections(database)


def everything(folder) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_a_person_is_forgotten_with_all_they_gave(store, database, tmp_path):
    own, _ = store.add(new(picture=picture(MARK)))
    _on_own, _ = store.add(new("ben", picture=picture(MARK)))  # the picture is ada's
    bens, _ = store.add(new("ben"))
    on_bens, _ = store.add(new("ada"))
    store.review(bens, "ada", "accept")
    run = Runs(database).begin([own.number, bens.number], store.newest())
    Runs(database).finish(run, "n" * 64)
    other = Runs(database).begin([bens.number], store.newest())
    Runs(database).finish(other, "o" * 64)
    forgotten = forget(database, "ada")
    assert (forgotten.images, forgotten.corrections, forgotten.networks) == (1, 3, ("n" * 64,))
    assert [c.id for c in store.find()] == [bens.id]
    assert Runs(database).marked() == {"n" * 64: 1}
    assert store.picture(bens)
    if database.is_sqlite:
        assert MARK not in everything(tmp_path)
        assert b"ada" not in everything(tmp_path)
    assert forget(database, "ada") == forget(database, "nobody")
    assert not forget(database, "ada").corrections
    again, made = store.add(new())
    assert made
    assert again.number > on_bens.number


def test_that_somebody_judged_is_not_forgotten(store, database):
    unit, _ = store.add(new(kind="audit", touched="c" * 33))
    assert Evidence(database).judge(unit, "l", "c", 2.0, 1.0)
    forget(database, "ada")
    assert [v.live_error for v in Evidence(database).of("c")] == [2.0]


def test_pictures_go_when_their_time_is_over(store, database):
    store.add(new(picture=picture(MARK, expires_at=100.0)))
    kept, _ = store.add(new(picture=picture(expires_at=300.0)))
    forever, _ = store.add(new("ben", picture=picture(b"\x89PNG")))
    assert expire(database, 99.0).images == 0
    assert expire(database, 200.0).corrections == 1
    assert [c.id for c in store.find()] == [kept.id, forever.id]
    if database.is_sqlite:
        assert {p.suffix for p in store.pictures.folder.glob("*/*")} == {".jpg", ".png"}


def test_files_of_programs_that_died_are_removed(store, database):
    kept, _ = store.add(new())
    if not database.is_sqlite:
        pytest.skip("no files")
    lost = store.pictures.folder / "ab" / f"{'ab' * 32}.jpg"
    lost.parent.mkdir(exist_ok=True)
    lost.write_bytes(MARK)
    assert remove_files(database) == 1
    assert not lost.exists()
    assert store.picture(kept)
