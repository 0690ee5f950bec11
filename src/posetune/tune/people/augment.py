"""What a training sample may look like: the crop as detector and tracker would cut it, the light, the lens, things in front.

The geometry is drawn first and becomes part of the crop, so an image is resampled once. All randomness comes from the
generator that is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posetune.geometry import Crop
from posetune.opencv import cv2


@dataclass(frozen=True)
class AugmentConfig:
    """How much a training sample varies. Chances are per sample; spreads are standard deviations."""

    # The crop, relative to the one that the labels imply, as the detector or the tracker might have cut it.
    shift: float = 0.02  # of the crop's side, each axis
    scale: float = 0.09  # of the logarithm of the side
    rotation_deg: float = 9.0
    wild_rotation: float = 0.02  # chance of any direction at all: a tracker that lost the person's up
    flip: float = 0.5  # mirrored, with left and right partners swapped
    # Pixels.
    light: float = 0.8  # chance of brightness, contrast, gamma, colour cast
    blur: float = 0.2  # chance of defocus, motion blur or low resolution
    noise: float = 0.15  # chance of sensor noise
    jpeg: float = 0.15  # chance of hard JPEG compression
    occluder: float = 0.15  # chance of something in front of the person
    occluder_on_joint: float = 0.0  # the share of those that hide a labelled joint, as plates and tools do


def vary_crop(crop: Crop, config: AugmentConfig, rng: np.random.Generator) -> Crop:
    """A crop near ``crop``, as the detector or the tracker might have cut it, perhaps mirrored."""
    side = crop.side * float(np.exp(np.clip(rng.normal(0, config.scale), -0.35, 0.35)))
    dx, dy = np.clip(rng.normal(0, config.shift, 2), -0.12, 0.12) * crop.side
    turn = float(np.clip(rng.normal(0, config.rotation_deg), -45, 45))
    if rng.random() < config.wild_rotation:
        turn = float(rng.uniform(-180, 180))
    mirror = bool(rng.random() < config.flip)
    return Crop(crop.cx + dx, crop.cy + dy, side, crop.angle + np.radians(turn), mirror)


def vary_pixels(image: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """(S, S, 3) uint8 RGB in, the same shape out: blur, light, noise, compression, in the order of a camera."""
    if rng.random() < config.blur:
        image = _blur(image, rng)
    if rng.random() < config.light:
        image = _light(image, rng)
    if rng.random() < config.noise:
        noise = rng.normal(0, rng.uniform(2, 14), image.shape).astype(np.float32)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < config.jpeg:
        quality = int(rng.integers(15, 60))
        _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    return image


def _light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One table per channel: gamma, contrast, brightness and a colour cast; sometimes grey."""
    x = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.normal(0, 0.25))
    contrast, brightness = np.exp(rng.normal(0, 0.2)), rng.normal(0, 0.08)
    cast = np.exp(rng.normal(0, 0.06, 3))
    table = np.stack([((x**gamma) * c - 0.5) * contrast + 0.5 + brightness for c in cast], axis=1)
    table = np.clip(table * 255, 0, 255).astype(np.uint8)
    image = cv2.LUT(image, table[None])
    saturation = 0.0 if rng.random() < 0.05 else float(np.clip(rng.normal(1, 0.2), 0.3, 1.6))
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, saturation, grey, 1 - saturation, 0)


def _blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind = rng.integers(3)
    if kind == 0:
        return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 2.0)))
    if kind == 1:  # motion: a short line as kernel
        length, angle = int(rng.integers(3, 13)), rng.uniform(0, np.pi)
        kernel = np.zeros((length, length), np.float32)
        middle, arm = (length - 1) / 2, np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
        start, end = np.rint(middle - arm).astype(int), np.rint(middle + arm).astype(int)
        cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0, 1)
        return cv2.filter2D(image, -1, kernel / kernel.sum())
    side, small = image.shape[0], int(image.shape[0] * rng.uniform(0.25, 0.7))
    return cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (side, side))


def occlude(
    image: np.ndarray, joints: np.ndarray, config: AugmentConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Perhaps put one or two bars, boxes or discs in front: of one colour, or a piece of the same image from elsewhere.

    ``image``: (S, S, 3) uint8; ``joints``: (N, 2) crop px that may be hidden on purpose. Returns the image and (S, S) bool:
    what is hidden.
    """
    side = image.shape[0]
    hidden = np.zeros((side, side), bool)
    if not rng.random() < config.occluder:
        return image, hidden
    image = image.copy()
    for _ in range(int(rng.integers(1, 3))):
        mask = np.zeros((side, side), np.uint8)
        center = rng.uniform(0.15, 0.85, 2) * side
        if len(joints) and rng.random() < config.occluder_on_joint:
            center = joints[rng.integers(len(joints))] + rng.normal(0, 0.03, 2) * side
        kind = rng.integers(3)
        if kind == 0:  # a disc, such as a barbell plate
            cv2.circle(mask, tuple(map(int, center)), int(rng.uniform(0.04, 0.13) * side), 1, -1)
        else:  # a box, or a bar
            size = (
                rng.uniform(0.06, 0.25, 2) * side if kind == 1 else (rng.uniform(0.3, 1.0) * side, rng.uniform(2, 10))
            )
            box = cv2.boxPoints(
                ((float(center[0]), float(center[1])), (float(size[0]), float(size[1])), rng.uniform(0, 180))
            )
            cv2.fillPoly(mask, [np.rint(box).astype(np.int32)], 1)
        if rng.random() < 0.5:
            filling = np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), image.shape)
        else:
            filling = np.roll(image, tuple(int(n) for n in rng.integers(side // 4, 3 * side // 4, 2)), axis=(0, 1))
        image = np.where(mask[..., None] > 0, filling, image)
        hidden |= mask > 0
    return image, hidden
