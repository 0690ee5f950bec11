from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from tests.helpers.stick_figures import figure, lifting, pressing_up, repeated, squatting

from posetune.coach.coach import Coach
from posetune.coach.exercise import library
from posetune.coach.sample import Sample
from posetune.landmarks import FLIP


def coached(name: str, samples: Iterable[Sample]) -> Coach:
    coach = Coach(library()[name])
    for sample in samples:
        coach.see(sample)
    coach.end()
    return coach


@pytest.mark.parametrize(("name", "pose"), [("squat", squatting), ("pushup", pressing_up), ("deadlift", lifting)])
@pytest.mark.parametrize("fps", [10, 15, 30])
def test_repetitions_are_counted_of_this_exercise_alone(name: str, pose, fps: float):
    stream = list(repeated(pose, 4, fps=fps, noise_px=1.5))
    counts = {e: len(coached(e, stream).repetitions) for e in library() if library()[e].kind == "repetitions"}
    assert counts.pop(name) == 4
    assert not any(counts.values()), counts


def test_mirrored_counts_the_same_and_names_the_other_side():
    stream = list(repeated(squatting, 3))
    mirrored = [
        Sample(s.time_s, (s.points * [-1, 1] + [1000, 0])[FLIP], s.visibility[FLIP], (s.world * [-1, 1, 1])[FLIP])
        for s in stream
    ]
    assert len(coached("squat", mirrored).repetitions) == 3
    assert coached("squat", stream).repetitions[0].side != coached("squat", mirrored).repetitions[0].side


def test_standing_walking_and_sitting_down_count_nothing():
    standing = [figure(n / 30, squatting(0)) for n in range(300)]
    walking = [figure(n / 30, squatting(0.1 * abs(np.sin(n / 8)), x=100 + 3 * n)) for n in range(300)]
    sitting = [figure(n / 30, squatting(min(1, n / 60))) for n in range(300)]
    for stream in (standing, walking, sitting):
        assert not coached("squat", stream).repetitions


def test_a_jump_is_no_squat():
    def at(n: int) -> Sample:
        depth = np.interp(n, [30, 45, 60, 70, 80, 95], [0, 0.9, 0, 0, 0.9, 0])
        return figure(n / 30, squatting(float(depth), floor=700 - float(np.interp(n, [60, 65, 70], [0, 90, 0]))))

    coach = coached("squat", map(at, range(150)))
    assert not coach.repetitions
    assert {p.why for p in coach.passed} == {"feet_move"}


def test_a_hold_is_timed_and_repetitions_are_none():
    stream = [figure(n / 30, pressing_up(0)) for n in range(300)]
    (hold,) = coached("plank", stream).repetitions
    assert hold.end_s - hold.start_s == pytest.approx(10, abs=1.5)
    assert hold.checks["sag"].status == "ok"
    assert not coached("plank", repeated(pressing_up, 3, rest_s=0.5)).repetitions


def test_a_sagging_plank_is_told():
    stream = [figure(n / 30, pressing_up(0, sag=40)) for n in range(200)]
    (hold,) = coached("plank", stream).repetitions
    assert hold.checks["sag"].status == "fault"
    assert hold.checks["pike"].status == "ok"


def test_times_that_go_back_are_left_out():
    stream = list(repeated(squatting, 2))
    shuffled = [s for pair in zip(stream, stream[-5:] + stream, strict=False) for s in pair]
    assert len(coached("squat", shuffled).repetitions) <= 2


def test_phases():
    coach = Coach(library()["squat"])
    phases = []
    for sample in repeated(squatting, 1):
        coach.see(sample)
        phases.append(coach.phase)
    assert list(dict.fromkeys(phases)) == ["rest", "moving"]
    assert phases[-1] == "rest"
