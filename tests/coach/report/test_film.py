from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.helpers.clips import write_clip
from tests.helpers.stick_figures import clip, figure, pressing_up, repeated

from posetune.coach.ergonomics.scores import Task
from posetune.coach.ergonomics.session import observed
from posetune.coach.exercise import library
from posetune.coach.report.film import CUE_S, film_of, film_of_postures, main_joint, state_at
from posetune.coach.session import coached
from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.runtime.media import is_drawn
from posetune.runtime.video import VideoReader

FRAMES = clip(repeated(lambda depth: pressing_up(depth, sag=45), 2, fps=10), scale=0.25)
SESSION = coached(FRAMES, "pushup")


def test_count_phase_and_one_cue_at_a_time():
    first, second = SESSION.repetitions
    assert state_at(SESSION, first.start_s - 0.1) == (0, "", "")
    assert state_at(SESSION, first.start_s)[:2] == (0, "there")
    assert state_at(SESSION, first.extremum_s + 0.1)[:2] == (0, "back")
    count, phase, cue = state_at(SESSION, first.end_s)
    assert (count, phase) == (1, "")
    assert cue == "Hips up: hold one line from shoulders to heels."
    assert state_at(SESSION, second.end_s + CUE_S + 0.1) == (2, "", "")


def test_a_hold_has_its_phase():
    session = coached(clip(figure(n / 10, pressing_up(0)) for n in range(60)), "plank")
    assert state_at(session, 4.0)[1] == "hold"


def test_the_film_has_the_clip_s_pictures_with_something_on_them(tmp_path: Path):
    grey = [np.full((180, 240, 3), 128, np.uint8)] * len(FRAMES)
    video = write_clip(tmp_path / "clip.webm", grey, fps=10)
    path = film_of(video, FRAMES, SESSION, tmp_path / "out", False, Reporter())
    reader = VideoReader(path)
    pictures = list(reader)
    assert len(pictures) == len(FRAMES)
    assert reader.fps == pytest.approx(10, abs=0.1)
    assert all(np.abs(p.astype(int) - 128).max() > 60 for p in pictures)
    assert is_drawn(path)
    assert [p.name for p in (tmp_path / "out").iterdir()] == [path.name]


def test_stopped_or_failing_nothing_is_left(tmp_path: Path):
    video = write_clip(tmp_path / "clip.webm", 20, fps=10)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film_of(video, FRAMES, SESSION, tmp_path / "out", False, Reporter(progress=stop))
    assert not list((tmp_path / "out").iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(PosetuneError, match="Cannot write"):
        film_of(video, FRAMES, SESSION, tmp_path / "file", False, Reporter())


def test_the_joint_that_is_written():
    joints = {name: main_joint(e) for name, e in library().items()}
    assert joints["squat"] == joints["lunge"] == "knee"
    assert joints["pushup"] == "elbow"
    assert joints["deadlift"] == "hip"


def test_of_work_everybody_is_drawn_with_the_score(tmp_path: Path):
    grey = [np.full((180, 240, 3), 128, np.uint8)] * 20
    video = write_clip(tmp_path / "clip.webm", grey, fps=10)
    found = observed(FRAMES, Task())
    path = film_of_postures(video, FRAMES, found, tmp_path, False, Reporter())
    pictures = list(VideoReader(path))
    assert len(pictures) == 20
    assert np.abs(pictures[10].astype(int)[:20] - 128).max() > 60  # the line of text
