"""Sizes and kinds of images without decoding them."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from posetune.runtime.image_header import frame_count, image_size, may_be_transparent

PICTURE = np.zeros((37, 61, 3), np.uint8)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".jpg", []),
        (".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        (".png", []),
        (".webp", [cv2.IMWRITE_WEBP_QUALITY, 80]),
        (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
        (".gif", []),
        (".bmp", []),
        (".tiff", []),
        (".jp2", []),
        (".ppm", []),
        (".avif", []),
    ],
)
def test_the_size_that_opencv_wrote(suffix, options):
    if not cv2.haveImageWriter(f"x{suffix}"):
        pytest.skip(f"this OpenCV writes no {suffix}")
    content = cv2.imencode(suffix, PICTURE, options)[1].tobytes()
    assert image_size(content) == (61, 37)
    assert frame_count(content) == 1
    for length in range(min(len(content), 400)):  # cut off anywhere: nothing is raised
        image_size(content[:length])
        frame_count(content[:length])


def test_other_heads():
    exif = b"\xff\xd8\xff\xe1\0\x10Exif\0\0" + b"\xff\xc0\0\x11\x08\x7f\xff\x7f"  # a marker within a segment is none
    frame = b"\xff\xc2\0\x11\x08" + struct.pack(">HH", 37, 61) + b"\3" + bytes(20)
    assert image_size(exif + frame) == (61, 37)
    big = b"MM\0+\0\x08\0\0" + struct.pack(">QQ", 16, 2)
    big += struct.pack(">HHQIIHHQIIQ", 256, 4, 1, 61, 0, 257, 3, 1, 37 << 16, 0, 0)
    assert image_size(big) == (61, 37)
    assert image_size(b"BM" + bytes(12) + struct.pack("<Iii", 40, 61, -37) + bytes(20)) == (61, 37)
    assert image_size(b"P6 # a remark 1 2\n61 37\n255\n") == (61, 37)
    for content in (b"", b"text", b"PK\3\4" + bytes(60), bytes(200), b"GIF8", b"P6\n", b"II*\0\xff\xff\xff\xff"):
        assert image_size(content) is None
        assert frame_count(content) == 1


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_frames_of_what_moves(suffix, tmp_path):
    animation = cv2.Animation()
    rng = np.random.default_rng(0)
    animation.frames = [rng.integers(0, 255, (20, 30, 4), np.uint8) for _ in range(3)]
    animation.durations = np.array([100, 100, 100])
    path = tmp_path / f"a{suffix}"
    if not cv2.imwriteanimation(str(path), animation):
        pytest.skip(f"this OpenCV writes no moving {suffix}")
    assert frame_count(path.read_bytes()) == 3
    assert image_size(path.read_bytes()) == (30, 20)


def test_transparency_is_ruled_out_by_the_head_alone():
    assert not may_be_transparent(cv2.imencode(".png", PICTURE)[1].tobytes())
    assert not may_be_transparent(cv2.imencode(".jpg", PICTURE)[1].tobytes())
    assert may_be_transparent(cv2.imencode(".png", np.dstack([PICTURE, PICTURE[:, :, 0]]))[1].tobytes())
    assert may_be_transparent(cv2.imencode(".webp", PICTURE)[1].tobytes())
