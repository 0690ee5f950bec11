"""Procedural tiles. Every tile is 256 × 256 RGBA uint8 and repeats without a seam.

Channels: r share of the material's second colour, g shade around 128, b height, a strand or leaf.
"""

from __future__ import annotations

import functools

import numpy as np

SIDE = 256


def noise(
    rng: np.random.Generator, slope: float = 1.0, stretch: tuple[float, float] = (1, 1), side: int = SIDE
) -> np.ndarray:
    """(side, side) in 0..1, periodic; amplitude falls with frequency ** slope; ``stretch`` > 1 draws it out along x, y."""
    fx = np.fft.fftfreq(side)[None] * side * stretch[0]
    fy = np.fft.fftfreq(side)[:, None] * side * stretch[1]
    frequency = np.hypot(fx, fy)
    frequency[0, 0] = 1
    spectrum = np.fft.fft2(rng.standard_normal((side, side))) / frequency**slope
    spectrum[0, 0] = 0
    field = np.fft.ifft2(spectrum).real
    # Ranks make every noise fill 0..1 evenly, so that one threshold means the same share everywhere.
    ranks = np.empty(field.size)
    ranks[np.argsort(field, axis=None)] = np.linspace(0, 1, field.size)
    return ranks.reshape(field.shape)


def _grid(columns: int, rows: int, gap: float, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Brick-like cells: (side, side) index of the cell and 1 in the gaps between."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    row = np.floor(y * rows)
    x = (x + offset * row / columns) % 1
    column = np.floor(x * columns)
    fx, fy = x * columns % 1, y * rows % 1
    gaps = (np.minimum(fx, 1 - fx) < gap / 2) | (np.minimum(fy, 1 - fy) < gap / 2 * rows / columns)
    return (row * columns + column).astype(int), gaps.astype(float)


def _cells(rng: np.random.Generator, columns: int, rows: int, gap: float, offset: float = 0.0) -> dict[str, np.ndarray]:
    cell, gaps = _grid(columns, rows, gap, offset)
    tone = rng.random(cell.max() + 1)[cell]
    grain = noise(rng, 1.2)
    return {"r": gaps, "g": 0.3 + 0.4 * tone + 0.3 * grain - 0.1, "b": 0.8 * (1 - gaps) + 0.15 * grain}


def _planks(rng: np.random.Generator) -> dict[str, np.ndarray]:
    cell, gaps = _grid(2, 8, 0.012, 0.63)
    tone = rng.random(cell.max() + 1)[cell]
    grain = np.where(cell % 2 == 0, noise(rng, 1.1, (1, 0.12)), noise(rng, 1.1, (1, 0.12)))
    return {"r": gaps, "g": 0.25 + 0.35 * tone + 0.4 * grain, "b": 0.7 * (1 - gaps) + 0.2 * grain}


def _weave(rng: np.random.Generator) -> dict[str, np.ndarray]:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    twill = 0.5 + 0.5 * np.sin((x + y) * 2 * np.pi / 4)
    folds = noise(rng, 1.9)
    return {"r": 0 * twill, "g": 0.2 * twill + 0.2 * noise(rng, 0.4) + 0.6 * folds, "b": 0.95 * folds + 0.05 * twill}


def _wrinkles(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Cloth: ridged noise, longer across than along, as sleeves and trousers crease."""
    a, b = noise(rng, 1.9, (0.75, 1.3)), noise(rng, 1.7, (1.1, 0.8))
    ridges = 1 - np.abs(2 * a - 1)
    height = 0.55 * ridges**1.5 + 0.45 * b
    return {"r": 0 * a, "g": 0.25 + 0.35 * height + 0.3 * noise(rng, 0.6), "b": height}


def _stripes(rng: np.random.Generator) -> dict[str, np.ndarray]:
    y = np.mgrid[0:SIDE, 0:SIDE][0] / SIDE
    base = _wrinkles(rng)
    return {**base, "r": (np.sin(y * 2 * np.pi * 6) > 0.1).astype(float)}


def _checks(rng: np.random.Generator) -> dict[str, np.ndarray]:
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    bands = (np.sin(x * 2 * np.pi * 8) > 0.2) * 0.45 + (np.sin(y * 2 * np.pi * 8) > 0.2) * 0.45
    thin = (np.abs((x * 8 + 0.3) % 1 - 0.5) < 0.04) | (np.abs((y * 8 + 0.3) % 1 - 0.5) < 0.04)
    return {**_wrinkles(rng), "r": np.clip(bands + 0.3 * thin, 0, 1)}


def _blotches(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Camouflage, flowers, tie-dye: it depends on the colours."""
    return {**_wrinkles(rng), "r": (noise(rng, 1.5) > 0.6).astype(float)}


def _strands(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Hair: fine streaks along v; the alpha channel says how far a strand reaches out."""
    streak, fine = noise(rng, 0.7, (1, 0.06)), noise(rng, 0.15, (1, 0.25))
    locks = noise(rng, 1.3, (1, 0.25))
    return {"r": 0 * streak, "g": 0.55 * streak + 0.45 * fine, "b": 0.6 * streak + 0.4 * locks,
            "a": np.clip(0.25 + 0.9 * (0.55 * fine + 0.45 * locks), 0, 1)}  # fmt: skip


def _curls(rng: np.random.Generator) -> dict[str, np.ndarray]:
    swirl, fine = noise(rng, 0.9), noise(rng, 0.2)
    ring = 0.5 + 0.5 * np.sin(swirl * 40)
    return {
        "r": 0 * swirl,
        "g": 0.6 * ring + 0.4 * fine,
        "b": ring,
        "a": 0.2 + 0.8 * (0.5 * ring + 0.5 * noise(rng, 0.7)),
    }


def _leaves(rng: np.random.Generator) -> dict[str, np.ndarray]:
    clumps, fine = noise(rng, 1.0), noise(rng, 0.5)
    return {"r": clumps, "g": 0.5 * clumps + 0.5 * fine, "b": 0.5 * clumps + 0.5 * fine, "a": fine}


def _grass(rng: np.random.Generator) -> dict[str, np.ndarray]:
    blades = noise(rng, 0.35, (1, 0.45))
    return {"r": noise(rng, 1.3) * 0.8, "g": 0.75 * blades + 0.25 * noise(rng, 1.2), "b": blades}


def _speckles(rng: np.random.Generator) -> dict[str, np.ndarray]:
    dots = noise(rng, 0.35)
    return {"r": (dots > 0.955).astype(float), "g": 0.35 + 0.3 * noise(rng, 0.5), "b": 0.5 + 0.2 * noise(rng, 0.3)}


def _stone(rng: np.random.Generator) -> dict[str, np.ndarray]:
    a, b = noise(rng, 1.4), noise(rng, 0.7)
    cracks = np.abs(2 * noise(rng, 1.7) - 1) < 0.008
    return {"r": 0.5 * a + 0.5 * cracks, "g": 0.6 * a + 0.4 * b, "b": 0.6 * a + 0.4 * b - 0.3 * cracks}


def _windows(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A house front or a shelf: rows of panes, some light and some dark."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    cell, _ = _grid(6, 6, 0)
    fx, fy = x * 6 % 1, y * 6 % 1
    pane = (np.abs(fx - 0.5) < 0.28) & (np.abs(fy - 0.5) < 0.36)
    tone = rng.random(36)[cell]
    return {"r": pane * (0.6 + 0.4 * tone), "g": np.where(pane, tone, 0.5 + 0.2 * noise(rng, 1.0)), "b": 1 - 0.5 * pane}


def _clouds(rng: np.random.Generator) -> dict[str, np.ndarray]:
    a = noise(rng, 1.7)
    return {"r": a, "g": 0.5 + 0.3 * (noise(rng, 1.2) - 0.5), "b": a}


def _fine(rng: np.random.Generator) -> dict[str, np.ndarray]:
    a = noise(rng, 0.8)
    return {"r": 0 * a, "g": 0.5 * a + 0.5 * noise(rng, 1.6), "b": a}


def _skin(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"r": 0.5 * np.clip(noise(rng, 1.4) - 0.6, 0, 1), "g": 0.35 + 0.3 * noise(rng, 1.3), "b": noise(rng, 0.6)}


_MAKERS = {
    "fine": _fine, "skin": _skin, "wrinkles": _wrinkles, "weave": _weave, "stripes": _stripes, "checks": _checks,
    "blotches": _blotches, "strands": _strands, "curls": _curls, "leaves": _leaves, "grass": _grass,
    "speckles": _speckles, "stone": _stone, "windows": _windows, "clouds": _clouds, "planks": _planks,
    "tiles": lambda rng: _cells(rng, 4, 4, 0.03), "bricks": lambda rng: _cells(rng, 4, 8, 0.06, 0.5),
    "panels": lambda rng: _cells(rng, 2, 2, 0.01), "blocks": lambda rng: _cells(rng, 3, 6, 0.03, 0.5),
}  # fmt: skip
NAMES = tuple(_MAKERS)


@functools.cache
def tile(name: str) -> np.ndarray:
    """(256, 256, 4) uint8. The same on every call and in every process."""
    channels = _MAKERS[name](np.random.default_rng([7, NAMES.index(name)]))
    stacked = np.stack([channels["r"], channels["g"], channels["b"], channels.get("a", np.ones((SIDE, SIDE)))], -1)
    return np.round(np.clip(stacked, 0, 1) * 255).astype(np.uint8)
