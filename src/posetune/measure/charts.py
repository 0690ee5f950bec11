"""Charts as inline SVG, coloured by the page's own variables, so that they follow light and dark and need
no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from posetune.svg import svg, ticks
from posetune.svg import text as _text

_WIDTH = 400  # narrow enough to be read on a phone, where two charts do not stand side by side
_LABEL, _ROW, _BAR = 132, 32, 13
_NUMBERS = 56  # room for the numbers behind the bars
_LETTER = 6.2  # width of a letter, about


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
    return svg(parts, _WIDTH, len(names) * _ROW + 8, title)


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
    return svg(parts, _WIDTH, len(labels) * row_height + 8, title)


def cumulative(series: Sequence[Series], limit: float, title: str, x_label: str, y_label: str) -> str:
    """Share of values at or below x, for x from 0 to ``limit``; the values of each series in any order."""
    frame = _Frame(limit, 1.0)
    parts = frame.axes(
        x_label, y_label, [f"{value:g}" for value in ticks(limit)], ["0 %", "25 %", "50 %", "75 %", "100 %"]
    )
    at = np.linspace(0, limit, 121)
    for one in series:
        values = np.sort(np.array([v for v in one.values if v is not None], dtype=float))
        if not values.size:
            continue
        shares = np.searchsorted(values, at, side="right") / len(values)
        points = " ".join("{:.1f},{:.1f}".format(*frame.place(x, y)) for x, y in zip(at, shares, strict=True))
        name = f"<title>{escape(one.name)}</title>"
        parts.append(f'<polyline class="line {one.css}" points="{points}">{name}</polyline>')
    return svg(parts, _WIDTH, frame.bottom + 42, title)


def scatter(spots: Sequence[Spot], title: str, x_label: str, y_label: str) -> str:
    """Named dots; both axes begin at 0. A name stands beside its dot, or where there is no room a line leads to it."""
    x_ticks = ticks(1.05 * max([s.x for s in spots] + [1e-9]))
    y_ticks = ticks(1.05 * max([s.y for s in spots] + [1e-9]))
    frame = _Frame(x_ticks[-1], y_ticks[-1])
    parts = frame.axes(x_label, y_label, [f"{v:g}" for v in x_ticks], [f"{v:g}" for v in y_ticks])
    dots = [frame.place(spot.x, spot.y) for spot in spots]
    taken = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in dots]
    names, leaders = [], []
    for spot, (x, y) in sorted(zip(spots, dots, strict=True), key=lambda one: (one[1][1], one[1][0])):
        text = _short(spot.name, 24)
        box = _room(x, y, _LETTER * len(text), taken, frame)
        taken.append(box)
        if abs((box[1] + box[3]) / 2 - y) > _HIGH:  # moved away: a line says whose it is
            leaders.append(
                f'<path class="leader" d="M{x:.1f} {y:.1f}L{min(max(x, box[0]), box[2]):.1f} {box[1] + 4:.1f}"/>'
            )
        names.append(_text("small", box[0], box[3] - 3, text))
    circles = [
        f'<circle class="{s.css}" cx="{x:.1f}" cy="{y:.1f}" r="{_DOT - 1}"><title>{escape(s.name)}</title></circle>'
        for s, (x, y) in zip(spots, dots, strict=True)
    ]
    return svg([*parts, *leaders, *circles, *names], _WIDTH, frame.bottom + 42, title)


def columns(labels: Sequence[str], series: Sequence[Series], title: str) -> str:
    """A histogram: for each label a column, in which the series stand on one another; the highest count at the axis."""
    totals = [sum(s.values[k] or 0 for s in series) for k in range(len(labels))]
    frame = _Frame(len(labels), max(*totals, 1), height=120)
    parts = [_text("tick end", frame.left - 7, frame.top + 8, f"{max(totals):g}")]
    parts.append(f'<path class="grid" d="M{frame.left} {frame.bottom}h{frame.width}"/>')
    width = frame.width / len(labels)
    for k, label in enumerate(labels):
        y = frame.bottom
        for one in series:
            height = frame.height * (one.values[k] or 0) / frame.y_most
            if height:
                y -= height
                name = f"<title>{escape(f'{one.name}: {one.values[k]:g}')}</title>"
                at = f'x="{frame.left + k * width + 1:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{height:.1f}"'
                parts.append(f'<rect class="{one.css}" {at}>{name}</rect>')
        parts.append(_text("tick middle", frame.left + k * width, frame.bottom + 16, label) if label else "")
    return svg(parts, _WIDTH, frame.bottom + 24, title)


#: Radius of a dot with its rim, height of a name.
_DOT, _HIGH = 6.0, 14.0
Box = tuple[float, float, float, float]  # left, top, right, bottom


def _room(x: float, y: float, width: float, taken: Sequence[Box], frame: _Frame) -> Box:
    """Where a name of ``width`` finds room near the dot at ``(x, y)``: right of it, left of it, below, above, and farther."""
    right, left, middle = x + _DOT + 4, x - _DOT - 4 - width, x - width / 2
    places = [(right, y - 7), (left, y - 7), (middle, y + _DOT + 2), (middle, y - _DOT - 2 - _HIGH)]
    places += [(side, y - 7 + _HIGH * n) for n in (1, -1, 2, -2, 3, -3, 4, -4, 5, -5) for side in (right, left)]
    boxes = [(a, b, a + width, b + _HIGH) for a, b in places]
    inside = [b for b in boxes if b[0] >= frame.left and b[2] <= _WIDTH and b[1] >= 0 and b[3] <= frame.bottom]
    free = (b for b in inside if not any(_overlap(b, other) for other in taken))
    return next(free, (inside or boxes)[0])


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@dataclass(frozen=True)
class _Frame:
    """The area between two axes that begin at 0 and end at ``x_most`` and ``y_most``."""

    x_most: float
    y_most: float
    left: float = 52
    top: float = 12
    width: float = _WIDTH - 66
    height: float = 230

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def place(self, x: float, y: float) -> tuple[float, float]:
        return self.left + self.width * x / self.x_most, self.bottom - self.height * y / self.y_most

    def axes(self, x_label: str, y_label: str, x_ticks: Sequence[str], y_ticks: Sequence[str]) -> list[str]:
        """Grid, evenly spaced tick labels from 0 to the end, and what the axes mean."""
        parts = []
        for i, text in enumerate(y_ticks):
            y = self.bottom - self.height * i / (len(y_ticks) - 1)
            parts.append(f'<path class="grid" d="M{self.left} {y:.1f}h{self.width}"/>')
            parts.append(_text("tick end", self.left - 7, y + 4, text))
        for i, text in enumerate(x_ticks):
            parts.append(_text("tick middle", self.left + self.width * i / (len(x_ticks) - 1), self.bottom + 17, text))
        parts.append(_text("tick middle", self.left + self.width / 2, self.bottom + 35, x_label))
        turned = f'transform="translate(11 {self.top + self.height / 2}) rotate(-90)"'
        parts.append(f'<text class="tick middle" {turned}>{escape(y_label)}</text>')
        return parts


def legend(series: Sequence[tuple[str, str]]) -> str:
    """``(name, CSS class)`` as a line of colour keys."""
    keys = "".join(f'<li><i class="key {css}"></i>{escape(name)}</li>' for name, css in series)
    return f'<ul class="legend">{keys}</ul>'


def cell(heading: str, content: str) -> str:
    """A cell of a table that becomes cards on a narrow screen, where its heading stands beside it. ``content``: HTML;
    what stands in brackets goes below.
    """
    if " (" in content:
        content = content.replace(" (", ' <br><span class="soft">(', 1) + "</span>"
    return f'<td data-heading="{escape(heading)}">{content}</td>'


def _bar(css: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{css}" x="{x}" y="{y}" width="{width:.1f}" height="{height}" rx="2"/>'


def _short(name: str, most: int = 19) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
