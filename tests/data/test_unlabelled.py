"""Footage without labels: the images of a folder, and whom a network finds in them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune.data.unlabelled import find_people, found_in, images_in
from posetune.errors import PosetuneError
from posetune.runtime.batch import write_jpeg
from posetune.runtime.media import DRAWN

pytest.importorskip("torch")
from posetune.data.unlabelled import unlabelled_images


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "b").mkdir()
    rgb = draw_person(room(320, 400), (150, 200), 1.0)
    cv2.imwrite(str(tmp_path / "b" / "somebody.png"), rgb[..., ::-1])
    cv2.imwrite(str(tmp_path / "empty.jpg"), np.full((50, 60, 3), 120, np.uint8))
    (tmp_path / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "notes.txt").write_text("no image")
    write_jpeg(tmp_path / "drawn.jpg", rgb, DRAWN)
    return tmp_path


def test_images_of_a_folder_and_who_is_in_them(folder):
    records = images_in(folder, "replay")
    assert [record.path.name for record in records] == ["somebody.png", "damaged.jpg", "empty.jpg"]
    landmarker = posetune.load("lite", threads=1)
    counts = [None if poses is None else len(poses) for _, poses in found_in(landmarker, records)]
    assert counts == [1, None, 0]
    steps: list[int] = []
    found, damaged = find_people(landmarker, records, 1, lambda: steps.append(1))
    assert ([record for record, _ in found], damaged, len(steps)) == ([records[0]], 1, 3)


def test_a_folder_that_is_none_or_empty_is_named(tmp_path):
    with pytest.raises(PosetuneError, match=r"The replay folder .*gone does not exist"):
        images_in(tmp_path / "gone", "replay")
    with pytest.raises(PosetuneError, match=r"calibration folder .* holds no images"):
        images_in(tmp_path, "calibration")


def test_video_frames_are_written_once_and_belong_to_their_video(tmp_path):
    from posetune.runtime.video_writer import writing_video

    with writing_video(tmp_path / "clip.mp4", 10, 64, 48) as video:
        for k in range(21):
            video.write(np.full((48, 64, 3), 10 * k, np.uint8))
    frames = tmp_path / "frames"
    records = unlabelled_images([tmp_path / "clip.mp4"], frames, lambda _: None)
    assert len(records) == 5  # two a second of two seconds, and the first
    assert len({r.group for r in records}) == 1
    assert records[0].group.startswith("clip-")
    first = (frames / records[0].path.name).stat().st_mtime_ns
    unlabelled_images([tmp_path / "clip.mp4"], frames, lambda _: None)
    assert (frames / records[0].path.name).stat().st_mtime_ns == first


def test_videos_of_one_name_are_different_videos_and_a_damaged_one_is_left_out(tmp_path):
    from posetune.runtime.video_writer import writing_video

    for name, grey in (("a", 20), ("b", 220)):
        (tmp_path / "videos" / name).mkdir(parents=True)
        with writing_video(tmp_path / "videos" / name / "clip.mp4", 10, 64, 48) as video:
            for _ in range(6):
                video.write(np.full((48, 64, 3), grey, np.uint8))
    broken = tmp_path / "videos" / "broken.mp4"
    broken.write_bytes(b"no video")
    said = []
    records = unlabelled_images([tmp_path / "videos"], tmp_path / "frames", said.append)
    brightness = {r.group: r.read().mean() for r in records}
    assert len(brightness) == 2
    assert abs(brightness[records[0].group] - brightness[records[-1].group]) > 150
    assert any("broken.mp4" in text for text in said)
    with pytest.raises(PosetuneError, match=r"broken\.mp4"):
        unlabelled_images([broken], tmp_path / "frames", said.append)


def test_numbered_images_that_look_like_their_neighbours_are_a_sequence(tmp_path):
    rng = np.random.default_rng(0)
    scene, other = (cv2.resize(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8), (240, 240)) for _ in range(2))
    files = {
        "a9": scene,
        "a10": np.roll(scene, 4, 1),
        "a11": other,
        "b_1_x": scene,
        "b_2_x": scene // 2,
        "kitchen": scene,
    }
    for name, image in files.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    (tmp_path / "a12.png").write_bytes(b"no image")
    groups: dict[str, list[str]] = {}
    for record in unlabelled_images([tmp_path], tmp_path / "frames", lambda _: None):
        groups.setdefault(record.group, []).append(record.path.stem)
    assert sorted(groups.values()) == [["a11"], ["a12"], ["a9", "a10"], ["b_1_x", "b_2_x"], ["kitchen"]]
