"""CVAT for video 1.1: tracks that go on, end and are interpolated."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.helpers import cvat_xml as x

from posetune.data.formats.cvat_video import read, sniff
from posetune.data.formats.reading import NONE, Reading
from posetune.data.layouts import label_files
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

HEAD = "<id>5</id><name>squat</name><mode>interpolation</mode><original_size><width>100</width><height>120</height></original_size>"


def frame(number: int, key: int = 1, inside: str | None = None, more: str = "") -> str:
    return x.skeleton(inside=inside, attributes=f'frame="{number}" keyframe="{key}" {more}').replace(
        'label="person" ', "", 1
    )


GONE = "".join(x.points(n, *x.PLACES[n], outside=1) for n in x.NAMES)


def track(*frames: str, number: int = 0, more: str = "") -> str:
    return f'<track id="{number}" label="person" source="manual" {more}>{"".join(frames)}</track>'


def load(folder, *tracks: str, meta: str | None = None, **how):
    path = folder / "annotations.xml"
    path.write_text(x.export("".join(tracks), meta or x.task(head=HEAD)))
    assert sniff(path)
    return read(path, Reading(**{"require": NONE, **how}))


def test_frames_are_images_of_one_group_and_what_is_outside_is_nobody(tmp_path):
    dataset = load(tmp_path, track(frame(0), frame(1, 0), frame(2, 1, GONE)), track(frame(1), number=1))
    assert [image.path.name for image in dataset.images] == ["frame_000000.png", "frame_000001.png"]
    assert dataset.groups == ("task:squat",)
    assert [(p.image.path.name[8:12], p.origin.source) for p in dataset.people] == [
        ("0000", None), ("0001", "interpolated"), ("0001", None),
    ]  # fmt: skip
    assert dataset.people[0].image.width == 100
    assert dataset.people[0].keypoints[INDEX["nose"]].tolist() == [50, 10, 2]
    keys = load(tmp_path, track(frame(0), frame(1, 0)), interpolated=False)
    assert len(keys.people) == 1
    assert "1 people: are interpolated" in " ".join(map(str, keys.losses))


def test_keyframes_may_be_said_of_the_points_alone(tmp_path):
    inside = "".join(x.points(n, *x.PLACES[n]).replace("outside", 'keyframe="0" outside') for n in x.NAMES)
    bare = x.skeleton(inside=inside, attributes='frame="3"')
    assert load(tmp_path, track(bare)).people[0].origin.source == "interpolated"


def test_tasks_of_a_project_count_their_frames_anew(tmp_path):
    tasks = "".join(
        f"<task><id>{i}</id><name>t{i}</name><subset>{s}</subset></task>" for i, s in ((1, "Train"), (2, "Test"))
    )
    meta = f"<project><tasks>{tasks}</tasks><labels>{x.label()}</labels></project>"
    both = [track(frame(0), more=f'task_id="{i}" subset="{s}"') for i, s in ((1, "Train"), (2, "Test"))]
    dataset = load(tmp_path, *both, meta=meta)
    assert len(dataset.images) == 2
    assert dataset.groups == ("task:t1", "task:t2")
    assert [f.name for f in label_files(tmp_path)[0]] == ["train", "test"]
    assert len(load(tmp_path, *both, meta=meta, split="Test").people) == 1


@pytest.mark.parametrize(("names", "expected"), [
    (["frame_000004.jpg", "frame_000006.jpg"], "frame_000004.jpg"),
    (["squat_0004.png", "squat_0006.png", "other_0004.png"], "squat_0004.png"),
    (["sub/4.png", "sub/6.png"], "4.png"),
])  # fmt: skip
def test_frames_find_their_files(tmp_path, names, expected):
    for name in names:
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.zeros((120, 100, 3), np.uint8))
    head = (
        HEAD
        + "<start_frame>0</start_frame><frame_filter>step=2</frame_filter>"
        + "<source>squat.mp4</source>" * (len(names) > 2)
    )
    dataset = load(tmp_path, track(frame(4), frame(6)), meta=x.task(head=head))
    assert dataset.images[0].path.name == expected
    assert dataset.images[0].path.is_file()


def test_a_task_of_images_goes_by_their_order(tmp_path):
    for name in ("ada.png", "ben.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((120, 100, 3), np.uint8))
    head = HEAD.replace("interpolation", "annotation") + "<size>2</size>"
    dataset = load(tmp_path, track(frame(1)), meta=x.task(head=head))
    assert dataset.images[0].path == tmp_path / "ben.png"


def test_tracks_of_boxes_show_nobody(tmp_path):
    with pytest.raises(PosetuneError, match="no track shows a skeleton"):
        load(tmp_path, '<track id="0" label="person"><box frame="0"></box></track>')
    with pytest.raises(PosetuneError, match="has no frame"):
        load(tmp_path, track(x.skeleton()))


def test_labels_of_one_task_do_not_land_on_the_frames_of_another(tmp_path):
    names = ((1, "Train"), (2, "Test"))
    tasks = "".join(f"<task><id>{i}</id><name>t{i}</name><subset>{s}</subset></task>" for i, s in names)
    meta = f"<project><tasks>{tasks}</tasks><labels>{x.label()}</labels></project>"
    both = [track(frame(0), more=f'task_id="{i}" subset="{s}"') for i, s in names]
    for _, subset in names:
        (tmp_path / "images" / subset).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "images" / subset / "frame_000000.png"), np.zeros((120, 100, 3), np.uint8))
    dataset = load(tmp_path, *both, meta=meta)
    assert [image.path.parent.name for image in dataset.images] == ["Train", "Test"]
