"""Videos: read back what was written, and nothing half-written left behind."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.runtime.video import VideoReader
from posetune.runtime.video_writer import writing_video


def frame(index: int) -> np.ndarray:
    return np.full((64, 96, 3), (20 * index, 100, 200), np.uint8)


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


def test_a_failure_leaves_no_file(tmp_path):
    def stopped() -> None:
        with writing_video(tmp_path / "a.mp4", 10, 96, 64) as video:
            video.write(frame(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with (
        pytest.raises(PosetuneError, match=r"a\.mp4: No space left"),
        writing_video(tmp_path / "a.mp4", 10, 96, 64) as video,
    ):
        video.write(frame(0))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_video_is_one_sentence(tmp_path, capfd):
    (tmp_path / "a.mp4").write_bytes(b"no video at all")
    for name, words in (("a.mp4", "as a video"), ("missing.mp4", "No such file")):
        with pytest.raises(PosetuneError, match=words) as caught:
            VideoReader(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""
