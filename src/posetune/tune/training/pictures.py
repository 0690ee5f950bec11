"""Pictures of what a run is shown and of what it says: ``batch.jpg`` and ``validation.jpg`` in the run folder."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from posetune.opencv import cv2
from posetune.tune.crop_protocol import Errors
from posetune.tune.people.samples import Batch, ImageCache, Subject

BATCH, VALIDATION = "batch.jpg", "validation.jpg"
#: Tiles in a picture at most, and how wide they are, px.
MOST, SIDE = 12, 256
LABEL, ANSWER = (60, 200, 60), (230, 60, 60)  # RGB


def of_batch(batch: Batch) -> np.ndarray:
    """(H, W, 3) uint8 RGB: crops of a batch as the network sees them, labels in green."""
    tiles = []
    for image, points, weight in zip(batch.images[:MOST], batch.targets.points, batch.targets.weight, strict=False):
        pixels = (image.permute(1, 2, 0).cpu().numpy() * 255).astype(np.uint8)
        tiles.append(_dotted(pixels, [(points[weight > 0].cpu().numpy(), LABEL)]))
    return grid(tiles)


def of_errors(errors: Errors, subjects: Sequence[Subject], cache: ImageCache) -> np.ndarray:
    """(H, W, 3) uint8 RGB: validation people, those who err most first; labels in green, answers in red, a line between."""
    worst = np.argsort(-np.nan_to_num(errors.people_px))[:MOST]
    tiles = []
    for i in worst:
        pixels = subjects[i].crop.cut(cache.read(subjects[i].image), errors.size)
        known = errors.known[i]
        label, answer = errors.target[i][known], errors.found[i][known]
        tiles.append(_dotted(pixels, [(label, LABEL), (answer, ANSWER)], f"{errors.people_px[i]:.1f} px"))
    return grid(tiles)


def _dotted(
    pixels: np.ndarray, points: Sequence[tuple[np.ndarray, tuple[int, int, int]]], caption: str = ""
) -> np.ndarray:
    scale = SIDE / len(pixels)
    tile = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    placed = [
        (np.rint(np.nan_to_num(xy, nan=-99) * scale).astype(int).clip(-999, 999), colour) for xy, colour in points
    ]
    if len(placed) == 2:
        for a, b in zip(placed[0][0].tolist(), placed[1][0].tolist(), strict=True):
            cv2.line(tile, a, b, ANSWER, 1, cv2.LINE_AA)
    for xy, colour in placed:
        for at in xy.tolist():
            cv2.circle(tile, at, 3, colour, -1, cv2.LINE_AA)
    if caption:
        cv2.putText(tile, caption, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(tile, caption, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return tile


def grid(tiles: Sequence[np.ndarray]) -> np.ndarray:
    """(H, W, 3) uint8 RGB: tiles of SIDE px, four in a row."""
    columns = min(4, max(1, len(tiles)))
    rows = max(1, math.ceil(len(tiles) / columns))
    sheet = np.full((rows * SIDE, columns * SIDE, 3), 255, np.uint8)
    for i, tile in enumerate(tiles):
        row, column = divmod(i, columns)
        sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = tile
    return sheet
