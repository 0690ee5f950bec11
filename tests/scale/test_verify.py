from __future__ import annotations

import pytest

pytest.importorskip("pyarrow")

from tests.helpers.jobs import unplanned

from posetune.scale.commit import commit, name_of, read_done
from posetune.scale.folder import Folder
from posetune.scale.merge import merge
from posetune.scale.plan import make_plan
from posetune.scale.rows import Picture, rows_of, to_parquet
from posetune.scale.verify import verify

TABLE = "predictions.parquet"


@pytest.fixture
def store(tmp_path) -> Folder:
    """A job of five pictures in two units, done without people."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(5):
        (folder / f"{k}.jpg").write_bytes(b"")
    store = Folder(tmp_path / "job")
    make_plan(store, unplanned(folder, shard=3))
    put(store, 0, "0.jpg", "1.jpg", "2.jpg")
    put(store, 1, "3.jpg", "4.jpg")
    return store


def put(store, number: int, *files: str, rows: int | None = None) -> None:
    unit = f"{number:08}"
    found = [row for file in files for row in rows_of(Picture(file))]
    content = to_parquet(found, {"joins": []})
    store.delete(name_of(unit))
    commit(
        store,
        unit,
        content,
        rows=len(found) if rows is None else rows,
        pictures=len(files),
        errors=0,
        worker="a",
        seconds=1,
    )


def test_a_job_that_is_right(store):
    verdict = verify(store)
    assert (verdict.units, verdict.items, verdict.rows, verdict.faults) == (2, 5, 5, ())


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (("3.jpg",), "4.jpg is not there"),
        (("3.jpg", "3.jpg", "4.jpg"), "4.jpg is not there"),
        (("4.jpg", "3.jpg"), "3.jpg is not there"),
        (("3.jpg", "4.jpg", "5.jpg"), "1 pictures more than were planned"),
    ],
)
def test_a_unit_that_is_another_than_planned(store, files, fault):
    put(store, 1, *files)
    (found,) = verify(store).faults
    assert fault in found
    assert "unit 00000001" in found


def test_a_count_that_is_wrong(store):
    put(store, 1, "3.jpg", "4.jpg", rows=7)
    assert verify(store).faults == ("unit 00000001: 7 rows were committed, 2 are there",)


def test_a_unit_that_is_missing_or_damaged_or_too_many(store):
    store.put(read_done(store, "00000000").part, b"x")
    store.delete(name_of("00000001"))
    store.put(name_of("00000009"), b"{}")
    faults = verify(store).faults
    assert ["of no unit" in faults[0], "sum is another" in faults[1], "not done" in faults[2]] == [True] * 3


def test_a_result_of_before_is_found(store):
    merge(store)
    assert verify(store).faults == ()
    put(store, 1, "3.jpg", "4.jpg")
    content = store.get(TABLE)
    import io

    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content)).slice(0, 4)
    pq.write_table(table, store.path / TABLE)
    assert verify(store).faults == (f"{TABLE} has 4 rows and the parts have 5: merge again",)


def test_a_result_or_a_plan_that_was_cut_short_is_told(store):
    merge(store)
    table = store.path / TABLE
    table.write_bytes(table.read_bytes()[:100])
    assert verify(store).faults == (f"{TABLE} is damaged: merge again",)
    plan = next((store.path / "plan").glob("*/000000.parquet"))
    plan.write_bytes(plan.read_bytes()[:100])
    faults = verify(store).faults
    assert len(faults) == 2
    assert "The plan's file plan/" in faults[0]
    assert "is damaged" in faults[0]
