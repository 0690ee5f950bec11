"""Networks with a keypoint set of their own: the same crops and tracking as MediaPipe's, other points.

The file (``graph.build_head``) still gives the stock 39 points and presence: they decide whether a crop shows a person and
steer the next frame's crop. The new head's outputs become the pose's points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.graph import points as own_points
from posetune.graph.points import OwnPoints
from posetune.landmarks import AUX_CENTER, AUX_CIRCLE, COUNT
from posetune.runtime.landmark_network import LandmarkNetwork, NetworkOutput, refine, refine_unit, sigmoid
from posetune.runtime.landmarker import Landmarker, turned
from posetune.runtime.pose import Pose

#: How far around its highest bin a row or column of the simcc head is averaged, in crop px of a 256 px crop.
BIN_WINDOW_PX = 12


@dataclass(frozen=True, eq=False)
class OwnOutput(NetworkOutput):
    """Beside the stock outputs: ``own`` (K, 3) float32: x, y in crop px and confidence 0…1."""

    own: np.ndarray


class OwnNetwork(LandmarkNetwork):
    """A landmark network with a head for its own keypoint set."""

    def __init__(self, tflite: bytes, threads: int | None = None, backend: str = "litert") -> None:
        """Raises PosetuneError if it cannot run, or does not say what its points are."""
        super().__init__(tflite, threads, backend=backend)
        described = own_points.read(tflite)
        if described is None:
            raise PosetuneError("This network has MediaPipe's own points and no others.")
        if len(self._network.output_shapes) != len(described.output_names):
            raise PosetuneError(
                f"This network has {len(self._network.output_shapes)} outputs, and its description speaks of "
                f"{', '.join(described.output_names)}; train it again."
            )
        self.described: OwnPoints = described

    def __call__(self, crop_rgb: np.ndarray) -> OwnOutput:
        """``crop_rgb``: (size, size, 3) uint8 RGB, as Crop.cut gives it."""
        if crop_rgb.shape != (self.size, self.size, 3) or crop_rgb.dtype != np.uint8:
            raise PosetuneError(
                f"This network wants a crop of shape ({self.size}, {self.size}, 3) and type uint8, "
                f"not {crop_rgb.shape} and {crop_rgb.dtype}: cut it with Crop.cut(image, network.size)."
            )
        landmarks, presence, heatmap, world, *head = self._network.run(crop_rgb * np.float32(1 / 255))
        return OwnOutput(
            points=landmarks.reshape(-1, 5),
            presence=float(presence.reshape(())),
            heatmap=heatmap[0],
            segmentation=None,
            world=world.reshape(-1, 3),
            own=decode(self.described, head, self.size),
        )


def decode(described: OwnPoints, head: list[np.ndarray], size: int) -> np.ndarray:
    """The outputs of a head, in the order of ``HEAD_OUTPUTS``, → (K, 3) x, y in crop px, confidence 0…1."""
    named = dict(zip(own_points.HEAD_OUTPUTS[described.head], head, strict=True))
    if "columns" in named:
        return _from_bins(named["columns"][0, 0], named["rows"][0, :, 0], size)
    if "points" not in named:
        return _from_maps(named["maps"][0], size)
    found = named["points"].reshape(described.skeleton.count, 3).copy()
    if "maps" in named:
        found = refine(found, named["maps"][0], size)
    found[:, 2] = sigmoid(found[:, 2])
    return found


def _from_maps(maps: np.ndarray, size: int) -> np.ndarray:
    """Maps (h, w, K) of logits: the weighted mean around the highest cell, whatever its height."""
    height, width, count = maps.shape
    flat = maps.reshape(-1, count)
    at, peak = flat.argmax(axis=0), flat.max(axis=0)
    start = np.stack([at % width * (size / width), at // width * (size / height)], axis=1).astype(np.float32)
    # Refinement takes a map at its word from a probability of 0.5 on: raise the maps that stay below.
    found = refine(start, maps + np.maximum(0, 1e-3 - peak), size)
    return np.column_stack([found, sigmoid(peak)])


def _from_bins(columns: np.ndarray, rows: np.ndarray, size: int) -> np.ndarray:
    """Logits (n, K) along x and along y: the expectation around the highest bin; confidence is the mass there."""
    places = []
    for logits in (columns, rows):
        bins = len(logits)
        share = np.exp(logits - logits.max(axis=0))
        share /= share.sum(axis=0)
        index = np.arange(bins)[:, None]
        near = np.abs(index - share.argmax(axis=0)) <= BIN_WINDOW_PX * bins // 256
        mass = (share * near).sum(axis=0)
        places.append(((share * near * index).sum(axis=0) / mass * (size / bins), mass))
    (x, sure_x), (y, sure_y) = places
    return np.column_stack([x, y, np.minimum(sure_x, sure_y)]).astype(np.float32)


class OwnLandmarker(Landmarker):
    """A landmarker whose poses have the network's own points.

    ``Pose.skeleton`` says which they are. z, world and presence are the stock points' where a point means one of the 33
    and NaN elsewhere; visibility is the head's confidence.
    """

    network: OwnNetwork

    def _load_network(self, landmarks: bytes, threads: int | None) -> OwnNetwork:
        if self._segmentation:
            raise PosetuneError("A network with points of its own has no mask: leave out segmentation.")
        return OwnNetwork(landmarks, threads, self._backend)

    def predict_crop(self, rgb: np.ndarray, crop: Crop, detection_score: float = 1.0) -> Pose:
        """As Landmarker.predict_crop."""
        size, skeleton = self.network.size, self.network.described.skeleton
        output = self.network(crop.cut(rgb, size))
        stock = refine_unit(output.points, output.heatmap, size)
        stock_px = crop.to_image(stock[:, :3].astype(np.float64), 1).astype(np.float32)
        points_px = skeleton.from_body(stock_px[:COUNT])
        points_px[:, :2] = crop.to_image(output.own[:, :2].astype(np.float64), size)
        return Pose(
            landmarks_px=points_px,
            visibility=output.own[:, 2],
            presence=skeleton.from_body(sigmoid(stock[:COUNT, 4])),
            world=skeleton.from_body(turned(output.world[:COUNT], crop.angle)),
            score=output.presence,
            auxiliary_px=stock_px[[AUX_CENTER, AUX_CIRCLE]],
            crop=crop,
            detection_score=detection_score,
            skeleton=skeleton,
        )
