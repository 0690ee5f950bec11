"""What the detector is to answer on a sample, anchor by anchor.

Measured of the stock detector (docs/lab/results/detector.md): of a cell's two anchors one is alive, the second of each 28×28 cell
and the first of each 14×14 cell, and the 7×7 layers never fire; the box is always 44.75 px wide, whatever a person's size, around
a point above the hips: it only serves to merge the answers of neighbours. Targets that keep to this train into a detector that
says each person once; teaching all anchors, with boxes as large as people, gives two or three poses a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.runtime.detector import SIZE, anchors, weighted_nms
from posetune.runtime.landmark_network import sigmoid
from posetune.tune.detector.samples import Sample

#: Side of the box, px of 224.
BOX = 44.75
#: The box's centre: so far from the hips towards the shoulders, in their distance.
_CENTRE = 1.14
#: The last point: so far from the hips towards the circle, in radii.
_TOP = 1.27
#: Cells a side of a layer → place of the live anchor of a cell.
ALIVE = {28: 1, 14: 0}
#: Anchors so near to a box's centre say yes; up to the second distance they may, and then where it is. px, by layer.
_YES, _MAY = (8.0, 11.5), (10.0, 14.0)
#: Around a person, so much of the circle's radius and at least so many px, the rest says no.
_NO_SHARE, _NO_PX = 0.8, 24.0
#: Offsets of points are counted in radii, within these bounds of px; that of the centre in units of 15 px.
_UNIT, _CENTRE_UNIT = (12.0, 60.0), 15.0
#: Where the base detector is less sure than this logit that nobody is there, "ignore" teaches nothing.
_SURE = -8.0
#: Where it says yes, people nobody labelled keep the place that it gives them.
_SAYS_YES = 0.3
#: A labelled person is the base's own if the hips agree within so many radii.
_SAME = 0.5


def _live() -> tuple[np.ndarray, np.ndarray]:
    """The places of the live anchors in the network's order, and the layer of each."""
    places, layers, first = [], [], 0
    for layer, (cells, alive) in enumerate(ALIVE.items()):
        places.append(first + 2 * np.arange(cells * cells) + alive)
        layers.append(np.full(cells * cells, layer))
        first += 2 * cells * cells
    return np.concatenate(places), np.concatenate(layers)


LIVE, _LAYER = _live()
#: (980, 2) px: the centres of the live anchors.
CENTRES = anchors()[LIVE].astype(np.float64) * SIZE
_YES_PX, _MAY_PX = np.array(_YES)[_LAYER], np.array(_MAY)[_LAYER]


@dataclass(frozen=True, eq=False)
class Targets:
    """Of a sample, for the 980 live anchors, float32.

    ``score``, ``score_weight``, ``points_weight``: (980,); ``points``: (980, 5, 2) px from the anchor's centre: box centre, hips,
    circle, shoulders, top; ``unit``: (980, 5) px that count as 1.
    """

    score: np.ndarray
    score_weight: np.ndarray
    points: np.ndarray
    points_weight: np.ndarray
    unit: np.ndarray


def found_by(raw: np.ndarray, logits: np.ndarray, min_score: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Raw answers of the live anchors, (980, 12) and (980,), as people: (K, 5, 2) box centre and four points, px of the sample,
    best first; and (K,) scores.
    """
    scores = sigmoid(logits)
    keep = scores >= min_score
    points = _points_of(raw)[keep] + CENTRES[keep][:, None]
    corners = np.concatenate([points[:, 0] - BOX / 2, points[:, 0] + BOX / 2], axis=1)
    boxes = np.concatenate([corners, points[:, 1:].reshape(-1, 8)], axis=1).astype(np.float32)
    merged = weighted_nms(boxes, scores[keep])
    rows = np.array([row for row, _ in merged], np.float64).reshape(-1, 12)
    centre = (rows[:, :2] + rows[:, 2:4]) / 2
    return np.concatenate([centre, rows[:, 4:]], axis=1).reshape(-1, 5, 2), np.array([s for _, s in merged])


def _points_of(raw: np.ndarray) -> np.ndarray:
    """(n, 12) → (n, 5, 2): without the box's extent."""
    return np.delete(raw, (2, 3), axis=1).reshape(-1, 5, 2)


def targets(sample: Sample, raw: np.ndarray, logits: np.ndarray) -> Targets:
    """What to answer on ``sample``; ``raw`` (980, 12) and ``logits`` (980,): what the base detector says there."""
    base = sigmoid(logits)
    says_yes = base > _SAYS_YES
    score = np.zeros_like(base) if sample.others == "nobody" else base.copy()
    weight = np.ones_like(base)
    if sample.others == "ignore":
        weight[(logits > _SURE) & ~says_yes] = 0
    points = _points_of(raw).astype(np.float64)
    unit = _units(np.linalg.norm(points[:, 2] - points[:, 1], axis=1))
    points_weight = (says_yes & (sample.others != "nobody")).astype(np.float32)
    for x0, y0, x1, y1 in sample.ignored:
        inside = ((x0, y0) <= CENTRES).all(axis=1) & ((x1, y1) >= CENTRES).all(axis=1)
        weight[inside & ~says_yes] = 0
    people = sample.people
    if len(people):
        centre = people.hip + _CENTRE * (people.shoulder - people.hip)
        centre = _as_the_base(centre, people.hip, people.radius, raw, logits)
        top = people.hip + _TOP * (people.circle - people.hip)
        theirs = np.stack([centre, people.hip, people.circle, people.shoulder, top], axis=1)
        distance = np.linalg.norm(CENTRES[:, None] - centre[None], axis=2)
        nearest = distance.argmin(axis=1)
        mine = distance.min(axis=1)
        around = (distance < np.maximum(_NO_SHARE * people.radius, _NO_PX)).any(axis=1)
        yes, may = mine <= _YES_PX, mine <= _MAY_PX
        score[around], weight[around], points_weight[around] = 0, 1, 0
        weight[may & ~yes] = 0
        score[yes], weight[yes] = 1, 1
        points_weight[may] = 1
        points[may] = (theirs[nearest] - CENTRES[:, None])[may]
        unit[may] = _units(people.radius)[nearest][may]
    return Targets(*(a.astype(np.float32) for a in (score, weight, points, points_weight, unit)))


def _units(radius: np.ndarray) -> np.ndarray:
    """(n,) px → (n, 5)."""
    unit = np.repeat(np.clip(radius, *_UNIT)[:, None], 5, axis=1)
    unit[:, 0] = _CENTRE_UNIT
    return unit


def _as_the_base(
    centre: np.ndarray, hip: np.ndarray, radius: np.ndarray, raw: np.ndarray, logits: np.ndarray
) -> np.ndarray:
    """Box centres (N, 2), those of people whom the base finds by itself where it has them: fewer contradictions."""
    found, _ = found_by(raw, logits)
    if not len(found):
        return centre
    distance = np.linalg.norm(hip[:, None] - found[None, :, 1], axis=2)
    nearest = distance.argmin(axis=1)
    same = distance.min(axis=1) < _SAME * radius
    return np.where(same[:, None], found[nearest, 0], centre)
