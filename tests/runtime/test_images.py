"""read_image: orientation, transparency, depth, and files that are no images."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.runtime.images import as_rgb, read_image

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture() -> np.ndarray:
    """(40, 60, 3) RGB: the left half red, the top right quarter blue, the rest black."""
    rgb = np.zeros((40, 60, 3), np.uint8)
    rgb[:, :30] = RED
    rgb[:20, 30:] = BLUE
    return rgb


def encoded(array: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, array)[1].tobytes()


def with_orientation(jpeg: bytes, orientation: int, thumbnail: bytes = b"") -> bytes:
    """``jpeg`` with an EXIF segment that has only an orientation (and bytes of a thumbnail)."""
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HH", orientation, 0) + b"\0\0\0\0"
    body = b"Exif\0\0" + tiff + thumbnail
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def near(image: np.ndarray, xy: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(image[xy[1], xy[0]].astype(int) - colour).max() < 40)


def test_rgb_order_and_size(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(picture()[:, :, ::-1], ".png"))
    assert np.array_equal(read_image(tmp_path / "a.png"), picture())
    assert np.array_equal(read_image((tmp_path / "a.png").read_bytes()), picture())


@pytest.mark.parametrize(
    ("source", "words"),
    [(b"", "handed in is empty"), (b"no image", "Cannot read the image"), (7, "not int"), (None, "not NoneType")],
)
def test_what_is_neither_a_path_nor_an_image(source, words):
    with pytest.raises(PosetuneError, match=words):
        read_image(source)


@pytest.mark.parametrize(
    ("orientation", "shape", "red", "blue"),
    [
        (1, (40, 60), (5, 30), (55, 5)),
        (2, (40, 60), (55, 30), (5, 5)),
        (3, (40, 60), (55, 5), (5, 35)),
        (6, (60, 40), (5, 5), (35, 55)),
        (8, (60, 40), (35, 55), (5, 5)),
    ],
)
def test_exif_orientation_is_applied(tmp_path, orientation, shape, red, blue):
    jpeg = encoded(picture()[:, :, ::-1], ".jpg")
    (tmp_path / "a.jpg").write_bytes(with_orientation(jpeg, orientation))
    image = read_image(tmp_path / "a.jpg")
    assert image.shape[:2] == shape
    assert near(image, red, RED)
    assert near(image, blue, BLUE)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_transparent_becomes_white_and_half_transparent_half(tmp_path, suffix):
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:, :30] = 0
    alpha[:20, 30:] = 128
    (tmp_path / f"a{suffix}").write_bytes(encoded(np.dstack([picture()[:, :, ::-1], alpha]), suffix))
    image = read_image(tmp_path / f"a{suffix}")
    assert image[30, 5].tolist() == [255, 255, 255]
    assert image[5, 50].tolist() == [127, 127, 255]
    assert image[35, 50].tolist() == [0, 0, 0]


def test_sixteen_bit_and_grayscale(tmp_path):
    gray = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(encoded(gray, ".png"))
    image = read_image(tmp_path / "a.png")
    assert image.shape == (64, 64, 3)
    assert image.dtype == np.uint8
    assert np.abs(image[:, :, 0].astype(int) - gray // 257).max() <= 1
    assert np.array_equal(image[:, :, 0], image[:, :, 2])


def test_what_cannot_be_read_is_one_sentence(tmp_path):
    jpeg = encoded(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8), ".jpg")
    cases = {
        "empty.jpg": (b"", "empty"),
        "text.jpg": (b"not an image", "Cannot read"),
        "cut.jpg": (jpeg[: len(jpeg) // 2], "cut off"),
        "cut.png": (encoded(picture(), ".png")[:80], "cut off"),
        # the end marker of the embedded thumbnail must not pass for the picture's own
        "thumbnail.jpg": (with_orientation(jpeg, 1, b"\xff\xd8\xff\xd9")[:600], "cut off"),
        "zip.task": (b"PK\x03\x04" + b"\0" * 100, "Cannot read"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PosetuneError, match=words) as caught:
            read_image(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(PosetuneError, match="No such file"):
        read_image(tmp_path / "missing.jpg")
    with pytest.raises(PosetuneError, match="directory"):
        read_image(tmp_path)


def test_arrays_are_checked_and_made_rgb():
    rgb = picture()
    assert np.array_equal(as_rgb(rgb), rgb)
    assert as_rgb(rgb[:, ::-1]).flags.c_contiguous
    assert as_rgb(rgb[:, :, 0]).shape == as_rgb(rgb[:, :, :1]).shape == (40, 60, 3)
    rgba = np.dstack([rgb, np.zeros((40, 60), np.uint8)])
    assert (as_rgb(rgba) == 255).all()


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((4, 4, 3), np.float32), "float32.*255"),
        (np.zeros((4, 4, 3), np.uint16), "uint16"),
        (np.zeros((0, 4, 3), np.uint8), "empty"),
        (np.zeros((4, 4, 2), np.uint8), "shape"),
        (np.zeros((2, 4, 4, 3), np.uint8), "shape"),
        (np.zeros((1, 40_000, 3), np.uint8), "too large"),
        ("photo.jpg", "str"),
        (None, "NoneType"),
    ],
)
def test_arrays_that_are_no_image_are_refused_in_one_sentence(image, words):
    with pytest.raises(PosetuneError, match=words) as caught:
        as_rgb(image)
    assert "\n" not in str(caught.value)


def test_a_small_file_that_claims_many_pixels_is_not_decoded(tmp_path, monkeypatch):
    jpeg = encoded(picture(), ".jpg")
    start = jpeg.index(b"\xff\xc0") + 5
    files = {
        "bomb.jpg": jpeg[:start] + b"\xff\xff\xff\xff" + jpeg[start + 4 :],
        "bomb.png": encoded(picture(), ".png").replace(struct.pack(">II", 60, 40), struct.pack(">II", 12000, 12000)),
    }
    monkeypatch.setattr("posetune.runtime.images.decode_image", lambda _: pytest.fail("it was decoded"))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PosetuneError, match=rf"{name} claims \d+×\d+ pixels.*OPENCV_IO_MAX_IMAGE_PIXELS"):
            read_image(tmp_path / name)


def test_the_user_sets_how_many_pixels_are_read(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(encoded(picture(), ".png"))
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "2399")
    with pytest.raises(PosetuneError, match="claims 60×40"):
        read_image(tmp_path / "a.png")
    monkeypatch.setenv("OPENCV_IO_MAX_IMAGE_PIXELS", "2400")
    assert read_image(tmp_path / "a.png").shape == (40, 60, 3)
