"""Footage and the names of what is made of it."""

import cv2
import numpy as np
import pytest
from tests.helpers.clips import number_of, write_clip

from posetune.errors import PosetuneError
from posetune.label.footage import Footage, Frames, find, named
from posetune.progress import Reporter


def one(stem, sha, is_video=True):
    from pathlib import Path

    return Footage(Path(f"{stem}.mp4"), f"{stem}.mp4", sha, is_video)


def test_each_content_once(tmp_path):
    write_clip(tmp_path / "a.mp4", 3)
    (tmp_path / "b.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    (tmp_path / "notes.txt").write_text("hello")
    said = []
    footage, unreadable = find([tmp_path], Reporter(said.append))
    assert [f.name for f in footage] == ["a.mp4"]
    assert not unreadable
    assert "taken once" in said[-1]
    with pytest.raises(PosetuneError, match="There is no"):
        find([tmp_path / "c.mp4"], Reporter(said.append))
    with pytest.raises(PosetuneError, match="no video or image"):
        find([tmp_path / "notes.txt"], Reporter(said.append))


def test_names_are_unique_without_their_ends_and_stay():
    clips = [one("squat", "1"), one("Squat", "2"), one("my clip: 3", "3")]
    first = named(clips, {}, set(), None)
    assert [f.stem for f in first] == ["squat", "Squat-2", "my-clip-3"]
    assert first[1].image_name(7) == "Squat-2_000007.jpg"
    known = {f.sha256: f.stem for f in first}
    again = named([one("squat", "9"), clips[1]], known, set(), None)
    assert [f.stem for f in again] == ["squat-3", "Squat-2"]
    assert named([one("squat", "1")], {}, {"squat_000003"}, None)[0].stem == "squat-2"
    frame_of_it = one("squat_000003", "4", is_video=False)
    assert [f.stem for f in named([clips[0], frame_of_it], {}, set(), None)] == ["squat", "squat_000003-2"]


def test_a_clip_is_a_group_and_so_are_frames_that_look_alike(tmp_path):
    def picture(name, brightness):
        noise = np.random.default_rng(brightness).integers(0, 255, (64, 64, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / name), cv2.resize(noise[:16, :16], (64, 64), interpolation=cv2.INTER_NEAREST))

    for name, kind in (("a1.png", 1), ("a2.png", 1), ("b1.png", 2)):
        picture(name, kind)
    (tmp_path / "a2.png").write_bytes((tmp_path / "a2.png").read_bytes() + b" ")
    write_clip(tmp_path / "c.mp4", 2)
    footage = named(find([tmp_path], Reporter())[0], {}, set(), None)
    assert [f.group for f in footage] == ["a1", "a1", "b1", "c"]
    assert {f.group for f in named(footage, {}, set(), "kim")} == {"kim"}


def test_frames_have_numbers_and_times(tmp_path):
    video, _ = find([write_clip(tmp_path / "a.mp4", 5, fps=10)], Reporter())
    frames = Frames(video[0])
    assert frames.fps == pytest.approx(10)
    read = list(frames)
    assert [number_of(rgb) for _, _, rgb in read] == [n for n, _, _ in read] == list(range(5))
    assert read[3][1] == pytest.approx(0.3)
    assert frames.count == 5
