"""Backdrops with the statistics of photographs and nothing in them: leaves of every size that cover one another.

Dead leaves (Lee, Mumford and Huang 2001): shapes whose sizes follow a power law, each with a texture of its own, laid over one
another, have edges, spectra and clutter as photographs have.
"""

from __future__ import annotations

import functools

import numpy as np

from posetune.opencv import cv2
from posetune.synthetic import textures

_PATTERNS = ("fine", "planks", "tiles", "bricks", "weave", "stone", "grass", "windows", "clouds", "leaves", "wrinkles", "stripes",
             "checks", "speckles", "blotches", "strands")  # fmt: skip
_SHAPES = ("ellipse", "rectangle", "polygon", "limb", "bar")


def picture(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 RGB: 60 to 350 leaves, the far ones first; with a horizon or without."""
    side = max(width, height)
    image = _filling(rng, height, width)
    horizon = rng.uniform(0.2, 0.7) * height if rng.random() < 0.6 else None
    if horizon is not None:  # what is below is nearer and of another kind
        low = int(horizon)
        image[low:] = _filling(rng, height - low, width)
    count = int(rng.integers(60, 350))
    smallest, largest = rng.uniform(0.006, 0.02) * side, rng.uniform(0.12, 0.45) * side
    # As many of each size as fit: a density that falls with the third power of the size.
    u = rng.uniform(size=count)
    sizes = (smallest**-2 + u * (largest**-2 - smallest**-2)) ** -0.5
    sizes = np.where(
        rng.uniform(size=count) < 0.3, np.exp(rng.uniform(np.log(smallest), np.log(largest), count)), sizes
    )
    places = rng.uniform([0, 0], [width, height], (count, 2))
    if horizon is not None:
        near = np.abs(places[:, 1] - horizon) / height
        sizes = sizes * (0.4 + 1.6 * near)
        order = np.argsort(near)
    else:
        order = np.argsort(-sizes * rng.uniform(0.3, 1, count))
    upright = rng.random() < 0.6
    kinds = rng.choice(_SHAPES, size=(3,))
    for k in order:
        kind = str(kinds[int(rng.integers(3))]) if rng.random() < 0.6 else str(rng.choice(_SHAPES))
        _leaf(rng, image, places[k], max(float(sizes[k]), 2.0), (kind, upright))
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 0.006 * side)))
    return np.clip(image * _daylight(rng, height, width), 0, 255).astype(np.uint8)


def _leaf(rng: np.random.Generator, image: np.ndarray, at: np.ndarray, size: float, look: tuple[str, bool]) -> None:
    """Lay one shape, about ``size`` px across, onto ``image`` (H, W, 3) float32."""
    kind, upright = look
    outline = _outline(rng, kind, size)
    turn = rng.normal(0, 0.15) if upright and kind in ("rectangle", "bar", "limb") else rng.uniform(0, 2 * np.pi)
    c, s = np.cos(turn), np.sin(turn)
    outline = outline @ np.array([[c, s], [-s, c]]) + at
    low = np.maximum(np.floor(outline.min(0)).astype(int), 0)
    high = np.minimum(np.ceil(outline.max(0)).astype(int) + 1, image.shape[1::-1])
    if (high - low < 2).any():
        return
    w, h = high - low
    mask = np.zeros((h, w), np.uint8)
    cv2.fillPoly(mask, [np.round((outline - low) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    filling = _filling(rng, h, w)
    if rng.random() < 0.7:  # round things are lit from one side
        side = rng.normal(size=2)
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        filling *= np.clip(1 + 0.45 * (x * side[0] + y * side[1]), 0.25, 1.8)[..., None]
    part = image[low[1] : high[1], low[0] : high[0]]
    part += (filling - part) * (mask.astype(np.float32) / 255)[..., None]


def _outline(rng: np.random.Generator, kind: str, size: float) -> np.ndarray:
    """(N, 2) px around the origin."""
    if kind == "rectangle":
        a, b = size * rng.uniform(0.25, 0.7), size * rng.uniform(0.25, 0.7)
        return np.array([[-a, -b], [a, -b], [a, b], [-a, b]])
    if kind == "bar":
        a, b = size * rng.uniform(0.03, 0.12), size * rng.uniform(0.6, 2.5)
        return np.array([[-a, -b], [a, -b], [a, b], [-a, b]])
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    if kind == "ellipse":
        return np.stack([np.cos(t), np.sin(t) * rng.uniform(0.3, 1)], 1) * size / 2
    if kind == "limb":  # bent, thick in the middle, as branches, necks and legs are
        u = np.linspace(-1, 1, 20)
        middle = np.stack([rng.normal(0, 0.25) * u**2 + rng.normal(0, 0.15) * u, u], 1)
        half = rng.uniform(0.06, 0.2) * (1 - 0.5 * np.abs(u - rng.uniform(-0.5, 0.5)))
        across = np.stack([half, 0 * half], 1)
        return np.concatenate([middle - across, (middle + across)[::-1]]) * size
    waves = np.sum([rng.normal(0, 0.25 / k) * np.cos(k * t + rng.uniform(0, 6.3)) for k in range(1, 6)], axis=0)
    return np.stack([np.cos(t), np.sin(t)], 1) * (1 + waves)[:, None] * size / 2


@functools.cache
def _pattern(name: str) -> np.ndarray:
    """(512, 512, 2) float32: share of the second colour, and shade around 0; twice over, so that any part can be cut."""
    tile = np.tile(textures.tile(name)[..., :2].astype(np.float32), (2, 2, 1))
    return np.stack([tile[..., 0] / 255, tile[..., 1] / 128 - 1], -1)


def _filling(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """(height, width, 3) float32: two colours in a pattern, larger or smaller than life."""
    name, scale = str(rng.choice(_PATTERNS)), float(np.exp(rng.uniform(np.log(0.25), np.log(3.0))))
    side = int(np.clip(max(height, width) / scale, 4, 256))
    x, y = rng.integers(0, 256, 2)
    cut = _pattern(name)[y : y + side, x : x + side]
    if rng.random() < 0.5:
        cut = cut.transpose(1, 0, 2)
    whole = cv2.resize(np.ascontiguousarray(cut), (max(height, width),) * 2, interpolation=cv2.INTER_LINEAR)
    share, shade = whole[:height, :width, :1], whole[:height, :width, 1:]
    first, second = _color(rng), _color(rng)
    return (first + (second - first) * share) * (1 + float(rng.uniform(0.1, 0.6)) * shade)


def _color(rng: np.random.Generator) -> np.ndarray:
    """(3,) float32 RGB of 255: mostly greyish, as most of the world is."""
    grey = 255 * rng.beta(1.6, 1.6)
    tint = rng.normal(0, 1, 3) * (0.07 if rng.random() < 0.75 else 0.25)
    return np.clip(grey * (1 + tint), 0, 255).astype(np.float32)


def _daylight(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """(height, width, 1) float32 around 1: brighter here than there."""
    field = cv2.resize(
        rng.normal(1, rng.uniform(0.05, 0.3), (3, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return np.clip(field, 0.2, 1.8)[..., None]
