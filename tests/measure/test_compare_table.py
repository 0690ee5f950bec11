"""The table of a comparison, as Markdown and as a page."""

from __future__ import annotations

from dataclasses import replace

from posetune.measure.compare_table import columns, markdown, page, seconds
from posetune.measure.results import Difference, DifferenceIntervals
from posetune.measure.texts import change


def test_the_table_is_markdown(comparison):
    text = markdown(comparison)
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 4  # heading, rule, two networks
    assert len({line.count("|") for line in lines}) == 1
    assert len({len(line) for line in lines}) == 1  # aligned
    for words in ("of full", "forgetting", "2 groups only", "ms a crop", "corrector (constant)", "4 s"):
        assert words in text


def test_what_nobody_measured_has_no_column(comparison):
    rows = tuple(replace(row, ms_per_crop=None, train_people=None) for row in comparison.rows)
    bare = replace(comparison, rows=rows, general=None)
    headings = [heading for heading, _ in columns(bare)]
    assert not {"forgetting", "ms a crop", "people learnt from", "against heavy"} & set(headings)


def test_the_page_needs_nothing_else(comparison):
    text = page(comparison)
    assert text.startswith("<!DOCTYPE html>")
    assert "src=" not in text
    assert "What accuracy costs" in text
    assert "$" not in text


def test_words_for_numbers():
    assert [seconds(s) for s in (None, 4.2, 1025.0)] == ["", "4 s", "17:05"]
    bounds = DifferenceIntervals(None, (-0.2, 0.05), None, None)
    difference = Difference("full", 3, -1.0, -0.1, None, None, bounds)
    assert change(difference, of=True) == "−10.0 % (−20 … +5) of full"
    assert change(None) == ""
