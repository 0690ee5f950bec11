"""The recommendation says what the table says, and no more."""

from __future__ import annotations

import dataclasses

from posetune.measure.compare import ComparisonRow
from posetune.measure.results import Difference, DifferenceIntervals
from posetune.sweep.plan import Cell
from posetune.sweep.recommend import recommend


def row(name: str, error: float, base: str = "full", relative: float | None = None, **more) -> ComparisonRow:
    difference = None
    if relative is not None:
        bounds = more.pop("bounds", (relative - 0.05, relative + 0.05))
        difference = Difference(base, 9, None, relative, None, None, DifferenceIntervals(None, bounds, None, None))
    values = {field.name: None for field in dataclasses.fields(ComparisonRow)}
    values |= {"ms_per_crop": 16.0, "train_seconds": 20.0, "kind": "stock" if relative is None else "model"}
    values |= {"name": name, "base": base, "mean_error_crop_px": error, "difference_to_stock": difference}
    return ComparisonRow(**{**values, **more})


def words(rows: list[ComparisonRow], *named: Cell, groups: int = 9) -> str:
    return " ".join(recommend(rows, groups, {cell.name: cell for cell in named}))


def test_the_recommendation_says_what_the_table_says():
    rows = [
        row("full", 8.0), row("lite", 9.0, "lite", ms_per_crop=11.0), row("heavy", 6.0, "heavy", ms_per_crop=48.0),
        row("full-full-30", 7.4, relative=-0.075), row("full-full-all", 6.4, relative=-0.2),
        row("full-lite-all", 6.5, "lite", relative=-0.28, ms_per_crop=11.0),
        row("corrector-full-all", 7.4, relative=-0.075),
    ]  # fmt: skip
    plan = [
        Cell("full", "full", 30),
        Cell("full", "full", None),
        Cell("full", "lite", None),
        Cell("corrector", "full", None),
    ]
    text = words(rows, *plan)
    for part in (
        "Take full-full-all (full, fully tuned, from all labelled images): 6.40 crop px on validation, 20% below stock full",
        "Stock heavy, untouched, is better still (6.00 crop px), at 3.0 times",
        "full-lite-all is nearly as good (6.50) and answers in 69%",
        "corrector-full-all stands behind it, trained in 20 s",
        "30: 7.40, all: 6.40; the last step still brought 14%",
        "Chosen on validation",
    ):
        assert part in text
    assert "mean nothing" not in text


def test_the_recommendation_does_not_sell_what_is_none():
    worse = [row("full", 8.0), row("corrector-full-all", 8.2, relative=0.02)]
    assert "Keep stock full (8.00 crop px)" in words(worse, Cell("corrector", "full", None))
    unsure = [row("full", 8.0), row("corrector-full-all", 7.9, relative=-0.01)]
    text = words(unsure, Cell("corrector", "full", None), groups=2)
    assert "could still be chance" in text
    assert "2 scenes or videos only" in text
    flat = [row("full", 8.0), row("full-full-30", 7.0, relative=-0.12), row("full-full-all", 6.95, relative=-0.13)]
    assert "next to nothing" in words(flat, Cell("full", "full", 30), Cell("full", "full", None))
    little = [*flat[:2], row("full-full-all", 6.86, relative=-0.14)]
    assert "will help a little" in words(little, Cell("full", "full", 30), Cell("full", "full", None))
