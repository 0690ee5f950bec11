"""Who was found: detections of a picture beside the people whom its labels show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.data.people import Person

#: A detection belongs to a labelled person if its mid-hip is within this many torsos of the label's.
FOUND_WITHIN_TORSOS = 1.5
#: By so much of its longer side, on every side, the hull of a person's points grows to the person's box.
HULL_MARGIN = 0.1


@dataclass(frozen=True, eq=False)
class Found:
    """``person``: (N,) the detection that is each labelled person's own, -1 for none; ``near``: (N,) bool, whether one is near,
    be it another's. ``duplicate``, ``false``: (M,) bool, of the detections: a second one of a person who was found already; of
    nobody who is labelled or to be ignored.
    """

    person: np.ndarray
    near: np.ndarray
    duplicate: np.ndarray
    false: np.ndarray


def match_found(hips: np.ndarray, torsos: np.ndarray, found: np.ndarray, ignored: np.ndarray | None = None) -> Found:
    """Match detections to people, nearest pairs first; a detection serves one person.

    ``hips``: (N, 2) the labels' mid-hips and ``torsos``: (N,) their length; ``found``: (M, 2) the detections' mid-hips;
    ``ignored``: (K, 4) x0, y0, x1, y1, where a detection counts for nothing. All px of one frame.
    """
    person = np.full(len(hips), -1)
    somebody, near = np.zeros(len(hips), bool), np.zeros(len(found), bool)
    if len(hips) and len(found):
        distance = np.linalg.norm(hips[:, None] - found[None], axis=-1) / torsos[:, None]
        somebody, near = ((distance <= FOUND_WITHIN_TORSOS).any(axis=axis) for axis in (1, 0))
        taken = np.zeros(len(found), bool)
        for flat in np.argsort(distance, axis=None, kind="stable"):
            p, d = np.unravel_index(flat, distance.shape)
            if not distance[p, d] <= FOUND_WITHIN_TORSOS:
                break
            if person[p] < 0 and not taken[d]:
                person[p], taken[d] = d, True
    used = np.zeros(len(found), bool)
    used[person[person >= 0]] = True
    outside = np.ones(len(found), bool)
    for x0, y0, x1, y1 in np.zeros((0, 4)) if ignored is None else ignored:
        outside &= ~((found >= (x0, y0)).all(axis=1) & (found <= (x1, y1)).all(axis=1))
    return Found(person, somebody, near & ~used, ~near & outside)


def region_of(person: Person) -> np.ndarray | None:
    """(4,) x0, y0, x1, y1, image px: where somebody is who is not to be counted; None where nothing is known."""
    if person.bbox is not None:
        x, y, w, h = person.bbox
        if person.bbox_from is not None:  # the hull of the points: head, hands and feet go beyond it
            grown = HULL_MARGIN * max(w, h)
            x, y, w, h = x - grown, y - grown, w + 2 * grown, h + 2 * grown
        return np.array([x, y, x + w, y + h])
    points = person.keypoints[person.labelled, :2]
    return np.concatenate([points.min(axis=0), points.max(axis=0)]) if len(points) else None
