"""The person detector: an image in, boxes with the two points that define a person's crop out.

All numbers are those of MediaPipe Tasks' PoseDetectorGraph (mediapipe/tasks/cc/vision/pose_detector).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from posetune import stock
from posetune.backends.base import RunnableNetwork, checked_threads
from posetune.backends.open import open_network
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.runtime.landmark_network import sigmoid
from posetune.runtime.rect import Rect, rect_from_circle

#: How many people predict() and track() look for unless told. MediaPipe's own default is 1.
DEFAULT_MAX_PEOPLE = 5
#: MediaPipe Tasks' default.
MIN_DETECTION_CONFIDENCE = 0.5
SIZE = 224
#: One layer of anchors a stride, two anchors a cell (aspect ratio 1 and the interpolated one).
STRIDES = (8, 16, 32, 32, 32)
ANCHORS_PER_CELL = 2
SCORE_CLIP = 100.0
#: Boxes that overlap more than this (IoU) are one person.
MIN_SUPPRESSION = 0.5
#: In a crowd, answers are one person whose points lie, in the mean, so near to each other in radii of the circle.
SAME_PERSON = 0.25
_LEAST_RADIUS = np.float32(12 / SIZE)  # of the input: below, a radius is no measure
_COORDINATES = 12  # box x, y, w, h, then four points x, y


@dataclass(frozen=True, eq=False)
class Detection:
    """A person: ``box_px`` (4,) x, y, width, height and ``points_px`` (4, 2), image px; ``score`` 0…1.

    Points 0 and 1 are the hip centre and a point on the circle around the person; 2 and 3 the shoulder centre
    and a point above the head, which MediaPipe does not use. ``image_size``: width, height, px.
    """

    box_px: np.ndarray
    points_px: np.ndarray
    score: float
    image_size: tuple[int, int]

    @property
    def crop(self) -> Rect | None:
        """The crop that MediaPipe cuts for this person; None if its circle has no radius."""
        return rect_from_circle(self.points_px[0], self.points_px[1], self.image_size)


@dataclass(frozen=True, eq=False)
class Answers:
    """What the detector says of one window, neighbours merged, best first: ``boxes_px`` (k, 4) x, y, width, height and
    ``points_px`` (k, 4, 2) as in :class:`Detection`, image px; ``scores`` (k,) 0…1.
    """

    boxes_px: np.ndarray
    points_px: np.ndarray
    scores: np.ndarray

    def only(self, keep: np.ndarray) -> Answers:
        """Those that ``keep`` (k,) bool says."""
        return Answers(self.boxes_px[keep], self.points_px[keep], self.scores[keep])


class Detector:
    """BlazePose's detector (``.tflite``). Threads may share it: they wait for one another."""

    def __init__(self, tflite: bytes, threads: int | None = None, backend: str = "litert", crowd: bool = False) -> None:
        """``tflite``: the file's bytes; ``backend``: one of ``backends.base.BACKENDS``; ``crowd``: tell people apart whose chests
        are close, which MediaPipe takes for one (:func:`merged_by_points`). Raises PosetuneError if it cannot run or is no pose
        detector.
        """
        #: In a tile of a picture it must be surer than in the whole, by so much of the logit.
        self.surer_in_tiles = stock.surer_in_tiles(tflite)
        self._merged = merged_by_points if crowd else weighted_nms
        self._network = open_network(tflite, threads, "pose detector", backend)
        self._spread = _Spread(tflite, checked_threads(threads), backend)
        shapes = self._network.output_shapes
        self._anchors = anchors(self._network.size)
        expected = {"boxes": (1, len(self._anchors), _COORDINATES), "scores": (1, len(self._anchors), 1)}
        try:
            self._boxes, self._scores = (shapes.index(shape) for shape in expected.values())
        except ValueError:
            raise PosetuneError(
                f"This is no BlazePose detector: its outputs have the shapes {shapes} instead of "
                f"{list(expected.values())}."
            ) from None

    def __call__(self, rgb: np.ndarray, min_score: float = 0.5) -> list[Detection]:
        """The people in ``rgb`` (H, W, 3) uint8, best first, overlaps merged."""
        height, width = rgb.shape[:2]
        boxes, scores = self._decoded(rgb, Crop(width / 2, height / 2, float(max(width, height))), min_score)
        padding = _padding(width, height)
        found = []
        for box, score in self._merged(boxes, scores):
            corners_and_points = (
                (box.reshape(-1, 2) - padding) / (1 - 2 * padding) * np.array([width, height], np.float32)
            )
            top_left, bottom_right, points = (
                corners_and_points[0],
                corners_and_points[1],
                corners_and_points[2:],
            )
            box_px = np.concatenate([top_left, bottom_right - top_left])
            found.append(Detection(box_px, points, float(score), (width, height)))
        return found

    def looks(self, rgb: np.ndarray, windows: Sequence[Crop], min_score: float, least: float) -> list[Answers]:
        """What each of ``windows`` of ``rgb`` (H, W, 3) uint8 shows: people whose chests are close are told apart. Where the
        detector may use several threads, each window is looked at by one.

        Of answers between ``least`` and ``min_score`` the best of each sixteenth of the window's side is kept.
        """
        if self._spread.threads < 2 or len(windows) < 2:
            return [self._look(self._network, rgb, window, min_score, least) for window in windows]
        return self._spread.over(windows, lambda network, window: self._look(network, rgb, window, min_score, least))

    def _look(self, network: RunnableNetwork, rgb: np.ndarray, window: Crop, min_score: float, least: float) -> Answers:
        boxes, scores = self._decoded(rgb, window, min(min_score, least), network)
        sure = scores >= min_score
        found = merged_by_points(boxes[sure], scores[sure])
        hints = np.flatnonzero(~sure)[_best_of_cells(boxes[~sure, 4:6], scores[~sure])]
        rows = np.concatenate([np.array([box for box, _ in found], np.float64).reshape(-1, _COORDINATES), boxes[hints]])
        corners = rows.reshape(-1, _COORDINATES // 2, 2) * window.side
        corners += np.array([window.cx, window.cy]) - window.side / 2
        boxes_px = np.concatenate([corners[:, 0], corners[:, 1] - corners[:, 0]], axis=1)
        return Answers(boxes_px, corners[:, 2:], np.concatenate([[score for _, score in found], scores[hints]]))

    def _decoded(
        self, rgb: np.ndarray, window: Crop, min_score: float, network: RunnableNetwork | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        network = network or self._network
        size = network.size
        outputs = network.run(window.cut(rgb, size, outside="black") * np.float32(2 / 255) - np.float32(1))
        return decode(outputs[self._boxes][0], outputs[self._scores][0, :, 0], self._anchors, size, min_score)


class _Spread:
    """One network for each of ``threads`` threads, loaded when first needed: at batch 1 two threads that look at a picture each are
    faster than two that share one.
    """

    def __init__(self, tflite: bytes, threads: int, backend: str) -> None:
        self.threads = threads
        self._tflite, self._backend = tflite, backend
        self._lock = threading.Lock()
        self._idle: queue.SimpleQueue[RunnableNetwork] = queue.SimpleQueue()
        self._workers: ThreadPoolExecutor | None = None

    def over(self, windows: Sequence[Crop], look: Callable[[RunnableNetwork, Crop], Answers]) -> list[Answers]:
        with self._lock:
            if self._workers is None:
                for _ in range(self.threads):
                    self._idle.put(open_network(self._tflite, 1, "pose detector", self._backend))
                self._workers = ThreadPoolExecutor(self.threads, "tiles")
        return list(self._workers.map(lambda window: self._with_one(look, window), windows))

    def _with_one(self, look: Callable[[RunnableNetwork, Crop], Answers], window: Crop) -> Answers:
        network = self._idle.get()
        try:
            return look(network, window)
        finally:
            self._idle.put(network)


def _padding(width: int, height: int) -> np.ndarray:
    """(2,) float32: the part of the letterboxed input to the left of the image, and above it, as MediaPipe rounds it
    (ImageToTensorCalculator, DetectionLetterboxRemovalCalculator).
    """
    one, ratio = np.float32(1), np.float32(height) / np.float32(width)
    return np.array([max(one - one / ratio, np.float32(0)), max(one - ratio, np.float32(0))], np.float32) / 2


def anchors(size: int = SIZE) -> np.ndarray:
    """(2254, 2) float32 for 224: the anchors' centres, 0…1 of the input, in the network's order.

    Layers of one stride are merged cell by cell, as MediaPipe's SsdAnchorsCalculator does; all have the
    size 1.
    """
    layers: list[np.ndarray] = []
    for stride in sorted(set(STRIDES)):
        cells = -(-size // stride)
        centres = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) / np.float32(cells)
        grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(grid, ANCHORS_PER_CELL * STRIDES.count(stride), axis=0))
    return np.concatenate(layers)


def decode(
    raw_boxes: np.ndarray, raw_scores: np.ndarray, anchors_: np.ndarray, size: int, min_score: float
) -> tuple[np.ndarray, np.ndarray]:
    """The network's raw boxes (n, 12) and logits (n,) as boxes above ``min_score``.

    Returns (k, 12) float32: x0, y0, x1, y1, then four points x, y, all 0…1 of the letterboxed input; and
    (k,) scores.
    """
    scores = sigmoid(np.clip(raw_scores, -SCORE_CLIP, SCORE_CLIP))
    keep = (scores >= min_score) & np.isfinite(raw_boxes).all(axis=1)
    values = (raw_boxes[keep] / np.float32(size)).reshape(-1, _COORDINATES // 2, 2)
    values[:, 0] += anchors_[keep]
    values[:, 2:] += anchors_[keep][:, None]
    centre, extent = values[:, 0].copy(), values[:, 1].copy()
    values[:, 0], values[:, 1] = centre - extent / 2, centre + extent / 2
    valid = (extent >= 0).all(axis=1)
    return values.reshape(-1, _COORDINATES)[valid], scores[keep][valid]


def weighted_nms(
    boxes: np.ndarray, scores: np.ndarray, min_suppression: float = MIN_SUPPRESSION
) -> list[tuple[np.ndarray, float]]:
    """Merge boxes that overlap into their score-weighted mean, best first; each keeps its best score.

    ``boxes``: (k, 12) with corners first, ``scores``: (k,). MediaPipe's NonMaxSuppressionCalculator,
    WEIGHTED.
    """
    merged: list[tuple[np.ndarray, float]] = []
    remaining = np.argsort(-scores, kind="stable")
    while len(remaining):
        best = remaining[0]
        together = _iou(boxes[best], boxes[remaining]) > min_suppression
        if not together.any():  # a box without area overlaps nothing, not even itself: MediaPipe stops here
            merged.append((boxes[best], float(scores[best])))
            break
        group = remaining[together]
        weights = scores[group][:, None]
        sums = np.cumsum(boxes[group] * weights, axis=0)[-1] / np.cumsum(weights)[-1]  # one by one, as MediaPipe rounds
        merged.append((sums, float(scores[best])))
        remaining = remaining[~together]
    return merged


def merged_by_points(boxes: np.ndarray, scores: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """As :func:`weighted_nms`, but answers are one person if their points agree, not their boxes: these have one size for
    everybody, so that they overlap wherever two chests are within 15 px of the 224.
    """
    points = boxes[:, 4:].reshape(-1, 4, 2)
    radius = np.maximum(np.linalg.norm(points[:, 1] - points[:, 0], axis=1), _LEAST_RADIUS)
    merged: list[tuple[np.ndarray, float]] = []
    remaining = np.argsort(-scores, kind="stable")
    while len(remaining):
        best = remaining[0]
        apart = np.linalg.norm(points[remaining] - points[best], axis=2).mean(axis=1)
        together = apart < SAME_PERSON * radius[best]
        group = remaining[together]
        weights = scores[group][:, None]
        merged.append(((boxes[group] * weights).sum(axis=0) / weights.sum(), float(scores[best])))
        remaining = remaining[~together]
    return merged


def _best_of_cells(points: np.ndarray, scores: np.ndarray, cells: int = 16) -> np.ndarray:
    """Indices of the best-scored of ``points`` (k, 2), 0…1, in every cell of a grid."""
    cell = np.clip(points, -1, 2) * cells // 1
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(cell[order, 0] * 4 * cells + cell[order, 1], return_index=True)
    return order[np.sort(first)]


def _iou(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with many, corners in the first four columns."""
    extent = np.minimum(box[2:4], boxes[:, 2:4]) - np.maximum(box[:2], boxes[:, :2])
    intersection = np.clip(extent, 0, None).prod(axis=1)
    union = (box[2:4] - box[:2]).prod() + (boxes[:, 2:4] - boxes[:, :2]).prod(axis=1) - intersection
    return np.where(union > 0, intersection / np.where(union > 0, union, 1), 0)
