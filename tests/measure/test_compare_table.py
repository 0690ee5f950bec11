"""The table of a comparison, as Markdown and as a page."""

from __future__ import annotations

from dataclasses import replace

from posetune.measure.compare_table import columns, markdown, page


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
