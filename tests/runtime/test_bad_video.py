"""Videos as people have them: turned, uneven, cut off, damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mp4 import set_durations, set_rotation

from posetune.errors import PosetuneError
from posetune.runtime.video import VideoReader
from posetune.runtime.video_writer import writing_video


def write(path: Path, frames: int = 8, fps: float = 10.0) -> Path:
    """A video whose upper left is red and whose lower right grows brighter frame by frame."""
    with writing_video(path, fps, 96, 64) as video:
        for i in range(frames):
            image = np.full((64, 96, 3), 20, np.uint8)
            image[:32, :48] = (220, 30, 30)
            image[32:, 48:] = 25 * i
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
