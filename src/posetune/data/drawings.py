"""Is somebody in an image drawn? Flat colours, few of them, and sharp edges, looked at on the body alone.

No single measure parts drawings from studio photographs in plain clothes; six together do, mostly. Their weights are a
logistic regression fitted by ``scripts/fit_drawings.py`` to people of the sample set: as rendered, in other exposures and sizes,
against cartoons of them and figures drawn from their landmarks. No photograph went into the weights; the threshold was set
so that about one in twenty photographs falls out (docs/lab/results/distillation.md).
"""

from __future__ import annotations

import numpy as np

from posetune.opencv import cv2

#: Side of the crop that is looked at, px.
SIDE = 256
_LIMBS = ((11, 13), (13, 15), (12, 14), (14, 16), (23, 25), (25, 27), (24, 26), (26, 28))
_TRUNK = (11, 12, 24, 23)
_FLOOR = 1.0  # of 255, under logarithms: perfectly flat is not much flatter than flat behind JPEG
#: Of the measures in their order: what is subtracted, the weight per unit, and the threshold.
_MEAN = np.array([3.016, 4.243, 1.051, 2.6, 1.659, 0.8742])
_WEIGHT = np.array([-1.792, -1.812, -1.134, 3.018, -0.2377, 6.21])
_THRESHOLD = 0.473


def is_drawing(view: np.ndarray, points: np.ndarray) -> bool:
    """Whether the person in ``view`` is drawn. ``view``: crop, (256, 256, 3) uint8 RGB; ``points``: (33, 2) crop px."""
    return bool((drawing_measures(view, points) - _MEAN) @ _WEIGHT > _THRESHOLD)


def drawing_measures(view: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(6,) what tells drawings from photographs, over the pixels of the body (limbs, trunk, head):

    entropy (nats) of the brightness, in 64 steps at half size, and in 256 at full size; logarithms of the lower and the upper
    quartile of its deviation in 5 × 5 pixels, and of the median difference from the pixels to the left and above;
    the share of pixels that are neither black nor white.
    """
    body = body_mask(points)
    grey = cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)  # and not colours, of which old photographs have none
    half = cv2.resize(grey, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    pixels = view[body]
    between = ~((pixels.max(1) >= 250) & (pixels.min(1) >= 245)) & (pixels.max(1) > 35)
    return np.array([
        _entropy(half[body[::2, ::2]] >> 2),
        _entropy(grey[body]),
        *np.log(np.percentile(_spread(grey)[body], (25, 75)) + _FLOOR),
        np.log(np.median(_step(view)[body]) + _FLOOR),
        between.mean(),
    ])  # fmt: skip


def body_mask(points: np.ndarray) -> np.ndarray:
    """(256, 256) bool: limbs, trunk and head of somebody with these (33, 2) landmarks in crop px."""
    whole = np.clip(np.round(points), -SIDE, 2 * SIDE).astype(np.int32)
    torso = float(np.linalg.norm(points[[11, 12]].mean(0) - points[[23, 24]].mean(0)))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for a, b in _LIMBS:
        cv2.line(mask, whole[a].tolist(), whole[b].tolist(), 255, max(3, int(torso * 0.16)))
    cv2.fillConvexPoly(mask, cv2.convexHull(whole[list(_TRUNK)]), 255)
    head = 0.6 * float(np.linalg.norm(points[7] - points[8])) + 0.1 * torso
    cv2.circle(mask, whole[0].tolist(), max(4, int(min(head, SIDE))), 255, -1)
    if not mask[::2, ::2].any():  # outside of the crop altogether: look at all of it
        mask[:] = 255
    return mask > 0


def _step(image: np.ndarray) -> np.ndarray:
    """(H, W) the largest difference of a channel from the pixel to the left or above."""
    signed = image.astype(np.int16)
    left = np.abs(np.diff(signed, axis=1, prepend=signed[:, :1])).max(-1)
    above = np.abs(np.diff(signed, axis=0, prepend=signed[:1])).max(-1)
    return np.maximum(left, above)


def _spread(grey: np.ndarray) -> np.ndarray:
    """(H, W) standard deviation of the brightness in 5 × 5 pixels."""
    grey = grey.astype(np.float32)
    mean = cv2.blur(grey, (5, 5))
    return np.sqrt(np.maximum(cv2.blur(grey * grey, (5, 5)) - mean * mean, 0))


def _entropy(brightness: np.ndarray) -> float:
    count = np.bincount(brightness)
    share = count[count > 0] / len(brightness)
    return float(-(share * np.log(share)).sum())
