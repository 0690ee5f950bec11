from __future__ import annotations

import pytest

pytest.importorskip("pyarrow")

from dataclasses import replace

from tests.helpers.clips import write_clip
from tests.helpers.jobs import unplanned

from posetune.errors import PosetuneError
from posetune.scale import plan as plan_module
from posetune.scale.folder import Folder
from posetune.scale.job import JOB, read_job
from posetune.scale.plan import Item, Units, make_plan, units_of


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(7):
        (folder / f"{k}.jpg").write_bytes(b"")
    return folder


def test_units_hold_so_many_pictures_in_order(tmp_path, pictures):
    store = Folder(tmp_path / "job")
    job = make_plan(store, unplanned(pictures, shard=3))
    assert (job.units, job.items, job.videos) == (3, 7, 0)
    units = [Units(store, job)[n] for n in range(3)]
    assert [[item.file for item in unit] for unit in units] == [
        ["0.jpg", "1.jpg", "2.jpg"],
        ["3.jpg", "4.jpg", "5.jpg"],
        ["6.jpg"],
    ]
    assert read_job(store) == job


def test_units_lie_in_several_files(tmp_path, pictures, monkeypatch):
    monkeypatch.setattr(plan_module, "_ROWS_A_FILE", 4)
    store = Folder(tmp_path / "job")
    job = make_plan(store, unplanned(pictures, shard=2))
    assert len(list(store.list("plan"))) == 2
    assert [item.file for n in range(4) for item in Units(store, job)[n]] == [f"{k}.jpg" for k in range(7)]


def test_videos_weigh_their_frames_and_are_cut(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "long.avi", 100)
    write_clip(folder / "short.avi", 10)
    (folder / "x.jpg").write_bytes(b"")
    store = Folder(tmp_path / "job")
    job = make_plan(store, unplanned(folder, shard=50, segment=40))
    items = [item for n in range(job.units) for item in Units(store, job)[n]]
    assert [(i.file, i.start, i.stop, i.run_in) for i in items] == [
        ("long.avi", 0, 40, 0), ("long.avi", 40, None, 40), ("short.avi", 0, None, 0), ("x.jpg", 0, None, 0)
    ]  # fmt: skip
    assert job.videos == 2


def test_a_damaged_video_is_planned_all_the_same(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    store = Folder(tmp_path / "job")
    job = make_plan(store, unplanned(tmp_path / "bad.mp4"))
    assert [item.kind for item in Units(store, job)[0]] == ["video"]


def test_the_same_again_is_the_same_plan(tmp_path, pictures):
    store = Folder(tmp_path / "job")
    first = make_plan(store, unplanned(pictures))
    (pictures / "new.jpg").write_bytes(b"")
    assert make_plan(store, unplanned(pictures)) == first


def test_another_job_is_not_written_over(tmp_path, pictures):
    store = Folder(tmp_path / "job")
    make_plan(store, unplanned(pictures))
    with pytest.raises(PosetuneError, match=r"another job .it differs in options, shard"):
        make_plan(store, unplanned(pictures, shard=5, max_people=1))


def test_a_plan_that_was_cut_short_is_none(tmp_path, pictures):
    store = Folder(tmp_path / "job")
    make_plan(store, unplanned(pictures))
    store.delete(JOB)
    with pytest.raises(PosetuneError, match="There is no job"):
        read_job(store)
    assert make_plan(store, unplanned(pictures)).units == 4


def test_of_two_planners_one_wins(tmp_path, pictures, monkeypatch):
    store = Folder(tmp_path / "job")
    first = make_plan(store, unplanned(pictures))
    monkeypatch.setattr(plan_module, "_planned", lambda *_, real=plan_module._planned, seen=[]: seen.append(1) or (
        None if len(seen) == 1 else real(*_)))  # fmt: skip
    assert make_plan(store, unplanned(pictures)) == first


def test_nothing_to_look_at_is_told(tmp_path):
    (tmp_path / "a.doc").write_text("")
    with pytest.raises(PosetuneError, match="no images or videos, only 1 file of another kind"):
        make_plan(Folder(tmp_path / "job"), unplanned(tmp_path / "a.doc".replace("a.doc", "")))


def test_weights():
    image, clip = Item("a", "a", "image"), Item("v", "v", "video", 0, 30)
    assert [len(u) for u in units_of([image, image, clip, image], 31)] == [2, 2]
    assert [len(u) for u in units_of([clip, clip], 20)] == [1, 1]
    assert [len(u) for u in units_of([image, replace(clip, stop=None), image], 20)] == [1, 1, 1]
    assert list(units_of([], 5)) == []


def test_other_files_are_left_alone(tmp_path, pictures):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/predictions.json").write_text("{}")
    with pytest.raises(PosetuneError, match=r"holds other files .predictions.json"):
        make_plan(Folder(tmp_path / "mine"), unplanned(pictures))
    with pytest.raises(PosetuneError, match="is a file"):
        make_plan(Folder(tmp_path / "mine/predictions.json"), unplanned(pictures))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["predictions.json"]
