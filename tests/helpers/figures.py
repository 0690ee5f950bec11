"""People drawn with a few strokes, which the stock detector takes for people: tests need no photo."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

Colour = tuple[int, int, int]

_SKIN, _HAIR, _TROUSERS, _SHOE = (224, 172, 140), (60, 40, 30), (50, 50, 60), (30, 30, 30)
_MIRROR = (-1, 1)


def room(width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 RGB: a wall that gets darker downwards, and a floor."""
    shade = np.linspace(200, 150, height)[:, None, None]
    image = np.broadcast_to(shade, (height, width, 3)).astype(np.uint8).copy()
    image[int(height * 0.8) :] = (120, 105, 90)
    return image


def draw_person(
    image: np.ndarray,
    hip: tuple[float, float],
    scale: float = 1.0,
    angle: float = 0.0,
    arms: float = 0.2,
    shirt: Colour = (40, 90, 160),
) -> np.ndarray:
    """A copy of ``image`` with a person who faces us; ``hip`` in image px, ``angle`` clockwise, radians.

    ``arms``: how far the arms are lifted sideways, radians from hanging.
    """
    canvas = image.copy()
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def at(x: float, y: float) -> np.ndarray:
        return turn @ (x, y) + hip

    def fixed(point: np.ndarray) -> tuple[int, int]:
        return round(point[0] * 16), round(point[1] * 16)

    def limb(points: list[tuple[float, float]], width: float, colour: Colour) -> None:
        line = np.array([[fixed(at(*p)) for p in points]])
        cv2.polylines(canvas, line, False, colour, max(1, round(width * scale)), cv2.LINE_AA, 4)

    def ellipse(x: float, y: float, rx: float, ry: float, colour: Colour, end: int = 360) -> None:
        begin = 180 if end == 180 else 0
        axes = (max(1, round(rx * scale * 16)), max(1, round(ry * scale * 16)))
        cv2.ellipse(canvas, fixed(at(x, y)), axes, np.degrees(angle), begin, begin + end, colour, -1, cv2.LINE_AA, 4)

    for side in _MIRROR:
        limb([(side * 16, 0), (side * 20, 70)], 26, _TROUSERS)
        limb([(side * 20, 70), (side * 22, 135)], 20, _TROUSERS)
        limb([(side * 22, 142), (side * 30, 148)], 12, _SHOE)
    torso = [(-38, -100), (38, -100), (28, -40), (30, 5), (-30, 5), (-28, -40)]
    cv2.fillPoly(canvas, [np.array([fixed(at(*p)) for p in torso])], shirt, cv2.LINE_AA, 4)
    for side in _MIRROR:
        elbow = (side * (36 + 44 * np.sin(arms)), -92 + 44 * np.cos(arms))
        wrist = (elbow[0] + side * 45 * np.sin(arms), elbow[1] + 45 * np.cos(arms))
        hand = (wrist[0] + side * 12 * np.sin(arms), wrist[1] + 12 * np.cos(arms))
        limb([(side * 36, -92), elbow], 20, shirt)
        limb([elbow, wrist, hand], 13, _SKIN)
    limb([(0, -125), (0, -100)], 20, _SKIN)
    ellipse(0, -144, 22, 28, _SKIN)
    ellipse(0, -156, 24, 20, _HAIR, 180)
    for side in _MIRROR:
        ellipse(side * 8, -146, 2.5, 2.5, (30, 30, 30))
        ellipse(side * 22, -143, 4, 4, _SKIN)
        limb([(side * 4, -153), (side * 12, -153)], 2, _HAIR)
    limb([(0, -144), (1, -136)], 3, (190, 130, 100))
    limb([(-6, -128), (6, -128)], 3, (170, 70, 70))
    return cv2.GaussianBlur(canvas, (0, 0), max(0.4, scale))


def write_footage(folder: Path, people: int) -> None:
    """So many pictures of one drawn person each, person0.png …, an empty room, and a damaged file."""
    for k in range(people):
        picture = draw_person(room(240, 320), (120, 170), 0.42, arms=0.2 + 0.3 * k)
        cv2.imwrite(str(folder / f"person{k}.png"), picture[..., ::-1])
    cv2.imwrite(str(folder / "room.png"), room(240, 320))
    (folder / "damaged.jpg").write_bytes(b"not a picture")
