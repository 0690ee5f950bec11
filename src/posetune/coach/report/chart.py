"""A curve over the time of a clip, as SVG: bands behind it, limits across it, marks on it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from posetune.svg import step, svg, text

#: From a time or a value to px of the drawing.
Place = Callable[[float], float]

_WIDTH, _HEIGHT = 900.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 10.0, 20.0, 24.0
#: A curve has no line over a time longer than this in which nothing was seen.
_GAP_S = 0.5


@dataclass(frozen=True)
class Band:
    """A piece of time. ``css``: its class, which gives the colour; ``label``: stands above it."""

    begin_s: float
    end_s: float
    css: str
    label: str
    told: str


@dataclass(frozen=True)
class Line:
    """A level. ``tolerance``: so much beyond it (upwards if positive) is shaded."""

    value: float
    css: str
    label: str
    tolerance: float = 0.0


@dataclass(frozen=True)
class Level:
    """A range of values that is coloured from side to side."""

    low: float
    high: float
    css: str
    label: str


@dataclass(frozen=True, eq=False)
class Chart:
    """``times_s``, ``values``: (N,), NaN where unknown; ``upper``: (N,), the area between both is filled.

    ``span``: lowest and highest value shown; by what is in it if not told.
    """

    title: str
    times_s: np.ndarray
    values: np.ndarray
    unit: str = ""
    upper: np.ndarray | None = None
    bands: Sequence[Band] = ()
    lines: Sequence[Line] = ()
    levels: Sequence[Level] = ()
    marks_s: Sequence[float] = ()
    span: tuple[float, float] | None = None
    begin_s: float = field(init=False)
    end_s: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "begin_s", float(self.times_s[0]) if len(self.times_s) else 0.0)
        end_s = float(self.times_s[-1]) if len(self.times_s) else 1.0
        object.__setattr__(self, "end_s", max(end_s, self.begin_s + 0.1))

    def svg(self) -> str:
        low, high = self._span()
        bottom = _TOP + _HEIGHT

        def x(time_s: float) -> float:
            share = (time_s - self.begin_s) / (self.end_s - self.begin_s)
            return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max(share, 0.0), 1.0)

        def y(value: float) -> float:
            return bottom - _HEIGHT * min(max((value - low) / (high - low), 0.0), 1.0)

        parts = [self._level(level, y) for level in self.levels]
        parts += [self._band(band, x) for band in self.bands]
        parts += self._grid(low, high, y)
        parts += [self._line(line, y) for line in self.lines]
        if self.upper is not None:
            parts.append(self._area(x, y))
        parts += [f'<polyline class="curve" points="{p}"/>' for p in self._pieces(x, y)]
        parts += [self._mark(at, x, y) for at in self.marks_s]
        parts += self._times(x, bottom)
        return svg([p for p in parts if p], _WIDTH, bottom + _BOTTOM, self.title)

    def _span(self) -> tuple[float, float]:
        if self.span is not None:
            return self.span
        known = [v for v in self.values.tolist() if math.isfinite(v)]
        for line in self.lines:
            known += [line.value, line.value + line.tolerance]
        low, high = min(known, default=0.0), max(known, default=1.0)
        spare = 0.06 * (high - low) or 0.5
        return low - spare, high + spare

    def _level(self, level: Level, y: Place) -> str:
        top, low = y(level.high), y(level.low)
        name = f"<title>{escape(level.label)}</title>"
        box = f'x="{_LEFT}" y="{top:.1f}" width="{_WIDTH - _LEFT - _RIGHT:.1f}" height="{low - top:.1f}"'
        return f'<rect class="level {level.css}" {box}>{name}</rect>' if low - top > 0.05 else ""

    def _band(self, band: Band, x: Place) -> str:
        left, right = x(band.begin_s), x(band.end_s)
        box = f'x="{left:.1f}" y="{_TOP}" width="{max(right - left, 1):.1f}" height="{_HEIGHT}"'
        name = f"<title>{escape(band.told)}</title>"
        return f'<rect class="band {band.css}" {box}>{name}</rect>' + text(
            "middle small", (left + right) / 2, _TOP - 6, band.label
        )

    def _grid(self, low: float, high: float, y: Place) -> list[str]:
        by = step(high - low, 4)
        parts = []
        for n in range(math.ceil(low / by), math.floor(high / by) + 1):
            at = y(n * by)
            parts.append(f'<path class="grid" d="M{_LEFT} {at:.1f}H{_WIDTH - _RIGHT}"/>')
            parts.append(text("tick end", _LEFT - 6, at + 4, f"{round(n * by, 10):g}{self.unit}"))
        return parts

    def _line(self, line: Line, y: Place) -> str:
        at, beyond = y(line.value), y(line.value + line.tolerance)
        zone = (
            f'<rect class="zone" x="{_LEFT}" y="{min(at, beyond):.1f}" width="{_WIDTH - _LEFT - _RIGHT:.1f}" '
            f'height="{abs(at - beyond):.1f}"/>'
            if line.tolerance
            else ""
        )
        return f'{zone}<path class="{line.css}" d="M{_LEFT} {at:.1f}H{_WIDTH - _RIGHT}"><title>{escape(line.label)}</title></path>'

    def _runs(self) -> list[slice]:
        """Pieces without gaps."""
        seen = np.flatnonzero(np.isfinite(self.values))
        if not len(seen):
            return []
        breaks = np.flatnonzero(np.diff(self.times_s[seen]) > _GAP_S)
        edges = [0, *(breaks + 1).tolist(), len(seen)]
        return [slice(a, b) for a, b in itertools.pairwise(edges)]

    def _pieces(self, x: Place, y: Place) -> list[str]:
        seen = np.flatnonzero(np.isfinite(self.values))
        return [
            " ".join(f"{x(self.times_s[i]):.1f},{y(self.values[i]):.1f}" for i in seen[run]) for run in self._runs()
        ]

    def _area(self, x, y: Place) -> str:
        assert self.upper is not None
        seen = np.flatnonzero(np.isfinite(self.values))
        areas = []
        for run in self._runs():
            rows = seen[run]
            there = [f"{x(self.times_s[i]):.1f},{y(self.values[i]):.1f}" for i in rows]
            back = [f"{x(self.times_s[i]):.1f},{y(self.upper[i]):.1f}" for i in rows[::-1]]
            areas.append(f'<polygon class="area" points="{" ".join(there + back)}"/>')
        return "".join(areas)

    def _mark(self, at_s: float, x, y: Place) -> str:
        seen = np.flatnonzero(np.isfinite(self.values))
        if not len(seen):
            return ""
        nearest = seen[np.abs(self.times_s[seen] - at_s).argmin()]
        return f'<circle class="mark" cx="{x(at_s):.1f}" cy="{y(self.values[nearest]):.1f}" r="4"/>'

    def _times(self, x: Place, bottom: float) -> list[str]:
        by = max(step(self.end_s - self.begin_s, 9), 0.1)
        first, last = math.ceil(self.begin_s / by), math.floor(self.end_s / by)
        return [text("tick middle", x(n * by), bottom + 17, f"{round(n * by, 10):g} s") for n in range(first, last + 1)]
