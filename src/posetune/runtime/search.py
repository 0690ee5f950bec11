"""Everybody in a picture: the detector looks at the whole and at tiles of it, and what they say is put together.

What the whole picture shows too small for an answer still stirs the network: of labelled people whose circle is 40 to 80 px of the
224, a third are found, but nine in ten leave a logit above -7, which of the background few places do
(docs/lab/results/tiles.md). Such hints say where a closer look pays.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from posetune.geometry import Crop
from posetune.runtime.detector import SAME_PERSON, SIZE, Answers, Detection, Detector
from posetune.runtime.tiles import Tiles, grid, side_of, whole
from posetune.runtime.zones import Zones

#: The least logit that is a hint of somebody.
HINT_LOGIT = -7.0
_LEAST_HINT = 1 / (1 + math.exp(-HINT_LOGIT))
#: So many hints are thought about, the most promising ones.
_MOST_HINTS = 24
#: How probable it is that a hint is a person: a logistic function of its logit and of the logarithm of its circle, px of the 224.
_HINT_FIT = (0.45, -0.56, 3.9)
#: A hint says little of how large the person is: the logarithm of the circle is ``typical + _SIZE_SLOPE x (its own -
#: _SIZE_MIDDLE)``. What is typical of a picture is not known before somebody is found in it: this, px of the 224, weighs as much
#: as one who is.
_SIZE_SLOPE, _SIZE_MIDDLE, _TYPICAL = 0.3, 5.0, 60.0
#: The share of people whom the detector finds who are so large in its 224 px: half at so many, and how it grows, with what is
#: uncertain of their size.
_HALF_FOUND, _GROWTH = 68.0, 2.3
#: A tile is as wide as if so many lay along the long side (3: a half, 4: two fifths).
_LEVELS = (3, 4, 6)
#: A tile is spent if it promises so many people.
_LEAST_PROMISE = 0.25
#: Of a hint that a tile has looked at and left a hint, so much is expected of another look at about this size.
_DOUBT = 0.4
#: A hint within the circle of somebody who is found is worth so much of another.
_BESIDE = 0.4
#: Tiles whose middles lie so near, in their sides, show the same.
_SAME_TILE = 0.15
#: Answers of two windows are one person within so many radii: where a person is shown larger or is cut, hips and circle are put
#: elsewhere; those of one window within ``SAME_PERSON``.
_SAME_ELSEWHERE = 0.4
#: Tiles are chosen so many at a time; the next ones know what these have shown.
_AT_ONCE = (2, 1)


def find_everyone(
    detector: Detector, rgb: np.ndarray, min_score: float, tiles: Tiles | Sequence[Crop], zones: Zones | None = None
) -> list[Detection]:
    """The people in ``rgb`` (H, W, 3) uint8, best first, each once.

    ``min_score``: how sure the detector must be, 0…1; ``tiles``: which, or just these; ``zones``: where people are looked for.
    """
    begun = time.perf_counter()
    height, width = rgb.shape[:2]
    seen = _Seen(detector, rgb, min_score, zones)
    seen.look([whole(width, height)])
    if not isinstance(tiles, Tiles):
        seen.look(tiles)
        return seen.people()
    if tiles.along is not None:
        seen.look([tile for along in tiles.levels() for tile in grid(along, width, height)])
        return seen.people()
    left = tiles.most
    for at_once in _rounds(tiles.most):
        chosen = plan(seen, min(at_once, left))
        for together in [[tile] for tile in chosen] if tiles.budget_ms is not None else [chosen]:
            if tiles.budget_ms is not None and (time.perf_counter() - begun) * 1000 >= tiles.budget_ms:
                return seen.people()
            seen.look(together)
        left -= len(chosen)
        if not chosen:
            break
    return seen.people()


def _rounds(most: int) -> list[int]:
    return [_AT_ONCE[0], *([_AT_ONCE[1]] * ((most - 1) // _AT_ONCE[1]))]


@dataclass
class _Seen:
    """What the detector said so far. ``windows``: where it looked; the rest one row an answer: points (K, 4, 2) and boxes (K, 4)
    image px, scores (K,), the window it is of, and whether the person's circle reaches beyond that window but not the picture.
    """

    detector: Detector
    rgb: np.ndarray
    min_score: float
    zones: Zones | None = None
    windows: list[Crop] = field(default_factory=list)
    answers: list[Answers] = field(default_factory=list)

    def look(self, windows: Sequence[Crop]) -> None:
        for found in self.detector.looks(self.rgb, windows, self.least(bool(self.windows)), _LEAST_HINT):
            if self.zones is not None:
                found = found.only(self.zones.holds(found.points_px[:, 0], self.size))
            self.answers.append(found)
        self.windows += windows

    def least(self, tile: bool) -> float:
        """How sure the detector must be of a person in the whole picture, or in a tile, 0…1: more looks are more chances to err."""
        if not tile or not 0 < self.min_score < 1:
            return self.min_score
        return 1 / (1 + (1 / self.min_score - 1) * math.exp(-self.detector.surer_in_tiles))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, px."""
        return self.rgb.shape[1], self.rgb.shape[0]

    def rows(self) -> _Rows:
        points = np.concatenate([a.points_px for a in self.answers])
        scores = np.concatenate([a.scores for a in self.answers])
        boxes = np.concatenate([a.boxes_px for a in self.answers])
        sure = np.concatenate([a.scores >= self.least(k > 0) for k, a in enumerate(self.answers)])
        window = np.repeat(np.arange(len(self.answers)), [len(a.scores) for a in self.answers])
        radius = np.linalg.norm(points[:, 1] - points[:, 0], axis=1)
        cut = np.zeros(len(scores))
        for k, one in enumerate(self.windows):
            mine = window == k
            cut[mine] = _cut(points[mine, 0], radius[mine], one, self.size)
        return _Rows(points, boxes, scores, sure, radius, cut, window)

    def people(self) -> list[Detection]:
        """Those of whom the detector is sure, best first, each once."""
        rows = self.rows()
        return [
            Detection(rows.boxes[k].astype(np.float32), rows.points[k].astype(np.float32), score, self.size)
            for k, score in _apart(rows, np.flatnonzero(rows.sure))
        ]


