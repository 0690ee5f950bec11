"""Pictures of single people: the label, stock and the tuned network side by side."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from posetune.data.answers import by_image
from posetune.data.contact_sheet import draw_answer, draw_label, window
from posetune.data.people import Person
from posetune.measure.summary import Scored, common_errors
from posetune.opencv import cv2
from posetune.runtime.draw import SIDE_COLOURS

PICTURE_SIDE = 256
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 80)
#: Errors from here on (share of the torso) are marked by a line from the answer to the label.
_MARKED_FROM = 0.2


@dataclass(frozen=True)
class Choice:
    """One person for the gallery, as a position among the people scored, and errors in crop px."""

    index: int
    stock_error: float
    error: float

    @property
    def gain(self) -> float:
        """How many crop px the network is better than stock."""
        return self.stock_error - self.error


def evenly(stock: Scored, tuned: Scored, count: int) -> list[Choice]:
    """``count`` of the people that both networks found, evenly spread from the greatest gain to the greatest loss."""
    choices = sorted(_choices(stock, tuned), key=lambda c: -c.gain)
    places = np.linspace(0, len(choices) - 1, min(count, len(choices))).round().astype(int)
    return [choices[k] for k in places]


def _choices(stock: Scored, tuned: Scored) -> list[Choice]:
    before, after = common_errors(stock, tuned)
    return [Choice(int(i), float(before[i]), float(after[i])) for i in np.flatnonzero(np.isfinite(before))]


def choose(stock: Scored, tuned: Scored, count: int) -> dict[str, list[Choice]]:
    """``{"worst", "improved", "worsened"}``: at most ``count`` people each that both networks found,
    strongest first, by the points that both have.
    """
    choices = _choices(stock, tuned)
    by_gain = sorted(choices, key=lambda c: -c.gain)
    return {
        "worst": sorted(choices, key=lambda c: -c.error)[:count],
        "improved": [c for c in by_gain if c.gain > 0][:count],
        "worsened": [c for c in by_gain[::-1] if c.gain < 0][:count],
    }


def pictures(people: Sequence[Person], indices: Sequence[int], networks: Sequence[Scored]) -> dict[int, list[str]]:
    """For each of ``indices``: data URIs of the labelled picture and of each network's, (256, 256) JPEG,
    upright.
    """
    chosen = sorted(set(indices))
    result = {}
    for image, members in by_image([people[i] for i in chosen]):
        rgb = image.read()
        for i in (chosen[m] for m in members):
            person = people[i]
            crop = window(person)
            plain = crop.cut(rgb, PICTURE_SIDE)
            views = [plain.copy()]
            draw_label(views[0], person, crop)
            for network in networks:
                view = plain.copy()
                far = network.errors_px[i] > _MARKED_FROM * person.torso
                draw_answer(view, person, network.answers.points_px[i], far, crop)
                views.append(view)
            result[i] = [data_uri(view) for view in views]
    return result


def data_uri(rgb: np.ndarray) -> str:
    """(H, W, 3) uint8 RGB as a JPEG inside a URI."""
    _, jpeg = cv2.imencode(".jpg", rgb[:, :, ::-1], _JPEG)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")


def figure(person: Person, choice: Choice, names: Sequence[str], views: Sequence[str]) -> str:
    """One person of the gallery as HTML: the ``views`` that :func:`pictures` made, with errors."""
    errors = [choice.stock_error, choice.error][: len(names)]
    captions = ["label", *(f"{name} {error:.1f}" for name, error in zip(names, errors, strict=True))]
    size = f'width="{PICTURE_SIDE}" height="{PICTURE_SIDE}"'
    shown = "".join(
        f'<div><img src="{uri}" alt="{caption}" {size} loading="lazy"><span>{caption}</span></div>'
        for uri, caption in zip(views, map(escape, captions), strict=True)
    )
    change = ""
    if len(names) > 1:
        css = "good" if choice.gain > 0 else "bad"
        change = f' · <b class="{css}">{-choice.gain:+.1f} crop px</b>'.replace("-", "−")
    return (
        f'<figure><div class="views">{shown}</div>'
        f"<figcaption>{escape(person.image.path.name)}, person {person.id}{change}</figcaption></figure>"
    )


def colour_key() -> str:
    """What the colours in the pictures mean, as HTML."""
    keys = "".join(
        f'<i class="dot" style="background:rgb{SIDE_COLOURS[side]}"></i>{side}' for side in ("left", "right")
    )
    return (
        f"The person's own {keys}; a red line leads from an answer that is off by more than a fifth of the "
        "torso to its label."
    )
