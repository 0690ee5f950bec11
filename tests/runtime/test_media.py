"""What is an image and what a video, by what is in it; and all of those in a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from posetune.runtime.media import DRAWN, is_drawn, kind_of, media_in, shown_name
from posetune.runtime.video_writer import writing_video


def image(suffix: str = ".png") -> bytes:
    return cv2.imencode(suffix, np.zeros((40, 60, 3), np.uint8))[1].tobytes()


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with writing_video(path, 10, 64, 48) as video:
        for i in range(3):
            video.write(np.full((48, 64, 3), 60 * i, np.uint8))
    return path


def test_kinds_go_by_what_is_in_a_file(tmp_path, clip):
    cases = {
        "a.mp4": (image(), "image"),
        "clip": (clip.read_bytes(), "video"),
        "clip.jpg": (clip.read_bytes(), "video"),
        "a.ts": (b"export const answer = 42;\n" * 20, None),
        "b.ts": ((b"G" + bytes(187)) * 3, "video"),
        "c.m2ts": ((bytes(4) + b"G" + bytes(187)) * 3, "video"),
        "a.flv": (b"FLV\1" + bytes(20), "video"),
        "empty.mp4": (b"", "video"),
        "empty.jpg": (b"", "image"),
        "text.png": (b"no picture", "image"),
        "phone.heic": (b"\0\0\0\x18ftypheic" + bytes(40), None),
        "notes.txt": (b"no picture", None),
    }
    for name, (content, kind) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert kind_of(tmp_path / name) == kind, name


def test_what_moves_is_a_video(tmp_path):
    animation = cv2.Animation()
    animation.frames = [np.full((20, 30, 4), 50 * i, np.uint8) for i in range(3)]
    animation.durations = np.array([100, 100, 100])
    cv2.imwriteanimation(str(tmp_path / "a.webp"), animation)
    cv2.imwriteanimation(str(tmp_path / "a.gif"), animation)
    (tmp_path / "still.webp").write_bytes(image(".webp"))
    assert [kind_of(tmp_path / name) for name in ("a.webp", "a.gif", "still.webp")] == ["video", "video", "image"]


def test_a_folder_with_everything_in_it(tmp_path, clip):
    folder = tmp_path / "in"
    for name in (
        "a.JPG",
        "sub/b.png",
        ".hidden.png",
        ".trash/c.png",
        "IMG_1.HEIC",
        "IMG_2.heic",
        "notes.txt",
        "README",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(image(".png") if "png" in name or "JPG" in name else b"text")
    shutil.copy(clip, folder / "without_suffix")
    shutil.copy(clip, folder / "GX01.LRV")
    (folder / "IMG.CR2").write_bytes(image(".tiff"))
    os.mkfifo(folder / "pipe.mp4")
    (folder / "broken").symlink_to("nowhere")
    (folder / "drawn.jpg").write_bytes(image(".jpg")[:20] + b"\xff\xfe\x00\x13" + DRAWN + image(".jpg")[20:])
    found, left_out = media_in(folder)
    assert [path.relative_to(folder).as_posix() for path in found] == ["a.JPG", "without_suffix", "sub/b.png"]
    assert left_out.kinds == {".heic": 2, ".txt": 1, "": 1, ".lrv": 1, ".cr2": 1, ".mp4": 1}
    assert (left_out.broken_links, left_out.drawn) == (1, 1)
    said = ", ".join(left_out.phrases())
    assert said.count(".heic") == 1
    assert "2 .heic files (convert it to JPEG" in said


def test_links_to_folders_are_followed_once_and_loops_end(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "b.png").write_bytes(image())
    (disk / "back").symlink_to(tmp_path / "in")
    (tmp_path / "in").mkdir()
    for name in ("day1", "day2"):
        (tmp_path / "in" / name).symlink_to(disk)
    (tmp_path / "in" / "loop").symlink_to(".")
    found, _ = media_in(tmp_path / "in")
    assert [path.relative_to(tmp_path / "in").as_posix() for path in found] == ["day1/b.png"]


def test_videos_that_posetune_drew_are_known(tmp_path, clip):
    for suffix in (".mp4", ".webm"):
        path = tmp_path / f"a{suffix}"
        with writing_video(path, 10, 64, 48, DRAWN) as video:
            video.write(np.zeros((48, 64, 3), np.uint8))
        assert is_drawn(path)
        assert cv2.VideoCapture(str(path)).read()[0]
    assert not is_drawn(clip)


def test_names_that_cannot_be_printed():
    assert shown_name(os.fsdecode(b"caf\xe9.jpg")) == r"caf\xe9.jpg"
    assert shown_name("été あ.jpg") == "été あ.jpg"
    assert shown_name("a\n\x1b[31mb.jpg") == r"a\n\x1b[31mb.jpg"
