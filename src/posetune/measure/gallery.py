"""Pictures of single people: the label, stock and the tuned network side by side."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from posetune.data.answers import by_image
from posetune.data.people import Person
from posetune.geometry import Crop
from posetune.measure.summary import Scored
from posetune.runtime.draw import draw_skeleton

PICTURE_SIDE = 256
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 80)
_MISS = (255, 50, 80)
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


def choose(stock: Scored, tuned: Scored, count: int) -> dict[str, list[Choice]]:
    """``{"worst", "improved", "worsened"}``: at most ``count`` people each that both networks found,
    strongest first.
    """
    both = np.isfinite(stock.person_errors) & np.isfinite(tuned.person_errors)
    choices = [
        Choice(int(i), float(stock.person_errors[i]), float(tuned.person_errors[i])) for i in np.flatnonzero(both)
    ]
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
            window = _window(person)
            plain = window.cut(rgb, PICTURE_SIDE)
            labels = window.to_crop(person.keypoints[:, :2], PICTURE_SIDE)
            views = [plain.copy()]
            draw_skeleton(views[0], labels, visible=person.keypoints[:, 2] != 1, shown=person.labelled)
            for network in networks:
                view = plain.copy()
                answer = window.to_crop(network.answers.points_px[i, :, :2], PICTURE_SIDE)
                draw_skeleton(view, answer)
                far = network.errors_px[i] > _MARKED_FROM * person.torso
                for a, b in zip(answer[far], labels[far], strict=True):
                    cv2.line(view, _whole(a), _whole(b), _MISS, 2, cv2.LINE_AA)
                views.append(view)
            result[i] = [data_uri(view) for view in views]
    return result


def _window(person: Person) -> Crop:
    """An upright square that shows the person with a little room around them."""
    points = person.keypoints[person.labelled, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    side = max(float((high - low).max()) * 1.35, 1.5 * person.torso)
    x, y = (low + high) / 2
    return Crop(float(x), float(y), side)


def data_uri(rgb: np.ndarray) -> str:
    """(H, W, 3) uint8 RGB as a JPEG inside a URI."""
    _, jpeg = cv2.imencode(".jpg", rgb[:, :, ::-1], _JPEG)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")


def _whole(point: np.ndarray) -> tuple[int, int]:
    limit = 10 * PICTURE_SIDE
    x, y = np.clip(np.nan_to_num(point), -limit, limit)
    return round(float(x)), round(float(y))