@dataclass(frozen=True, eq=False)
class _Rows:
    points: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    sure: np.ndarray
    radius: np.ndarray
    cut: np.ndarray
    window: np.ndarray


def _cut(hips: np.ndarray, radius: np.ndarray, window: Crop, size: tuple[int, int]) -> np.ndarray:
    """(k,) share of the radius by which a circle reaches beyond ``window`` where the picture goes on."""
    half = window.side / 2
    beyond = np.zeros(len(hips))
    for axis, middle in enumerate((window.cx, window.cy)):
        low, high = middle - half, middle + half
        if low > 1:
            beyond = np.maximum(beyond, low - (hips[:, axis] - radius))
        if high < size[axis] - 1:
            beyond = np.maximum(beyond, hips[:, axis] + radius - high)
    return np.clip(beyond / np.maximum(radius, 1e-6), 0, 2)


def _apart(rows: _Rows, chosen: np.ndarray) -> list[tuple[int, float]]:
    """Of ``chosen`` answers one for each person: that of the window that shows it best, with the best score of all."""
    ranked = chosen[np.argsort(-(rows.scores - 0.5 * rows.cut)[chosen], kind="stable")]
    people: list[tuple[int, float]] = []
    while len(ranked):
        best = ranked[0]
        same = _same(rows, best, ranked)
        people.append((int(best), float(rows.scores[ranked[same]].max())))
        ranked = ranked[~same]
    return sorted(people, key=lambda one: -one[1])


def _same(rows: _Rows, best: int, others: np.ndarray) -> np.ndarray:
    """Which of ``others`` are the person of ``best``: by hips and shoulders, in radii of the larger circle."""
    apart = _mean_distance(rows.points[others][:, [0, 2]], rows.points[best][[0, 2]])
    within = np.where(rows.window[others] == rows.window[best], SAME_PERSON, _SAME_ELSEWHERE)
    return (apart < within * np.maximum(rows.radius[others], rows.radius[best])) | (others == best)


def plan(seen: _Seen, count: int) -> list[Crop]:
    """Up to ``count`` tiles that promise most people who are not found yet, greedily."""
    rows = seen.rows()
    width, height = seen.size
    longest = max(width, height)
    people = [k for k, _ in _apart(rows, np.flatnonzero(rows.sure))]
    hints = _hints(rows, people, longest)
    if not len(hints):
        return []
    hips = rows.points[hints, 0]
    logit = np.log(rows.scores[hints] / np.maximum(1 - rows.scores[hints], 1e-9))
    shown = np.log(np.clip(rows.radius[hints] * 2 * SIZE / longest, 4, 2 * SIZE))
    worth: np.ndarray = _logistic(_HINT_FIT[0] * logit + _HINT_FIT[1] * shown + _HINT_FIT[2])
    if people:  # much of what is hinted at within somebody's circle is a part of them
        apart = np.linalg.norm(hips[:, None] - rows.points[people, 0], axis=2)
        worth = np.where((apart < rows.radius[people]).any(axis=1), _BESIDE * worth, worth)
    sizes = [np.log(_TYPICAL), *np.log(np.clip(rows.radius[people] * 2 * SIZE / longest, 8, 2 * SIZE))]
    radius = np.exp(np.mean(sizes) + _SIZE_SLOPE * (shown - _SIZE_MIDDLE)) * longest / SIZE / 2
    sides = [side_of(along, width, height) for along in _LEVELS]
    tiles = np.concatenate([_places(hips, worth, side, seen.size) for side in sides])
    promise = _shows(hips, radius, tiles, seen.size)  # (tiles, hints)
    for looked in seen.windows[1:]:
        promise *= _news(hips, radius, tiles, looked, seen.size)
    chosen: list[Crop] = []
    for _ in range(count):
        gain = promise @ worth
        best = int(gain.argmax())
        if gain[best] < _LEAST_PROMISE:
            break
        x, y, side = tiles[best]
        chosen.append(Crop(float(x), float(y), float(side)))
        promise *= _news(hips, radius, tiles, chosen[-1], seen.size)
    return chosen


