"""The landmark network: a crop in, 39 points out, and the refinement of its points by its heatmap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.backends.open import open_network
from posetune.errors import PosetuneError
from posetune.graph.trim import without_segmentation
from posetune.landmarks import NETWORK_COUNT

#: MediaPipe Tasks' RefineLandmarksFromHeatmapCalculator (the legacy solutions used 9).
REFINE_KERNEL = 7
REFINE_MIN_CONFIDENCE = 0.5

_VALUES = 5  # x, y, z, visibility, presence


@dataclass(frozen=True, eq=False)
class NetworkOutput:
    """What a landmark network says about one crop, before any refinement.

    ``points``: (39, 5) float32: x, y, z in crop px, visibility logit, presence logit.
    ``presence``: how sure it is that the crop shows a person, 0…1.
    ``heatmap``: (h, w, 39) float32 logits, h = w = crop size / 4.
    ``segmentation``: (size, size) float32 logits, or None if the network has no such output or was not asked.
    ``world``: (39, 3) float32 metres, hip-centred, turned with the crop.
    """

    points: np.ndarray
    presence: float
    heatmap: np.ndarray
    segmentation: np.ndarray | None
    world: np.ndarray


class LandmarkNetwork:
    """A BlazePose landmark network (``.tflite``). Threads may share it: they wait for one another."""

    def __init__(
        self, tflite: bytes, threads: int | None = None, segmentation: bool = False, backend: str = "litert"
    ) -> None:
        """``tflite``: the file's bytes; ``threads``: None for as many as there are processors (at most 4);
        ``segmentation``: compute that output, too, which takes nearly as long as all the others; ``backend``: what runs
        it, one of ``backends.base.BACKENDS``.

        Raises PosetuneError if it cannot run or does not have a landmark network's outputs.
        """
        content = tflite if segmentation else without_segmentation(tflite)
        self._network = open_network(content, threads, "landmark network", backend)
        self._where = _find_outputs(self._network.output_shapes)

    @property
    def size(self) -> int:
        """The side of the crop it wants, px (256 for the stock networks)."""
        return self._network.size

    def __call__(self, crop_rgb: np.ndarray) -> NetworkOutput:
        """``crop_rgb``: (size, size, 3) uint8 RGB, as Crop.cut gives it."""
        if crop_rgb.shape != (self.size, self.size, 3) or crop_rgb.dtype != np.uint8:
            raise PosetuneError(
                f"This network wants a crop of shape ({self.size}, {self.size}, 3) and type uint8, "
                f"not {crop_rgb.shape} and {crop_rgb.dtype}: cut it with Crop.cut(image, network.size)."
            )
        outputs = self._network.run(crop_rgb * np.float32(1 / 255))
        segmentation = self._where.get("segmentation")
        return NetworkOutput(
            points=outputs[self._where["points"]].reshape(NETWORK_COUNT, _VALUES),
            presence=float(outputs[self._where["presence"]].reshape(())),
            heatmap=outputs[self._where["heatmap"]][0],
            segmentation=None if segmentation is None else outputs[segmentation][0, :, :, 0],
            world=outputs[self._where["world"]].reshape(NETWORK_COUNT, 3),
        )


def _find_outputs(shapes: list[tuple[int, ...]]) -> dict[str, int]:
    """Which output is which: by shape, so that files whose converter changed the order work as well."""
    found: dict[str, int] = {}
    for index, shape in enumerate(shapes):
        count = int(np.prod(shape))
        if len(shape) == 4:
            kind = {NETWORK_COUNT: "heatmap", 1: "segmentation"}.get(shape[3], "")
            kind = "presence" if count == 1 else kind
        else:
            kind = {NETWORK_COUNT * _VALUES: "points", 1: "presence", NETWORK_COUNT * 3: "world"}.get(count, "")
        if kind:
            found.setdefault(kind, index)
    missing = [kind for kind in ("points", "presence", "heatmap", "world") if kind not in found]
    if missing:
        raise PosetuneError(
            f"This is no BlazePose landmark network: among its outputs {shapes} there is none for "
            f"{', '.join(missing)}; posetune doctor FILE says more."
        )
    return found


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """The logistic function, float32, without overflow. The exponential is rounded from 64 bits, as in MediaPipe's C
    library; NumPy's own of 32 bits is off by a bit or two.
    """
    return np.float32(1) / (np.float32(1) + np.exp(-np.clip(logits, -80, 80).astype(np.float64)).astype(np.float32))


def refine(points: np.ndarray, heatmap: np.ndarray, size: int) -> np.ndarray:
    """Move points to where the heatmap sees them, as MediaPipe Tasks does.

    For each point the window of 7×7 heatmap cells around it, cut at the map's border, is looked at: if the
    largest sigmoid in it is at least 0.5, x and y become the sigmoid-weighted mean of the cells'
    coordinates. Points off the map stay. Source:
    mediapipe/calculators/util/refine_landmarks_from_heatmap_calculator.cc, whose two peculiarities are
    kept, because a deployed network lives with them: cells count by their index, not their centre, and a
    point below the map is not "off" it as long as the window still touches it.

    ``points``: (n, ≥2), x and y in crop px; ``heatmap``: (h, w, n) logits; ``size``: the crop's side in px.
    Returns a copy of ``points`` with x and y replaced where the heatmap was sure.
    """
    height, width, _ = heatmap.shape
    sure, x, y, total = _weighted(points, heatmap, size)
    refined = np.array(points, copy=True)
    refined[sure, 0] = (x / total * np.float32(size / width))[sure]
    refined[sure, 1] = (y / total * np.float32(size / height))[sure]
    return refined


def refine_unit(points: np.ndarray, heatmap: np.ndarray, size: int) -> np.ndarray:
    """:func:`refine` for the runtime: takes the same, and gives x, y and z in sides of the crop (0…1 inside it), float32.

    Rounded as MediaPipe rounds: the sum is divided by the map's side, then by the weights, and never multiplied by the
    crop's side. At 256 px all of this is the same; at 192 px the last bit differs, and a video carries it on from frame
    to frame (docs/lab/results/agreement.md).
    """
    height, width, _ = heatmap.shape
    sure, x, y, total = _weighted(points, heatmap, size)
    refined = np.array(points, np.float32, copy=True)
    refined[:, :3] /= np.float32(size)
    refined[sure, 0] = (x / np.float32(width) / total)[sure]
    refined[sure, 1] = (y / np.float32(height) / total)[sure]
    return refined


def _weighted(
    points: np.ndarray, heatmap: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of each point, (n,) each: whether the heatmap is sure of it, the weighted sums of its columns and rows in cells, and
    the sum of the weights (1 where it is not sure).
    """
    height, width, count = heatmap.shape
    col = np.trunc(points[:, 0] / size * width).astype(int)
    row = np.trunc(points[:, 1] / size * height).astype(int)
    offsets = np.arange(REFINE_KERNEL) - (REFINE_KERNEL - 1) // 2
    cols = col[:, None] + offsets  # (n, 7)
    rows = row[:, None] + offsets
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((cols >= 0) & (cols < width))[:, None, :]
    window = heatmap[
        np.clip(rows, 0, height - 1)[:, :, None],
        np.clip(cols, 0, width - 1)[:, None, :],
        np.arange(count)[:, None, None],
    ]  # (n, 7, 7)
    confidence = np.where(inside, sigmoid(window), np.float32(0))
    total = _summed(confidence)
    sure = (confidence.max(axis=(1, 2)) >= REFINE_MIN_CONFIDENCE) & (total > 0)
    sure &= (col >= 0) & (col < width) & (row >= 0)
    x = _summed(confidence * cols[:, None, :].astype(np.float32))
    y = _summed(confidence * rows[:, :, None].astype(np.float32))
    return sure, x, y, np.where(sure, total, np.float32(1))


def _summed(cells: np.ndarray) -> np.ndarray:
    """(n, 7, 7) → (n,): row by row, cell by cell, in float32, which is how MediaPipe's loop rounds."""
    return np.cumsum(cells.reshape(len(cells), -1), axis=1, dtype=np.float32)[:, -1]
