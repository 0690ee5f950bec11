"""Object keypoint similarity and average precision, as COCO defines them, over COCO's 17 points; of a keypoint set of
the user's own, over all its points.

Source: cocodataset.org, "Keypoint Evaluation", and its reference implementation (pycocotools ``COCOeval``):
k = 2σ, AP over OKS .50:.05:.95 at 101 recall levels, at most 20 detections an image, people to ignore
neither help nor harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import Answers
from posetune.data.people import Person

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
MOST_DETECTIONS = 20
#: A person fills about this share of the box: used where a label file gives a box but no area (as CrowdPose
#: does).
AREA_OF_BOX = 0.53
#: The hull of a person's points is about this share of the person's box: COCO's 17 points of 12 people, 0.53 to 0.84.
HULL_OF_BOX = 0.66


@dataclass(frozen=True, eq=False)
class Detection:
    """A pose that a network found in an image: ``points_px`` (33, ≥2) image px, a score to rank it by."""

    points_px: np.ndarray
    score: float


def area_of(person: Person) -> tuple[float, str]:
    """``(area in px², where it is from)``: "area" or "box" of the label file, else the box around the
    "points". Where the label file's box is only the hull of the points, and its area that of this box (as CVAT writes both), it
    is worked out from the "hull".
    """
    if person.bbox_from == "keypoints" and person.bbox is not None:
        hull = float(person.bbox[2] * person.bbox[3])
        if person.area is None or abs(person.area - hull) <= 0.01 * hull:
            return max(hull * AREA_OF_BOX / HULL_OF_BOX, 1.0), "hull"
    if person.area is not None and person.area > 0:
        return person.area, "area"
    if person.bbox is not None:
        return float(person.bbox[2] * person.bbox[3]) * AREA_OF_BOX, "box"
    labelled = person.keypoints[person.labelled, :2]
    extent = np.ptp(labelled, axis=0) if len(labelled) else np.zeros(2)
    return max(float(extent[0] * extent[1]) * AREA_OF_BOX, 1.0), "points"


def oks(points_px: np.ndarray, person: Person) -> float:
    """OKS of one pose, (33, ≥2) image px, against one person: mean over labelled points of exp(−d² /
    (2·area·k²)).

    Points that the network does not have (NaN) are not counted. 0 if nothing that counts is labelled.
    """
    labelled = _counts(person) & np.isfinite(points_px[:, 0])
    if not labelled.any():
        return 0.0
    squared = ((points_px[labelled, :2] - person.keypoints[labelled, :2]) ** 2).sum(axis=1)
    similarity = np.exp(-squared / (2 * area_of(person)[0] * _variances(person)[labelled]))
    return float(similarity.mean())


def _counts(person: Person) -> np.ndarray:
    """(K,) bool: the labelled points that have a sigma."""
    return person.labelled & np.isfinite(person.skeleton.sigmas)


def _variances(person: Person) -> np.ndarray:
    """(K,) k², with k = 2σ."""
    return (2 * person.skeleton.sigmas) ** 2


def average_precision(
    images: Sequence[tuple[Sequence[Person], Sequence[Detection], Sequence[Person]]],
) -> dict[str, float | None]:
    """AP over images given as ``(people to find, detections, people to ignore)``.

    A detection that fits only an ignored person does not count. Returns ``{"ap", "ap_50", "ap_75"}``, None
    if there is nobody to find.
    """
    to_find = sum(len([p for p in people if _counts(p).any()]) for people, _, _ in images)
    if not to_find:
        return {"ap": None, "ap_50": None, "ap_75": None}
    scores: list[float] = []
    matched: list[np.ndarray] = []  # a detection: (10,) 1 right, 0 wrong, NaN: does not count
    for people, detections, ignored in images:
        ranked = sorted(detections, key=lambda d: -d.score)[:MOST_DETECTIONS]
        scores += [d.score for d in ranked]
        matched += _match([p for p in people if _counts(p).any()], ranked, ignored)
    order = np.argsort(-np.array(scores), kind="stable")
    table = np.array(matched).reshape(-1, len(THRESHOLDS))[order]
    values = np.array([_precision(table[:, t], to_find) for t in range(len(THRESHOLDS))])
    return {"ap": float(values.mean()), "ap_50": float(values[0]), "ap_75": float(values[5])}


def _match(people: Sequence[Person], ranked: Sequence[Detection], ignored: Sequence[Person]) -> list[np.ndarray]:
    """Greedily, best score first: each detection takes the free person it fits best."""
    similarity = np.array([[oks(d.points_px, p) for p in people] for d in ranked]).reshape(len(ranked), len(people))
    to_ignored = [max((_fit_of_ignored(d.points_px, p) for p in ignored), default=0.0) for d in ranked]
    rows = [np.zeros(len(THRESHOLDS)) for _ in ranked]
    for t, threshold in enumerate(THRESHOLDS):
        free = np.ones(len(people), bool)
        for row, fits, elsewhere in zip(rows, similarity, to_ignored, strict=True):
            best = int(np.argmax(np.where(free, fits, -1))) if free.any() else -1
            if best >= 0 and fits[best] >= threshold:
                free[best] = False
                row[t] = 1
            elif elsewhere >= threshold:
                row[t] = np.nan
    return rows


def _fit_of_ignored(points_px: np.ndarray, person: Person) -> float:
    """OKS against an ignored person; without labels, by how far the pose lies outside twice the box (as
    pycocotools).
    """
    if _counts(person).any():
        return oks(points_px, person)
    if person.bbox is None:
        return 0.0
    x, y, w, h = person.bbox
    low, high = np.array([x - w, y - h]), np.array([x + 2 * w, y + 2 * h])
    asked = np.isfinite(person.skeleton.sigmas) & np.isfinite(points_px[:, 0])
    if not asked.any():
        return 0.0
    points = points_px[asked, :2]
    outside = np.maximum(0, low - points) + np.maximum(0, points - high)
    squared = (outside**2).sum(axis=1)
    return float(np.exp(-squared / (2 * area_of(person)[0] * _variances(person)[asked])).mean())


def _precision(hits: np.ndarray, to_find: int) -> float:
    """Area under the precision envelope at 101 recall levels. ``hits``: by falling score, 1, 0 or NaN
    (skipped).
    """
    hits = hits[np.isfinite(hits)]
    if not hits.size:
        return 0.0
    right = np.cumsum(hits)
    recall = right / to_find
    precision = np.maximum.accumulate((right / np.arange(1, len(hits) + 1))[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(np.where(at < len(precision), precision[np.minimum(at, len(precision) - 1)], 0.0).mean())


def crop_precision(people: Sequence[Person], answers: Answers) -> dict[str, float | None]:
    """AP where every person's crop gives one detection, ranked by presence."""
    images: dict[str, tuple[list[Person], list[Detection], list[Person]]] = {}
    for i, person in enumerate(people):
        row = images.setdefault(str(person.image.path), ([], [], []))
        row[0].append(person)
        row[1].append(Detection(answers.points_px[i], float(answers.score[i])))
    return average_precision(list(images.values()))
