"""One picture of stock beside tuned for a first look: people from the most improved to the most worsened, evenly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.data.contact_sheet import draw_answer, draw_label, window
from posetune.data.people import Person
from posetune.measure.gallery import Choice
from posetune.measure.summary import Scored
from posetune.opencv import cv2

_SIDE, _CAPTION = 256, 22  # px
_MARKED_FROM = 0.2  # share of the torso, as in the gallery


def side_by_side(people: Sequence[Person], choices: Sequence[Choice], stock: Scored, tuned: Scored) -> np.ndarray:
    """(H, W, 3) uint8 RGB: a column for each choice; label, stock and tuned below each other, with their errors (crop px)."""
    columns = []
    for choice in choices:
        person = people[choice.index]
        crop = window(person)
        plain = crop.cut(person.image.read(), _SIDE)
        views = [plain.copy(), plain.copy(), plain.copy()]
        draw_label(views[0], person, crop)
        for view, network in zip(views[1:], (stock, tuned), strict=True):
            far = network.errors_px[choice.index] > _MARKED_FROM * person.torso
            draw_answer(view, person, network.answers.points_px[choice.index], far, crop)
        texts = ("label", f"stock  {choice.stock_error:.1f} px", f"tuned  {choice.error:.1f} px")
        columns.append(np.vstack([np.vstack([_caption(t), v]) for t, v in zip(texts, views, strict=True)]))
    return np.hstack(columns)


def _caption(text: str) -> np.ndarray:
    strip = np.full((_CAPTION, _SIDE, 3), 255, np.uint8)
    cv2.putText(strip, text, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (30, 30, 30), 1, cv2.LINE_AA)
    return strip
