"""All poses are covered, by those that are like most."""

import numpy as np

from posetune.label.cover import choose
from posetune.label.rank import Suggested
from posetune.label.signals import PersonSignals


def person(place):
    pose = np.zeros((12, 2), np.float32)
    pose[:, 0] = place
    return PersonSignals(1.0, 1.0, 0.1, pose)


def kinds_of(*sizes):
    """So many images of each kind of pose, the later the harder: ``(candidates, people)``."""
    places = [10.0 * kind + 0.01 * i for kind, size in enumerate(sizes) for i in range(size)]
    scores = [(i + 1) / size for size in sizes for i in range(size)]
    return [Suggested(i, s) for i, s in enumerate(scores)], [[person(p)] for p in places]


def places(chosen):
    return {one.place for one in chosen}


def test_each_kind_gives_one_that_is_neither_the_surest_nor_the_hardest():
    candidates, people = kinds_of(41, 41, 41)
    chosen = places(choose(candidates, people, [str(c.place) for c in candidates], 3, 2))
    assert {place // 41 for place in chosen} == {0, 1, 2}
    assert {place % 41 for place in chosen} == {20}


def test_of_a_group_no_more_than_the_cap_and_then_what_comes_next():
    candidates, people = kinds_of(9, 9)
    groups = ["a" if c.place % 9 > 2 else str(c.place) for c in candidates]
    chosen = choose(candidates, people, groups, 6, 2)
    taken = [groups[one.place] for one in chosen]
    assert taken.count("a") == 2
    assert len(taken) == 6
    assert [one.score for one in chosen] == sorted((one.score for one in chosen), reverse=True)


def test_nobody_is_a_kind_of_its_own_by_its_share():
    candidates, people = kinds_of(40)
    candidates += [Suggested(40 + i, 0.6, {"nobody": 1.0}) for i in range(10)]
    people += [[]] * 10
    chosen = places(choose(candidates, people, list(map(str, range(50))), 10, 2))
    assert sum(place >= 40 for place in chosen) == 2
    unlikely = [Suggested(c.place, c.score, {"nobody": 0.05} if c.reasons else {}) for c in candidates]
    assert all(place < 40 for place in places(choose(unlikely, people, list(map(str, range(50))), 10, 2)))


def test_more_than_there_are_and_nobody_at_all():
    candidates, people = kinds_of(3)
    assert places(choose(candidates, people, list("abc"), 9, 2)) == {0, 1, 2}
    alone = [Suggested(i, 0.6, {"nobody": 0.0}) for i in range(3)]
    assert len(choose(alone, [[], [], []], list("abc"), 2, 2)) == 2
    assert choose([], [], [], 2, 2) == []


def test_the_same_again():
    candidates, people = kinds_of(20, 30)
    groups = list(map(str, range(50)))
    first, again = (places(choose(candidates, people, groups, 7, 2)) for _ in range(2))
    assert first == again


def test_the_hard_ones_where_they_are_wanted():
    candidates, people = kinds_of(41, 41)
    chosen = places(choose(candidates, people, [str(c.place) for c in candidates], 2, 2, 0.9))
    assert {place % 41 for place in chosen} == {36}
