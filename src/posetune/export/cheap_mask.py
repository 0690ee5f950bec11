"""Fitting the one convolution of ``graph.cheap_mask`` to the stock network's masks: a logistic regression, in closed steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from posetune import stock
from posetune.backends.litert import Network
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.graph.cheap_mask import SIDE, showing_features, with_cheap_segmentation
from posetune.opencv import cv2
from posetune.runtime.detector import Detector
from posetune.runtime.landmark_network import sigmoid
from posetune.synthetic.sample import ordinary_pictures

#: A mask that overlaps less with the stock one is not passed off for it.
GOOD_IOU = 0.9
_PICTURES, _CELLS = 120, 250  # of each picture that many random cells: neighbours say the same
_ITERATIONS, _RIDGE = 8, 1e-3
_SMALLEST = 200  # px: smaller masks have no meaningful overlap


@dataclass(frozen=True)
class CheapMask:
    """``network``: the file; ``iou``: mean overlap of its mask with the stock one on people it was not fitted to."""

    network: bytes
    iou: float

    @property
    def good(self) -> bool:
        return self.iou >= GOOD_IOU


def cheapened(network: bytes, teacher: str = "full") -> CheapMask:
    """A landmark network with the cheap branch, fitted to stock ``teacher``'s masks of the rendered people of the sample
    set (split ordinary_train), and measured on those of split ordinary.
    """
    pupil = Network(showing_features(network), what="landmark network")
    mentor = Network(showing_features(stock.path(teacher).read_bytes()), what="stock network")
    features, masks = pairs(pupil, mentor, ordinary_pictures("ordinary_train"))
    weight, bias = fit(features, masks)
    made = with_cheap_segmentation(network, weight, bias)
    return CheapMask(made, overlap(*pairs(pupil, mentor, ordinary_pictures("ordinary")), weight, bias))


def pairs(pupil: Network, mentor: Network, pictures: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(n, h, h, C) float32 maps of the pupil and (n, s, s) float32 mask logits of the mentor, both of
    ``showing_features``, one per picture with a person in it.
    """
    found = [
        (pupil.run(_input(picture, crop, pupil))[1][0], mentor.run(_input(picture, crop, mentor))[0][0, :, :, 0])
        for picture, crop in _people(pictures)
    ]
    if not found:
        raise PosetuneError("No person was found in the pictures to fit a mask on.")
    return np.stack([f for f, _ in found]), np.stack([m for _, m in found])


def _people(pictures: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, Crop]]:
    detector = Detector(stock.path("detector").read_bytes())
    for picture, _ in zip(pictures, range(_PICTURES), strict=False):
        for detection in detector(picture)[:1]:
            if detection.crop is not None:
                yield picture, detection.crop


def _input(picture: np.ndarray, crop: Crop, network: Network) -> np.ndarray:
    return crop.cut(picture, network.size) * np.float32(1 / 255)


def fit(features: np.ndarray, masks: np.ndarray, seed: int = 0) -> tuple[np.ndarray, float]:
    """(3, 3, C) weights and the bias of the logistic regression from 3×3 cells of ``features`` (n, h, h, C) to the masks
    (n, s, s) logits, brought to (h, h) by area. Newton's method with a small ridge.
    """
    side = features.shape[1]
    rng = np.random.default_rng(seed)
    samples, targets = [], []
    for feature, mask in zip(features, masks, strict=True):
        cells = rng.choice(side * side, min(_CELLS, side * side), replace=False)
        samples.append(_neighbourhoods(feature)[cells])
        small = cv2.resize(sigmoid(mask), (side, side), interpolation=cv2.INTER_AREA)
        targets.append(small.reshape(-1)[cells])
    x = np.concatenate(samples)
    target = np.concatenate(targets)
    scale = x.std(axis=0) + 1e-3
    x = np.column_stack([x / scale, np.ones(len(x), np.float32)])
    w = np.zeros(x.shape[1])
    for _ in range(_ITERATIONS):
        p = sigmoid(x @ w.astype(np.float32))
        gradient = x.T @ (p - target) / len(x) + _RIDGE * w
        hessian = (x * (p * (1 - p) + 1e-3)[:, None]).T @ x / len(x) + _RIDGE * np.eye(len(w))
        w = w - np.linalg.solve(hessian, gradient)
    weight = (w[:-1] / scale).reshape(SIDE, SIDE, features.shape[3])
    return weight.astype(np.float32), float(w[-1])


def overlap(features: np.ndarray, masks: np.ndarray, weight: np.ndarray, bias: float) -> float:
    """The mean intersection over union of the cheap masks with ``masks`` (n, s, s) logits, both cut at 0.5."""
    found = []
    for feature, mask in zip(features, masks, strict=True):
        side = feature.shape[0]
        logits = _neighbourhoods(feature) @ weight.reshape(-1) + np.float32(bias)
        ours = cv2.resize(logits.reshape(side, side), mask.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0
        theirs = mask > 0
        if theirs.sum() >= _SMALLEST:
            found.append((ours & theirs).sum() / (ours | theirs).sum())
    return float(np.mean(found)) if found else float("nan")


def _neighbourhoods(feature: np.ndarray) -> np.ndarray:
    """(h, h, C) → (h·h, 9·C): each cell with its neighbours, zeros beyond the border, as SAME padding sees them."""
    side, margin = feature.shape[0], SIDE // 2
    padded = np.pad(feature, ((margin, margin), (margin, margin), (0, 0)))
    shifted = [padded[i : i + side, j : j + side] for i in range(SIDE) for j in range(SIDE)]
    return np.concatenate(shifted, axis=-1).reshape(side * side, -1)
