"""Drawings inside an HTML page, as SVG that the page's own CSS colours: no script, light and dark alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape


def svg(parts: Sequence[str], width: float, height: float, title: str) -> str:
    """The drawing of these parts, with a title for those who do not see it."""
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def text(css: str, x: float, y: float, content: str) -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}">{escape(content)}</text>'


def step(span: float, about: int = 5) -> float:
    """A round number, 1, 2, 2.5 or 5 times a power of ten, of which about ``about`` make ``span``."""
    power = 10.0 ** math.floor(math.log10(span / about))
    return next(power * n for n in (1, 2, 2.5, 5, 10) if span / (power * n) <= about + 1e-9)


def ticks(most: float, about: int = 5) -> list[float]:
    """Round numbers from 0 to ``most`` or just beyond, about so many steps of 1, 2, 2.5 or 5 times a power of ten."""
    by = step(most, about)
    return [round(by * i, 10) for i in range(math.ceil(most / by - 1e-9) + 1)]
