from __future__ import annotations

import numpy as np
import pytest

pq = pytest.importorskip("pyarrow.parquet")

from tests.helpers.clips import write_clip
from tests.helpers.figures import draw_person, room
from tests.helpers.jobs import planned

from posetune.cli import main
from posetune.errors import CheckFailed
from posetune.opencv import cv2
from posetune.progress import Reporter
from posetune.scale.folder import Folder
from posetune.scale.merge import TrackIds, merge
from posetune.scale.rows import POSES
from posetune.scale.verify import verify
from posetune.scale.work import Settings, work


def test_pictures_are_what_predict_writes_to_the_byte(tmp_path, unlabelled):
    store = Folder(tmp_path / "job")
    planned(store, unlabelled, shard=3)
    work(store, Settings(wait=0.01))
    merged = merge(store)
    assert (merged.pictures, merged.people, merged.errors, merged.rows) == (3, 2, 1, 4)
    table = pq.read_table(tmp_path / "job/predictions.parquet")
    assert table.schema.names == POSES.names
    rows = table.to_pylist()
    assert [len(r["landmarks_px"]) for r in rows if r["score"] is not None] == [99, 99]
    assert [r["file"] for r in rows if r["score"] is None and r["error"] is None] == ["room.png"]
    main(["predict", str(unlabelled), "--model", "lite", "--out", str(tmp_path / "out"), "--no-overlays"])
    assert store.get("predictions.json") == (tmp_path / "out/predictions.json").read_bytes()


def test_somebody_keeps_the_id_through_the_parts_of_a_video(tmp_path):
    frames = [draw_person(room(300, 380), (110.0 + 3 * k, 190.0), 0.95) for k in range(24)]
    write_clip(tmp_path / "walk.avi", frames)
    store = Folder(tmp_path / "job")
    assert planned(store, tmp_path / "walk.avi", shard=8, segment=8).units == 3
    work(store, Settings(wait=0.01))
    assert verify(store).faults == ()
    merge(store, coco=False)
    rows = pq.read_table(tmp_path / "job/predictions.parquet").to_pylist()
    assert [row["frame"] for row in rows] == list(range(24))
    assert {row["track_id"] for row in rows} == {1}
    assert store.get("predictions.json") is None


def test_ids_of_newcomers_go_on_and_those_of_another_file_begin_anew():
    import pyarrow as pa

    def part(file: str, *people: tuple[int, int, float]):
        rows = [
            {"file": file, "frame": frame, "person": 0, "track_id": track, "landmarks_px": [x, 50.0, 0.0] * 33}
            for frame, track, x in people
        ]
        return pa.Table.from_pylist(rows, schema=POSES)

    def join(file: str, start: int, *people: tuple[int, float]):
        found = [{"id": track, "side": 100.0, "points": [[x, 50.0]] * 33} for track, x in people]
        return [{"file": file, "start": start, "people": found}]

    ids = TrackIds()
    first = ids.whole(part("v", (0, 1, 10), (0, 2, 200), (1, 1, 12), (1, 2, 202)), [])
    second = ids.whole(part("v", (2, 1, 204), (2, 3, 14), (3, 4, 500)), join("v", 2, (1, 203.0), (3, 13.0)))
    third = ids.whole(part("w", (0, 1, 10)), [])
    assert [t.column("track_id").to_pylist() for t in (first, second, third)] == [[1, 2, 1, 2], [2, 1, 3], [1]]


def test_what_is_not_done_is_not_merged(tmp_path, unlabelled):
    store = Folder(tmp_path / "job")
    planned(store, unlabelled)
    with pytest.raises(CheckFailed, match=r"2 of 2 units .* are not done"):
        merge(store)


def test_what_was_not_looked_at_is_told(tmp_path):
    (tmp_path / "in").mkdir()
    page = np.full((64, 64, 3), 90, np.uint8)
    assert cv2.imwritemulti(str(tmp_path / "in/scan.tif"), [page] * 3)
    store = Folder(tmp_path / "job")
    planned(store, tmp_path / "in")
    work(store, Settings(wait=0.01))
    said: list[str] = []
    merge(store, Reporter(said.append))
    assert "scan.tif has 3 pages: the first alone was looked at." in said[0]
