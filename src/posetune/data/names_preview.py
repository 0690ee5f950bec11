"""A picture of people with their points and the names that were found for them, for people to look over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posetune.data.formats.writing import box_around
from posetune.data.people import Person
from posetune.files import write_bytes
from posetune.landmarks import INDEX, side_of
from posetune.opencv import cv2

#: So many people, each in a tile of so many px.
_MOST, _SIDE, _A_ROW = 6, 640, 3
#: RGB by side of the person.
_COLOURS = {"left": (255, 140, 0), "right": (0, 170, 255), "middle": (255, 255, 255), "none": (160, 160, 160)}


def preview(people: Sequence[Person], names: Sequence[str | None]) -> np.ndarray:
    """(H, W, 3) uint8 RGB: a few of ``people``, each point with its number and name; ``names``: (K,), None for none of the 33.

    Raises PosetuneError if an image is missing or damaged.
    """
    tiles = [_tile(person, names) for person in people[:_MOST]]
    tiles += [np.zeros((_SIDE, _SIDE, 3), np.uint8)] * (-len(tiles) % _A_ROW)
    rows = [np.concatenate(tiles[i : i + _A_ROW], axis=1) for i in range(0, len(tiles), _A_ROW)]
    return np.concatenate(rows)


def write_preview(people: Sequence[Person], names: Sequence[str | None], path: Path) -> None:
    """Write :func:`preview` as a JPEG. Raises PosetuneError if it cannot be written."""
    _, content = cv2.imencode(".jpg", preview(people, names)[..., ::-1])
    write_bytes(path, content.tobytes())


def _tile(person: Person, names: Sequence[str | None]) -> np.ndarray:
    x, y, w, h = box_around(person.keypoints[person.labelled, :2], 0.15)
    side = max(w, h)
    scale = _SIDE / side
    corner = np.array([x + w / 2 - side / 2, y + h / 2 - side / 2])
    matrix = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    tile = cv2.warpAffine(person.image.read(), matrix, (_SIDE, _SIDE))
    for i, (px, py, v) in enumerate(person.keypoints):
        if not v:
            continue
        at = tuple(int(c) for c in (np.array([px, py]) - corner) * scale)
        name = names[i]
        colour = _COLOURS["none" if name is None else side_of(INDEX[name])]
        cv2.circle(tile, at, 4, (0, 0, 0), -1, cv2.LINE_AA)
        cv2.circle(tile, at, 3, colour, -1, cv2.LINE_AA)
        text = f"{i + 1} {(name or '?').replace('left_', 'L ').replace('right_', 'R ')}"
        for thick, ink in ((3, (0, 0, 0)), (1, colour)):
            cv2.putText(tile, text, (at[0] + 6, at[1] + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.42, ink, thick, cv2.LINE_AA)
    return tile
