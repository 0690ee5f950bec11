"""How well people are found, apart from how well their points lie: the whole pipeline's answers, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.found import match_found, region_of
from posetune.data.people import Person
from posetune.geometry import CROP_SCALE, Crop
from posetune.measure.results import CropFit, CurvePoint, DetectionFigures, SizeFigures
from posetune.runtime.detector import SIZE, Detection
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose
from posetune.runtime.tiles import Tiles

#: So many of a picture's best detections are looked at, however few people its labels tell of: answers that are too many count.
MOST_PEOPLE = 20
#: Edges between classes of size: px across a person's circle in the detector's input, to which the picture is shrunk.
_SIZES = (0.0, 20.0, 40.0, 80.0, 160.0, float("inf"))
#: Where the curve of recall and precision is read.
_CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, eq=False)
class Labelled:
    """Who is in a picture. ``people``: those who are counted; ``hips`` (N, 2), ``torsos`` (N,) image px; ``sizes`` (N,) px of the
    detector's input; ``ignored``: (K, 4) regions in which an answer counts for nothing; ``shrink``: from image px to that input.
    """

    people: tuple[Person, ...]
    hips: np.ndarray
    torsos: np.ndarray
    sizes: np.ndarray
    ignored: np.ndarray
    shrink: float

    @classmethod
    def of(cls, people: Sequence[Person], others: Sequence[Person], image_size: tuple[int, int]) -> Labelled:
        """``people`` have crops; ``others`` are labelled too, but not counted; ``image_size``: width, height."""
        crops = [p.crop for p in people if p.crop is not None]
        sides = np.array([c.side for c in crops])
        torsos = np.array([p.torso for p in people])
        regions = [r for r in map(region_of, others) if r is not None]
        shrink = SIZE / max(image_size)
        return cls(
            tuple(people),
            np.array([(c.cx, c.cy) for c in crops]).reshape(-1, 2),
            np.where(np.isnan(torsos), sides / 5, torsos),  # about a fifth of the crop is a torso
            sides / CROP_SCALE * shrink,
            np.array(regions).reshape(-1, 4),
            shrink,
        )


class DetectionTally:
    """Counts one network's answers, picture by picture."""

    def __init__(self) -> None:
        self.images = 0
        self._shared = 0
        self._counts = np.zeros((len(_SIZES) - 1, 4), int)  # labelled, found, duplicates, false
        self._curve = np.zeros((len(_CONFIDENCES), 3), int)  # found, answers that are somebody's own, all answers
        self._fits: list[tuple[float, float, float]] = []

    def add(self, labelled: Labelled, poses: Sequence[Pose], hips: np.ndarray, detections: Sequence[Detection]) -> None:
        """``poses`` with their mid-hips ``hips`` (M, 2) image px; ``detections``: all above the least confidence of the curve."""
        self.images += 1
        match = match_found(labelled.hips, labelled.torsos, hips, labelled.ignored)
        sizes = np.array([p.crop.side / CROP_SCALE * labelled.shrink for p in poses])
        self._shared += int((match.near & (match.person < 0)).sum())
        columns = (labelled.sizes, labelled.sizes[match.near], sizes[match.duplicate], sizes[match.false])
        for column, values in enumerate(columns):
            self._counts[:, column] += np.histogram(values, _SIZES)[0]
        for person, pose in zip(labelled.people, match.person, strict=True):
            if pose >= 0 and person.crop is not None:
                self._fits.append(_fit(poses[pose].crop, person.crop))
        for k, confidence in enumerate(_CONFIDENCES):
            sure = np.array([d.points_px[0] for d in detections if d.score >= confidence]).reshape(-1, 2)
            one = match_found(labelled.hips, labelled.torsos, sure, labelled.ignored)
            right = int((one.person >= 0).sum())
            answers = right + int(one.duplicate.sum()) + int(one.false.sum())
            self._curve[k] += int(one.near.sum()), right, answers

    def figures(self) -> DetectionFigures:
        """The counts so far."""
        labelled, found, duplicates, false = (int(n) for n in self._counts.sum(axis=0))
        right = found - self._shared
        fits = np.array(self._fits).reshape(-1, 3)
        crop = None
        if len(fits):
            centre, side, angle = np.median(fits, axis=0)
            low, high = np.percentile(fits[:, 1], (10, 90))
            crop = CropFit(float(centre), float(side), float(low), float(high), float(angle))
        return DetectionFigures(
            images=self.images,
            labelled=labelled,
            found=found,
            shared=self._shared,
            duplicates=duplicates,
            false=false,
            recall=found / labelled if labelled else None,
            precision=right / (right + duplicates + false) if right + duplicates + false else None,
            by_size=tuple(
                SizeFigures(low, None if high == float("inf") else high, *(int(n) for n in row))
                for low, high, row in zip(_SIZES[:-1], _SIZES[1:], self._counts, strict=True)
            ),
            curve=tuple(
                CurvePoint(c, int(hits) / labelled if labelled else None, int(own) / int(answers) if answers else None)
                for c, (hits, own, answers) in zip(_CONFIDENCES, self._curve, strict=True)
            ),
            crop=crop,
        )


def _fit(crop: Crop, label: Crop) -> tuple[float, float, float]:
    """How far the crop's middle lies from the label's in the label's sides, its side in the label's, and the angle between, °."""
    turn = np.degrees(np.abs((crop.angle - label.angle + np.pi) % (2 * np.pi) - np.pi))
    return float(np.hypot(crop.cx - label.cx, crop.cy - label.cy)) / label.side, crop.side / label.side, float(turn)


def unsure(network: Landmarker, rgb: np.ndarray, tiles: Tiles | None = None) -> list[Detection]:
    """Whom the detector finds in ``rgb`` (H, W, 3) uint8 if it need not be sure: for the curve."""
    return network.detect(rgb, tiles, min_score=_CONFIDENCES[0])
