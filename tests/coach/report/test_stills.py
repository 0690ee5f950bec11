from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.clips import write_clip
from tests.helpers.stick_figures import clip, repeated, squatting

from posetune.coach.report.stills import Still, own, people_at, stills
from posetune.opencv import cv2
from posetune.progress import Reporter

FRAMES = clip(repeated(squatting, 1, fps=10), scale=0.2)


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    grey = [np.full((160, 240, 3), 128, np.uint8)] * len(FRAMES)
    return write_clip(tmp_path_factory.mktemp("stills") / "clip.webm", grey, fps=10)


def picture(uri: str) -> np.ndarray:
    content = np.frombuffer(base64.b64decode(uri.removeprefix("data:image/jpeg;base64,")), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


def test_a_still_is_of_its_time_and_shows_skeleton_and_fault(video: Path):
    plain, marked = Still(1.0, (1,), (), (0, 3)), Still(2.0, (1,), ("left_hip", "left_knee", "left_ankle"), (0, 3))
    found = stills(video, FRAMES, [marked, plain], False, Reporter())
    assert set(found) == {plain, marked}
    one, two = (picture(found[s]).astype(int) for s in (plain, marked))
    assert one.shape == two.shape  # alike, for the eye to compare
    red = lambda p: ((p[..., 2] > 180) & (p[..., 0] < 90) & (p[..., 1] < 90)).sum()  # noqa: E731
    assert red(two) > 20 > red(one)


def test_none_wanted_reads_nothing(tmp_path: Path):
    assert stills(tmp_path / "gone.mp4", FRAMES, [], False, Reporter()) == {}


def test_a_video_that_is_shorter_lacks_its_last(video: Path):
    assert stills(video, FRAMES, [Still(99.0, (1,))], False, Reporter()) == {}


def test_somebody_else_is_not_drawn():
    people = people_at(FRAMES, 1.0)
    assert own(people, (1,)) is people[0]
    assert own(people, (7,)) is None
    assert people_at(FRAMES, 1.05) == ()
