"""Charts: names beside their dots, a colour for each network."""

from __future__ import annotations

import re

import pytest

from posetune.measure import charts
from posetune.measure.charts import Series, Spot, scatter


def boxes(svg: str) -> dict[str, tuple[float, float, float, float]]:
    """Name → where its text lies: left, top, right, bottom."""
    found = re.findall(r'<text class="small" x="([\d.]+)" y="([\d.]+)">([^<]+)</text>', svg)
    return {name: (float(x), float(y) - 11, float(x) + 6.2 * len(name), float(y) + 3) for x, y, name in found}


def test_names_stand_beside_their_dots_and_not_upon_each_other():
    spots = [Spot(f"network {i}", "tuned1", 20 + i / 10, 8 + i / 50) for i in range(5)] + [
        Spot("far", "tuned2", 110, 4)
    ]
    svg = scatter(spots, "t", "ms", "px")
    names = boxes(svg)
    assert set(names) == {spot.name for spot in spots}
    placed = list(names.values())
    for i, (left, top, right, bottom) in enumerate(placed):
        for a, b, c, d in placed[:i]:
            assert right <= a or c <= left or bottom <= b or d <= top
    moved = svg.count('class="leader"')
    assert 1 <= moved <= 4  # a line leads to the dots whose names found no room beside them
    dot = re.search(r'cx="([\d.]+)" cy="([\d.]+)" r="5.0"><title>far', svg)
    left, top, right, bottom = names["far"]
    assert min(abs(float(dot[1]) - left), abs(float(dot[1]) - right)) < 12
    assert top < float(dot[2]) < bottom


def test_a_cell_keeps_its_heading_for_narrow_screens():
    assert charts.cell("crop px", "8.3") == '<td data-heading="crop px">8.3</td>'
    assert "<br>" in charts.cell("of stock", "−5 % (−9 … −1)")


def test_the_columns_of_a_histogram_stand_on_one_another():
    drawn = charts.columns(
        ["0", "", "2"], [Series("a", "tuned1", [1, 0, 2]), Series("b", "tuned2", [3, 0, 0])], "counts"
    )
    heights = [float(h) for h in re.findall(r'<rect [^>]*height="([\d.]+)"', drawn)]
    assert len(heights) == 3
    assert heights[1] / heights[0] == pytest.approx(3, rel=0.01)
    assert ">4</text>" in drawn
    assert "nan" not in charts.columns(["0"], [Series("a", "tuned1", [0])], "nothing")
