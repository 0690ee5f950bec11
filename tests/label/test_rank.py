"""Which images come first."""

import numpy as np
import pytest

from posetune.label.rank import scores
from posetune.label.signals import PersonSignals


def person(views=1.0, models=1.0, doubt=0.1, place=0.0, bone=1.0):
    pose = np.zeros((12, 2), np.float32)
    pose[:, 1] = np.arange(12) * bone
    pose[:, 0] = place
    return PersonSignals(views, models, doubt, pose)


def by_reason(reason):
    plain = [[person(place=0.01 * i)] for i in range(6)]
    changed = {
        "views": person(views=9),
        "models": person(models=9),
        "doubt": person(doubt=0.9),
        "rarity": person(place=5),
    }
    return [*plain, [changed[reason]]]


@pytest.mark.parametrize("reason", ["views", "models", "doubt", "rarity"])
def test_each_reason_alone_puts_an_image_first(reason):
    found = scores(by_reason(reason), ["a"] * 7, [None] * 7)
    assert max(found, key=lambda s: s.score).place == 6
    assert found[6].reasons[reason] == 1
    assert found[6].why


def test_bones_that_jump_and_jump_back():
    clip = [[person(bone=1 + 0.001 * i)] for i in range(8)]
    clip[4] = [person(bone=2.0)]
    found = scores(clip, ["a"] * 8, list(range(8)))
    assert max(found, key=lambda s: s.reasons["jump"]).place == 4
    assert "jump" not in scores(clip, list("abcdefgh"), list(range(8)))[4].reasons  # no clip, no jumps


def test_nobody_counts_as_missed_where_the_others_show_somebody():
    clip = [[person()], [person(views=2)], [], [person(views=3)]]
    empty = [[], [], [], [person(views=2.5)]]
    found = scores([*clip, *empty], ["a"] * 4 + ["b"] * 4, list(range(8)))
    assert found[2].score > found[4].score
    assert "nobody" in found[2].why


def test_the_surest_people_do_not_hide_the_doubtful_one():
    images = [[person(), person(views=8, models=8)], [person(views=2, models=2)]]
    found = scores(images, ["a", "b"], [None, None])
    assert found[0].score > found[1].score


def test_labelled_poses_make_a_pose_less_rare():
    people = [[person(place=0.1 * i)] for i in range(6)] + [[person(place=5)]]
    known = [person(place=5 + 0.01 * i).pose for i in range(6)]
    alone, beside = (scores(people, ["a"] * 7, [None] * 7, k)[6].reasons["rarity"] for k in ((), known))
    assert alone == 1
    assert beside < 0.5
