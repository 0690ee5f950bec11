"""Images in, RGB arrays out: orientation, transparency, depth and damage are dealt with here alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.files import read_bytes
from posetune.opencv import cv2, max_pixels
from posetune.runtime.image_header import image_size, jpeg_segments, may_be_transparent

#: What OpenCV's wheels decode: a folder is searched for these; a file that a user names is tried anyway.
IMAGE_SUFFIXES = frozenset(
    (
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".bmp",
        ".webp",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".gif",
        ".avif",
        ".apng",
    )
)
_RAW = (".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf")
_HINTS = {
    ".heic": "convert it to JPEG; on an iPhone: Settings, Camera, Formats, Most Compatible",
    ".heif": "convert it to JPEG",
    **dict.fromkeys(_RAW, "a raw photograph: export it as JPEG"),
    **dict.fromkeys((".zip", ".tar", ".gz", ".7z", ".rar"), "unpack it first"),
}

#: OpenCV's resampling addresses pixels with 16 bits.
MAX_SIDE = 32_000
#: Transparent pixels show this: what most viewers, and so most annotators, see behind a cut-out figure.
_PAPER = 255

_FLIPS = (
    lambda a: a,
    lambda a: a[:, ::-1],
    lambda a: a[::-1, ::-1],
    lambda a: a[::-1],
)


def hint_for(suffix: str) -> str | None:
    """What to do about files of a kind that is not read; None where there is nothing to say."""
    return _HINTS.get(suffix.lower())


def read_image(source: str | Path | bytes) -> np.ndarray:
    """Read an image file as RGB, (H, W, 3) uint8, turned as its EXIF orientation says.

    ``source``: where the file is, or its bytes, as an upload brings them. Grayscale becomes three equal channels,
    transparency is laid on white, 16 bit is scaled to 8; of a TIFF of several pages the first is read.

    Raises PosetuneError when there is no such file, or it is damaged, cut off, or no image that OpenCV reads.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _decoded(bytes(source), Path("that was handed in"))
    if not isinstance(source, (str, os.PathLike)):
        raise PosetuneError(f"read_image takes a path, or the bytes of a file, not {type(source).__name__}.")
    path = Path(source)
    return _decoded(read_bytes(path, "the image"), path)


def _decoded(content: bytes, path: Path) -> np.ndarray:
    """``path``: names the file in errors."""
    if not content:
        raise PosetuneError(f"The image {path} is empty (0 bytes); copy it again or leave it out.")
    if _is_cut_off(content):
        raise PosetuneError(f"The image {path} is cut off; copy it again or leave it out.")
    _check_pixels(content, path)
    image = decode_image(content)
    if image is None:
        raise PosetuneError(
            f"Cannot read the image {path}: it is damaged or of a kind that OpenCV does not read; "
            f"{hint_for(path.suffix) or 'convert it to JPEG or PNG'}, or leave it out."
        )
    return image


def decode_image(content: bytes) -> np.ndarray | None:
    """The bytes of an image file as RGB, (H, W, 3) uint8, as read_image does; None if they are no image."""
    if _too_many_pixels(content):
        return None
    buffer = np.frombuffer(content, np.uint8)
    try:
        bgr = cv2.imdecode(buffer, cv2.IMREAD_COLOR)
        if bgr is None:
            return None
        rgb = bgr[:, :, ::-1]
        if may_be_transparent(content):  # do not decode it twice otherwise
            alpha = _alpha_of(bgr, cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED))
            rgb = rgb if alpha is None else _lay_on_paper(rgb, alpha)
    except (cv2.error, MemoryError):  # a header that claims more pixels than OpenCV or the memory allows
        return None
    return np.ascontiguousarray(rgb)


def _too_many_pixels(content: bytes) -> tuple[int, int] | None:
    """(width, height) that the head claims, where that is more than may be read: decoding alone would fill the memory."""
    size = image_size(content)
    return size if size is not None and size[0] * size[1] > max_pixels() else None


def _check_pixels(content: bytes, path: Path) -> None:
    size = image_size(content)
    if size is not None and max(size) > MAX_SIDE and size[0] * size[1] <= max_pixels():
        raise PosetuneError(
            f"The image {path} of {size[0]}×{size[1]} pixels is too large: shrink it to at most {MAX_SIDE} a side."
        )
    size = _too_many_pixels(content)
    if size is not None:
        raise PosetuneError(
            f"The image {path} claims {size[0]}×{size[1]} pixels, more than the {max_pixels() // 1_000_000} million that are "
            "read: shrink it, or set OPENCV_IO_MAX_IMAGE_PIXELS higher if you trust it."
        )


