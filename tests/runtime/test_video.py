"""Videos: read back what was written, and nothing half-written left behind."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.helpers.mp4 import frame, set_durations, set_edit, set_rotation

from posetune.errors import PosetuneError
from posetune.runtime.video import VideoReader
from posetune.runtime.video_writer import writing_video


def test_frames_come_back_in_order_and_colour(tmp_path):
    with writing_video(tmp_path / "new" / "a.mp4", 12.0, 96, 64) as video:
        for index in range(6):
            video.write(frame(index))
    reader = VideoReader(tmp_path / "new" / "a.mp4")
    assert (reader.width, reader.height, reader.declared_frames) == (96, 64, 6)
    assert reader.fps == pytest.approx(12)
    frames = list(reader)
    assert len(frames) == 6
    for index, got in enumerate(frames):
        assert np.abs(got.astype(int) - frame(index)).mean() < 6


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_folder_whose_name_is_no_utf8(tmp_path, suffix):
    path = tmp_path / "caf\udce9" / f"a{suffix}"
    with writing_video(path, 12.0, 96, 64) as video:
        for index in range(3):
            video.write(frame(index))
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert len(list(VideoReader(path))) == 3


def test_what_is_no_video_is_one_sentence(tmp_path, capfd):
    (tmp_path / "a.mp4").write_bytes(b"no video at all")
    for name, words in (("a.mp4", "as a video"), ("missing.mp4", "No such file")):
        with pytest.raises(PosetuneError, match=words) as caught:
            VideoReader(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def write(path: Path, frames: int = 8, fps: float = 10.0) -> Path:
    """A video whose upper left is red and whose lower right grows brighter frame by frame."""
    with writing_video(path, fps, 96, 64) as video:
        for i in range(frames):
            image = np.full((64, 96, 3), 20, np.uint8)
            image[:32, :48] = (220, 30, 30)
            image[32:, 48:] = 25 * i % 256
            video.write(image)
    return path


def test_times_of_even_frames(tmp_path):
    times = [frame.seconds for frame in VideoReader(write(tmp_path / "a.mp4")).frames()]
    assert times == pytest.approx(np.arange(8) / 10, abs=1e-3)


def test_a_variable_frame_rate_gives_the_times_at_which_frames_are_shown(tmp_path):
    path = write(tmp_path / "a.mp4")
    scale = 10240 // 10  # ticks of a frame as OpenCV writes 10 frames a second
    set_durations(path, [scale, 2 * scale, scale // 2, scale // 2, 2 * scale, scale // 2, scale // 2, scale])
    times = [frame.seconds for frame in VideoReader(path).frames()]
    assert times == pytest.approx([0, 0.1, 0.3, 0.35, 0.4, 0.6, 0.65, 0.7], abs=2e-3)


@pytest.mark.parametrize(("degrees", "shape", "corner"), [
    (0, (64, 96), (0, 0)), (90, (96, 64), (0, 1)), (180, (64, 96), (1, 1)), (270, (96, 64), (1, 0)),
])  # fmt: skip
def test_a_phone_held_otherwise(tmp_path, degrees, shape, corner):
    path = write(tmp_path / "a.mp4", 3)
    set_rotation(path, degrees)
    reader = VideoReader(path)
    assert (reader.height, reader.width) == shape
    for image in reader:
        assert image.shape[:2] == shape
        y, x = (side // 4 + far * side // 2 for side, far in zip(shape, corner, strict=True))
        assert np.abs(image[y, x].astype(int) - (220, 30, 30)).max() < 40


def test_a_file_of_no_length_is_one_sentence(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(PosetuneError, match=r"a\.mp4 as a video: it is damaged, empty"):
        VideoReader(tmp_path / "a.mp4")


def test_a_file_that_lost_its_end_is_one_sentence(tmp_path, capfd):
    content = write(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(content[: len(content) // 2])  # OpenCV's index stands at the end
    with pytest.raises(PosetuneError, match="as a video: it is damaged"):
        VideoReader(tmp_path / "a.mp4")
    assert capfd.readouterr().err == ""


def test_a_damaged_frame_loses_no_other(tmp_path, capfd):
    path = write(tmp_path / "a.mp4", 10)
    content = bytearray(path.read_bytes())
    begin = content.index(b"mdat") + 4
    size = int.from_bytes(content[begin - 8 : begin - 4], "big") - 8
    content[begin + size // 2 : begin + size // 2 + 12] = b"\xff" * 12
    path.write_bytes(content)
    reader = VideoReader(path)
    frames = list(reader.frames())
    assert len(frames) == 9
    assert reader.damaged == 1
    times = [frame.seconds for frame in frames]
    assert all(np.diff(times) > 0)
    assert capfd.readouterr().err == ""


def test_missing_times_follow_from_the_frame_rate(tmp_path, monkeypatch):
    monkeypatch.setattr(VideoReader, "_shown_at", lambda _: 0.0)
    times = [frame.seconds for frame in VideoReader(write(tmp_path / "a.mp4")).frames()]
    assert times == pytest.approx(np.arange(8) / 10)


def test_a_clip_cut_without_re_encoding_is_whole(tmp_path):
    """Its table lists the hidden begin as well; players and OpenCV show the rest."""
    path = write(tmp_path / "a.mp4", 12)
    set_edit(path, begin_ticks=6 * 1024, seconds=0.6)
    reader = VideoReader(path)
    assert reader.declared_frames == 12
    assert len(list(reader)) in (6, 7)
    assert reader.shortfall() is None


def test_what_is_missing_is_said(tmp_path):
    path = write(tmp_path / "a.mp4", 12)
    whole = path.read_bytes()
    begin = whole.index(b"mdat") + 4
    size = int.from_bytes(whole[begin - 8 : begin - 4], "big") - 8
    path.write_bytes(whole[: begin + size // 2] + bytes(size - size // 2) + whole[begin + size :])
    reader = VideoReader(path)
    list(reader)
    assert "up to" in reader.shortfall() or "of its 12 frames" in reader.shortfall()


def test_a_header_that_names_another_rate_than_the_frames_have(tmp_path):
    """A browser's recording names 1000 frames a second."""
    path = write(tmp_path / "a.mp4", 8, fps=10)
    reader = VideoReader(path)
    reader._declared_fps = 1000.0
    assert reader.fps == pytest.approx(10, rel=0.01)
    reader.declared_frames = 800
    assert reader.expected_frames == 8
    interlaced = VideoReader(path)
    interlaced._declared_fps = 5.0  # two pictures a frame
    assert interlaced.fps == 5.0


