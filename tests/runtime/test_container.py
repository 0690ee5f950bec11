"""What video files say of themselves."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest
from tests.helpers.mp4 import set_edit

from posetune.runtime.container import claimed_bytes, track_of
from posetune.runtime.video_writer import writing_video


def write(path, frames=6):
    with writing_video(path, 10, 64, 48) as video:
        for i in range(frames):
            video.write(np.full((48, 64, 3), 30 * i, np.uint8))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".avi"])
def test_a_whole_file_is_as_long_as_it_says_and_a_part_is_not(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".avi":
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
        writer.write(np.zeros((48, 64, 3), np.uint8))
        writer.release()
    else:
        write(path)
    whole = path.stat().st_size
    assert claimed_bytes(path) == whole
    path.write_bytes(path.read_bytes()[: whole - 200])
    assert claimed_bytes(path) > whole - 200


def test_flv_and_asf_say_their_length_in_the_head(tmp_path):
    (tmp_path / "a.flv").write_bytes(b"FLV\1" + bytes(40) + b"\0\x08filesize\0" + struct.pack(">d", 12345) + bytes(50))
    assert claimed_bytes(tmp_path / "a.flv") == 12345
    head = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(14)
    properties = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365") + bytes(24) + struct.pack("<Q", 54321)
    (tmp_path / "a.wmv").write_bytes(head + properties + bytes(80))
    assert claimed_bytes(tmp_path / "a.wmv") == 54321


@pytest.mark.parametrize(
    "content", [b"", b"G" * 400, b"\x1aE\xdf\xa3", b"RIFF", b"FLV\1", b"\0\0\0\1ftyp", b"\0\0\0\x18ftyp" * 9]
)
def test_nonsense_raises_nothing(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    claimed_bytes(tmp_path / "a")
    assert track_of(tmp_path / "a").lead == 0


def test_an_edit_list_says_what_is_shown(tmp_path):
    path = write(tmp_path / "a.mp4")
    track = track_of(path)
    assert track.samples == 6
    assert track.lead == 0
    set_edit(path, begin_ticks=2048, seconds=0.4)
    scale = 10240  # ticks a second as OpenCV writes 10 frames a second
    assert track_of(path).lead == pytest.approx(2048 / scale)
    assert track_of(path).seconds == pytest.approx(0.4)