def as_rgb(image: Any) -> np.ndarray:
    """Check an image handed in as an array and give it as contiguous RGB, (H, W, 3) uint8.

    Takes RGB (H, W, 3), grayscale (H, W) or (H, W, 1), and RGBA (H, W, 4), which is laid on white; all uint8.
    Raises PosetuneError for anything else, for an empty image, and for one with a side over MAX_SIDE.
    """
    if not isinstance(image, np.ndarray):
        raise PosetuneError(
            f"An image must be a NumPy array of uint8, not {type(image).__name__}; "
            "read a file with posetune.read_image, and make an array of a picture with numpy.asarray."
        )
    if image.dtype != np.uint8:
        raise PosetuneError(f"An image must have uint8 values 0…255, not {image.dtype}: {_how_to_scale(image)}.")
    if image.ndim == 2:
        image = image[:, :, None]
    if image.ndim != 3 or image.shape[2] not in (1, 3, 4):
        channels_first = image.ndim == 3 and image.shape[0] in (1, 3, 4)
        hint = "put the channels last with image.transpose(1, 2, 0)" if channels_first else "hand in one at a time"
        raise PosetuneError(f"An image must have the shape (H, W), (H, W, 3) or (H, W, 4), not {image.shape}; {hint}.")
    height, width, channels = image.shape
    if height == 0 or width == 0:
        raise PosetuneError(f"The image is empty: its shape is {image.shape}.")
    if max(height, width) > MAX_SIDE:
        raise PosetuneError(
            f"The image of {width}×{height} pixels is too large: shrink it to at most {MAX_SIDE} a side."
        )
    if channels == 1:
        image = np.repeat(image, 3, axis=2)
    elif channels == 4:
        image = _lay_on_paper(image[:, :, :3], image[:, :, 3] / np.float32(255))
    return np.ascontiguousarray(image)


def _how_to_scale(image: np.ndarray) -> str:
    """What makes uint8 of ``image``, as its values suggest."""
    if image.dtype.kind == "b":
        return "use image.astype('uint8') * 255"
    if image.dtype.kind not in "fiu" or not image.size:
        return "scale it to 0…255 as uint8"
    low, high = float(image.min()), float(image.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        return "some values are NaN or infinite; replace them and scale to 0…255 as uint8"
    if image.dtype.kind == "f" and low >= 0 and high <= 1:
        return "its values lie between 0 and 1, use (image * 255).round().astype('uint8')"
    if low >= 0 and high <= 255:
        return "its values lie between 0 and 255 already, use image.round().astype('uint8')"
    return f"its values lie between {low:g} and {high:g}, scale them to 0…255 as uint8"


def _lay_on_paper(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Blend (H, W, 3) uint8 with white by ``alpha`` (H, W), 0…1."""
    alpha = alpha[:, :, None]
    return np.rint(colours * alpha + _PAPER * (1 - alpha)).astype(np.uint8)


def _alpha_of(bgr: np.ndarray, raw: np.ndarray | None) -> np.ndarray | None:
    """The transparency (H, W), 0…1, that belongs to ``bgr``; ``raw`` is the same file as it is stored.

    OpenCV turns colours as EXIF says but gives alpha only unturned, and does not tell the turn: find it.
    """
    if raw is None or raw.ndim != 3 or raw.shape[2] != 4:
        return None
    raw_bgr, alpha = raw[:, :, :3], raw[:, :, 3]
    if raw.dtype == np.uint16:
        raw_bgr = (raw_bgr >> 8).astype(np.uint8)
    alpha = alpha / np.float32(np.iinfo(raw.dtype).max if raw.dtype.kind == "u" else 1)
    for turn in (lambda a: a, lambda a: np.swapaxes(a, 0, 1)):
        for flip in _FLIPS:
            if np.array_equal(flip(turn(raw_bgr)), bgr):
                return flip(turn(alpha))
    return alpha if alpha.shape == bgr.shape[:2] else alpha.T


def _is_cut_off(content: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end: OpenCV would fill the missing part with grey and say nothing."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"IEND" not in content
    if not content.startswith(b"\xff\xd8"):
        return False
    # Walk the segments: an EXIF thumbnail has an end marker of its own.
    scan = next((at for marker, at in jpeg_segments(content) if marker == 0xDA), None)
    return scan is None or content.find(b"\xff\xd9", scan) < 0
