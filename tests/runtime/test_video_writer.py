"""Videos are whole or not there."""

from __future__ import annotations

import shutil

import pytest
from tests.helpers.mp4 import frame

from posetune.errors import PosetuneError
from posetune.runtime.video_writer import writing_video


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
