"""What a camera does to a picture: soft corners' shade, depth of field, motion, exposure, colour cast, noise, JPEG."""

from __future__ import annotations

import numpy as np

from posetune.opencv import cv2


def expose(
    rng: np.random.Generator, noise: np.random.Generator, picture: np.ndarray, depth: np.ndarray, focus: float
) -> np.ndarray:
    """``picture`` (H, W, 3) uint8 sRGB and ``depth`` (H, W) m (0 = nothing there) → (H, W, 3) uint8.

    ``focus``: m to the subject. ``rng`` draws the camera, ``noise`` the grain of this picture.
    """
    image = picture.astype(np.float32)
    side = max(picture.shape[:2])
    far = np.where(depth > 0, depth, depth.max() + 5).astype(np.float32)
    half = cv2.resize(far, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST)
    image *= cv2.resize(_creases(half, side // 2), far.shape[::-1])[..., None]
    if rng.random() < 0.65:
        image = _focus(image, far, focus, float(rng.uniform(0.001, 0.012) * side))
    if rng.random() < 0.12:
        image = _move(image, rng.uniform(0, np.pi), rng.uniform(0.004, 0.016) * side)
    sigma = float(rng.uniform(0.0, 0.0016)) * side
    if sigma > 0.3:
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    image = _grade(rng, image)
    strength = float(rng.gamma(1.5, 1.5))
    h, w = image.shape[:2]
    grain = noise.standard_normal((h, w), dtype=np.float32)
    if rng.random() < 0.5:  # a phone smooths its noise
        grain = cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.4
    tint = cv2.resize(
        noise.standard_normal((h // 2, w // 2, 3), dtype=np.float32), (w, h), interpolation=cv2.INTER_LINEAR
    )
    grain = 0.8 * grain[..., None] + 0.6 * tint
    image += grain * strength * (0.4 + 0.6 * np.sqrt(np.clip(_grey(image), 0, 255) / 255))
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def jpeg(rng: np.random.Generator, picture: np.ndarray, low: int, high: int) -> bytes:
    """The picture as a JPEG file of random quality."""
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(low, high + 1))])
    assert done
    return data.tobytes()


def _creases(depth: np.ndarray, side: int) -> np.ndarray:
    """(H, W) 0..1, darker in folds and contacts: where the surface on both sides of a pixel comes towards the camera.

    Opposite neighbours are compared and big steps in depth are left out, so that no halo surrounds a person.
    """
    shade = np.zeros_like(depth)
    for share, weight in ((0.006, 0.5), (0.014, 0.5), (0.03, 0.5)):
        step = max(round(share * side), 1)
        padded = np.pad(depth, step, mode="edge")
        h, w = depth.shape
        for dy, dx in ((0, step), (step, 0), (step, step), (step, -step)):
            a = depth - padded[step + dy : step + dy + h, step + dx : step + dx + w]
            b = depth - padded[step - dy : step - dy + h, step - dx : step - dx + w]
            close = (np.abs(a) < 0.2) & (np.abs(b) < 0.2)
            shade += np.where(close, np.clip((a + b) / 0.12, 0, 1), 0) * weight / 4
    return 1 - np.clip(cv2.GaussianBlur(shade, (0, 0), max(side / 400, 0.6)) * 0.5, 0, 0.5)


def _focus(image: np.ndarray, depth: np.ndarray, focus: float, radius: float) -> np.ndarray:
    """Blur what is far behind the subject; the sharp part does not bleed into it."""
    share = np.clip((depth - focus - 0.6) / max(0.6 * focus, 0.5), 0, 1)[..., None]
    if radius < 0.5 or share.max() == 0:
        return image
    mask = (share[..., 0] > 0.02).astype(np.float32)
    weight = cv2.GaussianBlur(mask, (0, 0), radius)[..., None]
    soft = cv2.GaussianBlur(image * mask[..., None], (0, 0), radius) / np.maximum(weight, 1e-3)
    edge = cv2.GaussianBlur(share, (0, 0), 0.8)[..., None] * mask[..., None]
    return image * (1 - edge) + soft * edge


def _move(image: np.ndarray, angle: float, length: float) -> np.ndarray:
    size = int(length) * 2 + 3
    kernel = np.zeros((size, size), np.float32)
    c, d = size // 2, np.array([np.cos(angle), np.sin(angle)]) * length / 2
    cv2.line(kernel, tuple(int(v) for v in np.round(c - d)), tuple(int(v) for v in np.round(c + d)), 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def _grade(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    x = cv2.pow(np.clip(image / 255, 0, 1), float(np.exp(rng.normal(0, 0.14))))
    grey = _grey(x)
    x = grey + (x - grey) * float(rng.uniform(0.6, 1.15))
    if rng.random() < 0.03:
        x = grey + 0 * x
    x = (x - 0.45) * float(rng.uniform(0.85, 1.2)) + 0.45 + float(rng.normal(0, 0.03))
    x *= np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    h, w = x.shape[:2]
    gy, gx = np.arange(h, dtype=np.float32)[:, None], np.arange(w, dtype=np.float32)
    r2 = ((gx - w / 2) ** 2 + (gy - h / 2) ** 2) / (w * w / 4 + h * h / 4)
    return x * (255 * (1 - float(rng.uniform(0, 0.3)) * r2))[..., None]


def _grey(image: np.ndarray) -> np.ndarray:
    """(H, W, 1) the mean of the channels; numpy's own mean over rows of three is many times as slow."""
    return ((image[..., 0] + image[..., 1] + image[..., 2]) / 3)[..., None]
