"""A contact sheet: many people on one picture, each with the label beside a network's answer."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.data.answers import by_image
from posetune.data.people import Person
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.geometry import Crop
from posetune.opencv import cv2
from posetune.runtime.draw import draw_skeleton

_SIDE, _COLUMNS = 240, 3
#: Letters in a line below a person, px from one line to the next.
_LETTERS, _LINE = 66, 16
#: A line from the answer to the label, for the points in question.
_WRONG = (255, 40, 70)


def window(person: Person) -> Crop:
    """An upright square of the image that shows the labelled points of a person with a little room around
    them.
    """
    points = person.keypoints[person.labelled, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    size = float((high - low).max()) * 1.35
    side = max(size, 1.5 * person.torso if np.isfinite(person.torso) else size, 16.0)
    x, y = (low + high) / 2
    return Crop(float(x), float(y), side)


def draw_label(view: np.ndarray, person: Person, crop: Crop) -> None:
    """Draw the label of ``person`` onto ``view``, the square that ``crop`` cut, in place."""
    points = crop.to_crop(person.keypoints[:, :2], view.shape[0])
    visible = person.keypoints[:, 2] != 1
    draw_skeleton(view, points, visible=visible, shown=person.labelled, skeleton=person.skeleton)


def draw_answer(view: np.ndarray, person: Person, answer_px: np.ndarray, marked: np.ndarray, crop: Crop) -> None:
    """Draw a network's answer, (33, ≥2) image px, and lines to the label from the ``marked`` points, (33,)
    bool, in place.
    """
    points = crop.to_crop(answer_px[:, :2].astype(np.float64), view.shape[0])
    draw_skeleton(view, points, skeleton=person.skeleton)
    labels = crop.to_crop(person.keypoints[:, :2], view.shape[0])
    for a, b in zip(points[marked], labels[marked], strict=True):
        cv2.line(view, _whole(a, view), _whole(b, view), _WRONG, 2, cv2.LINE_AA)


@dataclass(frozen=True, eq=False)
class Shown:
    """What a network says of people. ``answers_px``: (33, ≥2) image px each; ``marked``: (33,) bool each, points in question."""

    answers_px: Sequence[np.ndarray]
    marked: Sequence[np.ndarray]


def contact_sheet(
    people: Sequence[Person],
    answers_px: Sequence[np.ndarray],
    marked: Sequence[np.ndarray],
    captions: Sequence[str],
    left: Shown | None = None,
) -> np.ndarray:
    """(H, W, 3) uint8 RGB: for each person a tile with the label, or what another network says, on the left and the answer on the
    right.

    ``answers_px``: (33, ≥2) image px each; ``marked``: (33,) bool each, the points in question. ``captions`` are wrapped.
    """
    texts = [textwrap.wrap(caption, _LETTERS) for caption in captions]
    below = 6 + _LINE * max(map(len, texts), default=1)
    tiles: list[np.ndarray] = [np.zeros(0)] * len(people)
    for image, members in by_image(people):
        rgb = image.read()
        for i in members:
            person, crop = people[i], window(people[i])
            label = crop.cut(rgb, _SIDE)
            answer = label.copy()
            if left is None:
                draw_label(label, person, crop)
            else:
                draw_answer(label, person, left.answers_px[i], left.marked[i], crop)
            draw_answer(answer, person, answers_px[i], marked[i], crop)
            caption = np.full((below, 2 * _SIDE + 4, 3), 255, np.uint8)
            for row, text in enumerate(texts[i]):
                place, font = (4, 15 + _LINE * row), cv2.FONT_HERSHEY_SIMPLEX
                cv2.putText(caption, text, place, font, 0.4, (20, 20, 20), 1, cv2.LINE_AA)
            gap = np.full((_SIDE, 4, 3), 255, np.uint8)
            tiles[i] = np.vstack([np.hstack([label, gap, answer]), caption])
    blank = np.full((_SIDE + below, 2 * _SIDE + 4, 3), 255, np.uint8)
    tiles += [blank] * (-len(tiles) % _COLUMNS)
    margin = np.full((_SIDE + below, 12, 3), 255, np.uint8)
    rows = [
        np.hstack([part for tile in tiles[i : i + _COLUMNS] for part in (tile, margin)])
        for i in range(0, len(tiles), _COLUMNS)
    ]
    return np.vstack(rows)


def write_sheet(sheet: np.ndarray, path: str | Path) -> None:
    """Write a picture, (H, W, 3) uint8 RGB, as .jpg or .png, atomically. Raises PosetuneError for another
    suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".jpg", ".jpeg", ".png"):
        raise PosetuneError(f"Cannot write the picture {path}: give it the suffix .jpg or .png.")
    _, content = cv2.imencode(suffix, sheet[:, :, ::-1])
    write_bytes(path, content.tobytes())


def _whole(point: np.ndarray, view: np.ndarray) -> tuple[int, int]:
    x, y = np.clip(np.nan_to_num(point), -10 * view.shape[0], 10 * view.shape[0])
    return round(float(x)), round(float(y))
