from __future__ import annotations

import re

import numpy as np

from posetune.coach.report.chart import Band, Chart, Level, Line


def chart(**more) -> str:
    times = np.arange(0, 10, 0.1)
    return Chart("height", times, np.sin(times), **more).svg()


def test_what_is_given_is_drawn():
    drawing = chart(
        bands=[Band(1, 2, "fault", "1", "the first")],
        lines=[Line(0.5, "limit", "at most 0.5", 0.2)],
        levels=[Level(-1, 0, "level1", "low")],
        marks_s=[1.5],
    )
    for part in (
        'class="band fault"',
        'class="limit"',
        'class="zone"',
        'class="level level1"',
        'class="mark"',
        "the first",
    ):
        assert part in drawing
    assert drawing.count("<polyline") == 1


def test_what_was_not_seen_for_long_breaks_the_curve():
    times = np.arange(0, 10, 0.1)
    values = np.sin(times)
    values[30:32] = np.nan
    assert Chart("x", times, values).svg().count("<polyline") == 1
    values[30:50] = np.nan
    assert Chart("x", times, values).svg().count("<polyline") == 2


def test_an_area_between_two_curves():
    times = np.arange(5.0)
    drawing = Chart("x", times, np.ones(5), upper=np.full(5, 2.0)).svg()
    assert '<polygon class="area"' in drawing


def test_nothing_at_all_is_an_empty_chart_and_nothing_leaves_the_drawing():
    assert "<polyline" not in Chart("x", np.array([]), np.array([])).svg()
    numbers = re.findall(r'points="([^"]+)"', chart(span=(0.0, 0.1)))
    ys = [float(p.split(",")[1]) for p in numbers[0].split()]
    assert 20 <= min(ys) <= max(ys) <= 210
