"""What must not be separated."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.coco_labels import annotation, content, read

from posetune.data.groups import clip_of, grouped, grouped_by, twin_of
from posetune.data.people import ImageRecord
from posetune.errors import PosetuneError


def records(*names: str) -> list[ImageRecord]:
    return [ImageRecord(i, Path("set/images") / n, 10, 10, f"image:{n}") for i, n in enumerate(names)]


def groups_of(images, hints=None):
    hints = {i.id: {"name": i.path.name, **(hints or {}).get(i.id, {})} for i in images}
    found, kinds = grouped(images, hints)
    return [found.get(id(i)) for i in images], kinds


@pytest.mark.parametrize(("name", "clip"), [
    ("out8_frame_0029.png", "out8"), ("out8_frame_0029_png.rf.214cce6b.jpg", "out8"), ("frame_000000.png", "frame"),
    ("day.1/x.mp4_frame_0000012.PNG", "day.1/x.mp4"), ("Copy of a (2)-frame-3.jpg", "Copy of a (2)"), ("IMG_0012.jpg", None),
    ("picture frame.jpg", None), ("climb frame 12.jpg", "climb"),
])  # fmt: skip
def test_the_clip_that_a_frame_names(name, clip):
    assert clip_of(name) == clip


def test_frames_of_a_clip_are_one_group_and_clips_are_several():
    found, kinds = groups_of(records("a_frame_1.png", "a_frame_2.png", "b_frame_1.png", "lone.png"))
    assert found == ["clip:a", "clip:a", "clip:b", None]
    assert kinds == {"clip": 2}


def test_roboflows_copies_share_a_group_in_whatever_split():
    images = records("IMG_7_jpg.rf.0a1b.jpg", "IMG_7_jpg.rf.99ff.jpg", "IMG_9_jpg.rf.1111.jpg")
    assert groups_of(images)[0] == ["twin:IMG_7.jpg", "twin:IMG_7.jpg", "twin:IMG_9.jpg"]
    assert twin_of("x/IMG_7_jpg.rf.0a1b.jpg") == "IMG_7.jpg"
    assert twin_of("IMG_7.jpg") is None


def test_what_a_track_goes_through_is_one_group():
    images = records("p.png", "q.png", "r.png", "s.png")
    found, _ = groups_of(images, {0: {"track": "3"}, 1: {"track": "3"}, 2: {"track": "4"}})
    assert found == ["track:3", "track:3", None, None]


def test_ties_of_several_kinds_make_one_group():
    images = records("a_frame_1_png.rf.11.jpg", "a_frame_1_png.rf.22.jpg", "z.png", "y.png")
    found, _ = groups_of(images, {1: {"track": "1"}, 2: {"track": "1"}})
    assert found == ["clip:a", "clip:a", "clip:a", None]


def test_the_users_own_rule(folder):
    images = records("ada_1.png", "ada_2.png", "ben_1.png", "x.png")
    assert list(grouped_by(images, r"(.*)_\d").values()) == ["name:ada", "name:ada", "name:ben"]
    assert len(set(grouped_by(images, "image").values())) == 4
    assert len(set(grouped_by(images, "folder").values())) == 1
    with pytest.raises(PosetuneError, match="fits none of 4 image names"):
        grouped_by(images, "zebra")
    with pytest.raises(PosetuneError, match="nor a regular expression"):
        grouped_by(images, "(")


def test_the_groups_are_said(folder):
    images = [{"id": i, "file_name": f"a_frame_{i}.png", "width": 100, "height": 120} for i in (1, 2)]
    for i in (1, 2):
        (folder / "images" / f"a_frame_{i}.png").symlink_to(folder / "images" / "a.png")
    dataset = read(folder, content(images=images, annotations=[annotation()]))
    assert dataset.groups == ("clip:a",)
    assert any("2 images belong together: 1 clips" in w for w in dataset.warnings)
