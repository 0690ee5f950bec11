"""Figures as people read them; what there is not is a dash."""

from __future__ import annotations

from collections.abc import Sequence

from posetune.measure.results import Difference, Measures

NONE = "–"


def number(value: float | None, digits: int, unit: str = "") -> str:
    return NONE if value is None else f"{value:.{digits}f}{unit}"


def percent(value: float | None, digits: int = 1) -> str:
    return NONE if value is None else f"{100 * value:.{digits}f} %"


def interval(bounds: Sequence[float] | None, digits: int = 1) -> str:
    return NONE if bounds is None else f"{bounds[0]:.{digits}f} … {bounds[1]:.{digits}f}"


def against_stock(measures: Measures) -> str:
    """ "−28.1 % (−35 … −20) of full", or nothing for a stock network."""
    return change(measures.difference_to_stock, of=True)


def change(difference: Difference | None, *, of: bool = False) -> str:
    """ "−28.1 % (−35 … −20)", with ``of`` also of what; nothing where there is no difference to tell."""
    if difference is None or difference.mean_error_relative is None:
        return ""
    text = relative(difference.mean_error_relative, difference.interval_95.mean_error_relative)
    return text + (f" of {difference.stock}" if of else "")


def relative(value: float, bounds: Sequence[float] | None) -> str:
    """ "−28.1 % (−35 … −20)": a relative change with its interval, where there is one."""
    shown = "" if bounds is None else f" ({100 * bounds[0]:+.0f} … {100 * bounds[1]:+.0f})"
    return f"{100 * value:+.1f} %{shown}".replace("-", "−")