def _news(hips: np.ndarray, radius: np.ndarray, tiles: np.ndarray, looked: Crop, size: tuple[int, int]) -> np.ndarray:
    """(tiles, hints): what is left of a tile's promise once ``looked`` has been looked at: nothing if it is nearly the
    same, little of what that has shown at about this size.
    """
    already = _shows(hips, radius, np.array([(looked.cx, looked.cy, looked.side)]), size)
    zoom = np.abs(np.log(tiles[:, 2:] / looked.side))
    left = np.where(zoom < np.log(1.4), 1 - (1 - _DOUBT) * already, 1 - (1 - _DOUBT) / 2 * already)
    apart = np.hypot(tiles[:, :1] - looked.cx, tiles[:, 1:2] - looked.cy) / looked.side
    news: np.ndarray = left * ((zoom > np.log(1.2)) | (apart > _SAME_TILE))
    return news


def _hints(rows: _Rows, people: list[int], longest: int) -> np.ndarray:
    """The answers that may be somebody who is not among ``people``, each place once, the likeliest first."""
    left = np.argsort(-rows.scores, kind="stable")
    ends = rows.points[:, [0, 2]]  # hips and shoulders
    for k in people:
        left = left[_mean_distance(ends[left], ends[k]) >= 0.5 * rows.radius[k]]
    hints: list[int] = []
    least = 8 / SIZE * longest
    while len(left) and len(hints) < _MOST_HINTS:
        best = left[0]
        hints.append(int(best))
        left = left[_mean_distance(ends[left], ends[best]) >= max(0.5 * min(rows.radius[best], longest / 4), least)]
    return np.array(hints, int)


def _mean_distance(points: np.ndarray, to: np.ndarray) -> np.ndarray:
    """(N,) of (N, K, 2) points to (K, 2)."""
    apart: np.ndarray = np.hypot(points[..., 0] - to[:, 0], points[..., 1] - to[:, 1]).sum(axis=1) / len(to)
    return apart


def _places(hips: np.ndarray, worth: np.ndarray, side: float, size: tuple[int, int]) -> np.ndarray:
    """(2 n, 3) x, y, side: where a tile of ``side`` may have its middle: over every hint, and amid those around it; never
    more beyond the picture than need be.
    """
    near = (np.abs(hips[:, None] - hips[None]) < 0.4 * side).all(axis=2) * worth
    places = np.concatenate([hips, near @ hips / near.sum(axis=1, keepdims=True)])
    for axis, length in enumerate(size):
        half = min(side, length) / 2
        places[:, axis] = np.clip(places[:, axis], half, length - half)
    return np.column_stack([places, np.full(len(places), side)])


def _shows(hips: np.ndarray, radius: np.ndarray, tiles: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(tiles, hints): how well each of ``tiles`` (T, 3) x, y, side shows each hint: at a good size, and not cut."""
    sides = tiles[:, 2:]
    shown = 2 * radius * SIZE / sides
    good = _logistic(_GROWTH * np.log(shown / _HALF_FOUND))
    room = np.full(shown.shape, np.inf)
    for axis in (0, 1):
        low, high = tiles[:, axis : axis + 1] - sides / 2, tiles[:, axis : axis + 1] + sides / 2
        at = hips[:, axis]
        room = np.minimum(room, np.where(low > 1, at - low, np.inf))
        room = np.minimum(room, np.where(high < size[axis] - 1, high - at, np.inf))
    return good * np.clip(room / radius, 0, 1)


def _logistic(x: np.ndarray) -> np.ndarray:
    value: np.ndarray = 1 / (1 + np.exp(-x))
    return value
