from __future__ import annotations

from dataclasses import replace

import pytest
from tests.helpers.stick_figures import clip, figure, pose, pressing_up, repeated, squatting

from posetune.coach.session import Clip, coached, cues, exercises_of
from posetune.errors import PosetuneError


def test_auto_finds_the_exercise():
    assert coached(clip(repeated(squatting, 3)), "auto").to_json()["exercise"] == "squat"
    assert coached(clip(repeated(pressing_up, 3)), "auto").to_json()["count"] == 3


def test_auto_of_somebody_who_stands():
    session = coached(clip(figure(n / 30, squatting(0)) for n in range(100)), "auto")
    assert session.exercise is None
    assert any("None of the exercises" in note for note in session.told())


def test_nobody():
    session = coached([(0.0, []), (0.1, [])], "squat")
    assert session.to_json()["count"] == 0
    assert session.told() == ["Nobody was found in the clip."]
    assert session.told("zh") == ["视频中没有找到人。"]


def test_the_largest_person_unless_told():
    small = [pose(s, 1, 0.3) for s in repeated(squatting, 1, period_s=4)]
    large = [pose(s, 2) for s in repeated(squatting, 2, period_s=1.5)]
    frames = [(n / 30, [a, b]) for n, (a, b) in enumerate(zip(small, large, strict=False))]
    session = coached(frames, "squat")
    assert session.person == [2]
    assert any("Several people" in note for note in session.told())
    assert coached(frames, "squat", person=1).person == [1]
    with pytest.raises(PosetuneError, match="Nobody has the id 7"):
        coached(frames, "squat", person=7)


def test_who_comes_back_goes_on():
    first = clip(repeated(squatting, 2), id=1)
    later = [(t + 20, [replace(p, id=5) for p in people]) for t, people in clip(repeated(squatting, 1), id=5)]
    session = coached(first + later, "squat")
    assert len(session.repetitions) == 3
    assert any("came back" in note for note in session.told())


def test_another_exercise_than_asked_for():
    session = coached(clip(repeated(pressing_up, 3)), "squat")
    assert session.to_json()["count"] == 0


def test_five_frames():
    session = coached(clip(figure(n / 30, squatting(0)) for n in range(5)), "squat")
    assert session.to_json()["count"] == 0
    assert session.told()[0] == "The clip is 0.1 s long: too short for a whole movement."


def test_a_repetition_says_how_far_it_went():
    frames = clip(repeated(squatting, 2))
    seen = Clip(frames)
    session = seen.coached("squat")
    for repetition in session.repetitions:
        low, high = repetition.ranges["knee"]
        assert low < 75
        assert high > 165
    signal = seen.signal(session)
    assert len(signal) == len(frames)
    lowest = min(signal, key=lambda pair: pair[1])
    assert any(abs(lowest[0] - r.extremum_s) < 0.1 and abs(lowest[1] - r.reached) < 0.02 for r in session.repetitions)


def test_cues_by_language():
    session = coached(clip(repeated(squatting, 3, deepest=0.75)), "squat")
    assert cues(session) == ["Go deeper, until the thighs are level."]
    assert cues(session, "zh")[0].startswith("再蹲低")


def test_an_unknown_exercise():
    with pytest.raises(PosetuneError, match="There is no exercise 'skipping'"):
        coached([], "skipping")
    with pytest.raises(PosetuneError, match="There is no check 'flair'"):
        exercises_of("pushup", ["flair"])
