from __future__ import annotations

import pytest

from posetune.svg import step, svg, text, ticks


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (150, [0, 50, 100, 150]),
        (113, [0, 25, 50, 75, 100, 125]),
        (0.9, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (30, [0, 10, 20, 30]),
    ],
)
def test_ticks_are_round_and_reach_the_end(most, expected):
    assert ticks(most) == expected


def test_a_step_is_round():
    assert [step(37, 5), step(0.4, 4), step(9, 9)] == [10, 0.1, 1]


def test_what_is_written_is_text():
    drawing = svg([text("small", 1, 2, "<b>")], 10, 10, 'a "title"')
    assert "&lt;b&gt;" in drawing
    assert 'aria-label="a &quot;title&quot;"' in drawing