def test_frames_that_claim_more_pixels_than_are_read(tmp_path, monkeypatch):
    path = write(tmp_path / "a.mp4", 2)
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "6143")
    with pytest.raises(PosetuneError, match="claims frames of 96×64 pixels"):
        VideoReader(path)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_moving_images_are_read_to_their_end(tmp_path, suffix):
    animation = cv2.Animation()
    animation.frames = [np.full((48, 64, 4), (0, 20 * i, 200, 255), np.uint8) for i in range(5)]
    animation.durations = np.full(5, 200)
    path = tmp_path / f"a{suffix}"
    cv2.imwriteanimation(str(path), animation)
    reader = VideoReader(path)
    frames = list(reader.frames())
    assert [shown.seconds for shown in frames] == pytest.approx(np.arange(5) / 5, abs=1e-3)
    assert reader.fps == pytest.approx(5, rel=0.05)
    assert reader.shortfall() is None
    for i, shown in enumerate(frames):
        assert np.abs(shown.rgb[20, 30].astype(int) - (200, 20 * i, 0)).max() < 40


def test_a_gif_that_says_no_times_is_read_to_its_end(tmp_path):
    animation = cv2.Animation()
    animation.frames = [np.full((48, 64, 4), (0, 40 * i, 200, 255), np.uint8) for i in range(5)]
    animation.durations = np.full(5, 200)
    path = tmp_path / "a.gif"
    cv2.imwriteanimation(str(path), animation)
    untimed, count = re.subn(rb"\x21\xf9\x04....\x00", b"", path.read_bytes(), flags=re.DOTALL)
    assert count == 5
    path.write_bytes(untimed)
    assert [shown.seconds for shown in VideoReader(path).frames()] == pytest.approx(np.arange(5) / 10)


@pytest.mark.parametrize(
    "content",
    ["ffconcat version 1.0\nfile '{}'\n", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"],
)
def test_a_list_of_files_shows_none_of_them_unless_the_user_says_so(tmp_path, monkeypatch, content):
    neighbour = write(tmp_path / "secret.mp4")
    path = tmp_path / "list.mp4"
    path.write_text(content.format(neighbour.name))
    with pytest.raises(PosetuneError, match=r"list\.mp4 as a video"):
        VideoReader(path)
    if content.startswith("ffconcat"):  # FFmpeg itself is wary of playlists by now
        monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "format_whitelist;concat,mov")
        assert len(list(VideoReader(path))) == 8


@pytest.mark.parametrize(
    "name", ["12:30.mp4", "rtsp:x.mp4", "concat:a.mp4", "img_%03d.mp4", "caf\udce9.mp4", "-i.mp4", "a|b;c.mp4"]
)
def test_a_name_is_a_name(tmp_path, monkeypatch, name):
    path = write(tmp_path / "a.mp4", 3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(list(VideoReader(path))) == len(list(VideoReader(name))) == 3
