"""Which frames are chosen."""

import numpy as np
import pytest

from posetune.label.pick import Candidate, pick, without_duplicates

LOOK = np.array([0.5, -0.5, 0.5, -0.5], np.float32)


def candidate(place: float, clip: str = "a", frame: int = 0, look: np.ndarray = LOOK, people: int = 1) -> Candidate:
    """Somebody whose pose is ``place`` torsos from another's."""
    pose = np.zeros((people, 12, 2), np.float32)
    pose[..., 0] = place
    return Candidate(clip, clip, frame, frame / 10, look, pose, people)


def test_near_duplicates_of_a_clip_are_dropped():
    still = [candidate(0.01 * (i % 2), frame=i) for i in range(5)]
    moved, elsewhere = candidate(0.5, frame=5), candidate(0.0, clip="b")
    assert without_duplicates([*still, moved, elsewhere]) == [0, 5, 6]
    brighter = candidate(0.0, frame=1, look=-LOOK)
    somebody_more = candidate(0.0, frame=2, people=2)
    assert without_duplicates([still[0], brighter, somebody_more]) == [0, 1, 2]


def test_poses_are_spread():
    crowd = [candidate(0.1 + 0.001 * i, frame=i) for i in range(30)]
    rare = [candidate(0.9, frame=40), candidate(0.5, frame=41)]
    chosen = pick([*crowd, *rare], 3, seed=0)
    assert {30, 31} <= set(chosen)


def test_what_is_alike_is_not_taken_to_fill_up():
    assert len(pick([candidate(0.0, frame=i) for i in range(9)], 5, seed=0)) == 1
    assert pick([], 5, seed=0) == []


def test_the_seed_alone_decides_on_the_first():
    some = [candidate(0.3 * i, frame=i) for i in range(20)]
    assert pick(some, 5, seed=1) == pick(some, 5, seed=1)
    assert len({pick(some, 1, seed)[0] for seed in range(8)}) > 1


@pytest.mark.parametrize("how", ["known", "taken"])
def test_what_the_set_has_already_is_not_taken_again(how):
    some = [candidate(0.0, "a"), candidate(0.02, "b"), candidate(0.8, "c")]
    given = {"known": [some[0].poses[0]]} if how == "known" else {"taken": [0]}
    assert 2 in pick(some, 2 if how == "taken" else 1, seed=3, **given) or how == "known"
    if how == "taken":
        assert pick(some, 2, seed=3, taken=[0]) == [2]
