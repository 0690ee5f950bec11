"""Charts as inline SVG, coloured by the page's own variables, so that they follow light and dark and need
no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

_WIDTH = 540  # two charts stand side by side
_LABEL, _ROW, _BAR = 150, 32, 13
_NUMBERS = 70  # room for the numbers behind the bars


@dataclass(frozen=True, eq=False)
class Series:
    """One network in a chart: its name, its CSS class (which gives the colour), and its numbers."""

    name: str
    css: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Spot:
    """One network in a scatter chart: its name, its CSS class, and where it stands."""

    name: str
    css: str
    x: float
    y: float


def bars_with_intervals(
    names: Sequence[str],
    classes: Sequence[str],
    values: Sequence[float | None],
    intervals: Sequence[Sequence[float] | None],
    title: str,
) -> str:
    """One horizontal bar a network, with its 95 % interval as a whisker and its number."""
    most = max([v for v in values if v is not None] + [i[1] for i in intervals if i is not None] + [1e-9])
    scale = (_WIDTH - _LABEL - _NUMBERS) / most
    parts = []
    for row, (name, css, value, bounds) in enumerate(zip(names, classes, values, intervals, strict=True)):
        y = row * _ROW + 5
        parts.append(_text("name", _LABEL - 10, y + 14, _short(name)))
        if value is None:
            continue
        parts.append(_bar(css, _LABEL, y, value * scale, 19))
        end = value
        if bounds is not None:
            a, b = (_LABEL + v * scale for v in bounds)
            path = f"M{a:.1f} {y + 9.5}H{b:.1f}M{a:.1f} {y + 5}v9M{b:.1f} {y + 5}v9"
            parts.append(f'<path class="whisker" d="{path}"/>')
            end = max(value, bounds[1])
        parts.append(_text("value", _LABEL + end * scale + 8, y + 14, f"{value:.2f}"))
    return _svg(parts, _WIDTH, len(names) * _ROW + 8, title)


def grouped_bars(labels: Sequence[str], series: Sequence[Series], title: str, digits: int = 1, unit: str = "") -> str:
    """For each label a bar of each series, with the numbers at their ends."""
    row_height = _BAR * len(series) + 12
    most = max([v for s in series for v in s.values if v is not None] + [1e-9])
    scale = (_WIDTH - _LABEL - _NUMBERS) / most
    parts = []
    for row, label in enumerate(labels):
        top = row * row_height + 4
        parts.append(_text("name", _LABEL - 8, top + _BAR * len(series) / 2 + 4, label))
        for i, one in enumerate(series):
            value = one.values[row]
            if value is None:
                continue
            y = top + i * _BAR
            parts.append(_bar(one.css, _LABEL, y, value * scale, _BAR - 2))
            number = f"{value:.{digits}f}{unit}"
            parts.append(_text("value small", _LABEL + value * scale + 6, y + _BAR - 3.5, number))
    return _svg(parts, _WIDTH, len(labels) * row_height + 8, title)


def cumulative(series: Sequence[Series], limit: float, title: str, x_label: str, y_label: str) -> str:
    """Share of values at or below x, for x from 0 to ``limit``; the values of each series in any order."""
    left, top, width, height = 56, 12, _WIDTH - 76, 300
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = top + height * (1 - share)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{width}"/>')
        parts.append(_text("tick end", left - 8, y + 4, f"{100 * share:.0f} %"))
    for value in np.linspace(0, limit, 7):
        parts.append(_text("tick middle", left + width * value / limit, top + height + 18, f"{value:.0f}"))
    at = np.linspace(0, limit, 121)
    for one in series:
        values = np.sort(np.array([v for v in one.values if v is not None], dtype=float))
        if not values.size:
            continue
        shares = np.searchsorted(values, at, side="right") / len(values)
        xs, ys = left + width * at / limit, top + height * (1 - shares)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        name = f"<title>{escape(one.name)}</title>"
        parts.append(f'<polyline class="line {one.css}" points="{points}">{name}</polyline>')
    parts.append(_text("tick middle", left + width / 2, top + height + 38, x_label))
    turned = f'transform="translate(14 {top + height / 2}) rotate(-90)"'
    parts.append(f'<text class="tick middle" {turned}>{escape(y_label)}</text>')
    return _svg(parts, _WIDTH, top + height + 46, title)


def scatter(spots: Sequence[Spot], title: str, x_label: str, y_label: str) -> str:
    """Named dots; both axes begin at 0."""
    left, top, width, height = 56, 12, _WIDTH - 76, 260
    x_most, y_most = 1.1 * max([s.x for s in spots] + [1e-9]), 1.1 * max([s.y for s in spots] + [1e-9])
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = top + height * (1 - share)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{width}"/>')
        parts.append(_text("tick end", left - 8, y + 4, f"{y_most * share:.1f}"))
        parts.append(_text("tick middle", left + width * share, top + height + 18, f"{x_most * share:.0f}"))
    taken: list[tuple[float, float]] = []
    for spot in sorted(spots, key=lambda s: s.y):
        x, y = left + width * spot.x / x_most, top + height * (1 - spot.y / y_most)
        parts.append(
            f'<circle class="{spot.css}" cx="{x:.1f}" cy="{y:.1f}" r="6"><title>{escape(spot.name)}</title></circle>'
        )
        below = y + 4
        while any(abs(below - other) < 14 and abs(x - at) < 150 for at, other in taken):
            below += 14  # names do not lie upon each other
        taken.append((x, below))
        end = x > left + 0.7 * width
        parts.append(_text("small end" if end else "small", x - 10 if end else x + 10, below, _short(spot.name, 24)))
    parts.append(_text("tick middle", left + width / 2, top + height + 38, x_label))
    turned = f'transform="translate(14 {top + height / 2}) rotate(-90)"'
    parts.append(f'<text class="tick middle" {turned}>{escape(y_label)}</text>')
    return _svg(parts, _WIDTH, top + height + 46, title)


def legend(series: Sequence[tuple[str, str]]) -> str:
    """``(name, CSS class)`` as a line of colour keys."""
    keys = "".join(f'<li><i class="key {css}"></i>{escape(name)}</li>' for name, css in series)
    return f'<ul class="legend">{keys}</ul>'


def _text(css: str, x: float, y: float, content: str) -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}">{escape(content)}</text>'


def _bar(css: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{css}" x="{x}" y="{y}" width="{width:.1f}" height="{height}" rx="2"/>'


def _svg(parts: Sequence[str], width: float, height: float, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _short(name: str, most: int = 19) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
