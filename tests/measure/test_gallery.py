"""Who is shown as improved and worsened."""

from __future__ import annotations

from tests.helpers.standing import scored

from posetune.measure.gallery import choose, evenly


def test_the_most_improved_come_first_and_the_others_are_worsened():
    chosen = choose(scored([4, 20, 4, 9]), scored([4, 5, 8, 2]), 9)
    assert [c.index for c in chosen["improved"]] == [1, 3]
    assert [c.index for c in chosen["worsened"]] == [2]
    assert [c.index for c in evenly(scored([4, 20, 4, 9]), scored([4, 5, 8, 2]), 4)] == [1, 3, 0, 2]
