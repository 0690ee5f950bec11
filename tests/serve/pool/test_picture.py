"""A stranger's picture is looked at by its head before a decoder sees it."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from posetune.coach.ranges import Range
from posetune.runtime.images import read_image
from posetune.serve.pool import picture
from posetune.serve.pool.context import Refused
from posetune.serve.settings import Limits
from posetune.skeleton import infer

PNG = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_bomb(width: int, height: int) -> bytes:
    """A grey PNG of so many pixels in a few kB."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return PNG + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def _encoded(suffix: str, size: int = 32) -> bytes:
    return cv2.imencode(suffix, np.full((size, size, 3), 90, np.uint8))[1].tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_the_three_kinds_are_taken(suffix):
    picture.check(_encoded(suffix), Limits())


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 422, "empty"),
        (b"hello", 415, "no picture that is known"),
        (_encoded(".bmp"), 415, "a BMP"),
        (_encoded(".tiff"), 415, "a TIFF"),
        (_encoded(".ppm"), 415, "PNM"),
        (b"GIF89a" + bytes(50), 415, "a GIF"),
        (b"%PDF-1.7", 415, "a PDF"),
        (b"PK\3\4" + bytes(50), 415, "a network"),
        (bytes(4) + b"TFL3" + bytes(50), 415, "a network"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "SVG"),
        (bytes(4) + b"ftypheic", 415, "HEIC"),
        (bytes(4) + b"ftypisom", 415, "a video"),
        (b"\x1aE\xdf\xa3", 415, "a video"),
        (b"RIFF\0\0\0\0AVI ", 415, "a video"),
        (b"ffconcat version 1.0\nfile other.jpg", 415, "no picture"),
        (b"#?RADIANCE\n", 415, "no picture"),
        (PNG, 422, "damaged"),
        (b"\xff\xd8\xff\xe0", 422, "damaged"),
        (b"RIFF\0\0\0\0WEBPVP8 ", 422, "damaged"),
        (png_bomb(0, 10), 422, "0×10"),
        (png_bomb(12_000, 12_000), 413, "12000×12000"),
        (png_bomb(2**31 - 1, 2**31 - 1), 413, "shrink it"),
    ],
)
def test_what_is_refused_says_what_it_is(content, status, said):
    with pytest.raises(Refused) as caught:
        picture.check(content, Limits())
    assert caught.value.status == status
    assert said in caught.value.detail


def test_a_picture_that_moves_is_refused():
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    apng = PNG + png_chunk(b"IHDR", head) + png_chunk(b"acTL", struct.pack(">II", 7, 0)) + png_chunk(b"IEND", b"")
    with pytest.raises(Refused) as caught:
        picture.check(apng, Limits())
    assert caught.value.status == 415


def test_forty_million_pixels_are_the_most(web_server):
    """Through the server: refused by the head, before anything of that size is in memory."""
    answer = web_server.predict(png_bomb(12_000, 12_000), media="image/png")
    assert answer.status == 413
    assert web_server.services.pool.deaths == 0


def test_a_cut_off_picture_is_told(web_server, photo):
    answer = web_server.predict(photo[: len(photo) // 2])
    assert answer.status == 422
    assert "cut off" in answer.json()["detail"]


def test_a_damaged_picture_is_told_without_a_path(web_server):
    damaged = PNG + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)) + png_chunk(b"IEND", b"")
    answer = web_server.predict(damaged, media="image/png")
    assert answer.status == 422
    assert "/" not in answer.json()["detail"]


def test_a_person_of_points_of_its_own_has_their_names(web_server, photo):
    from posetune.runtime.load import load

    with load("lite", threads=1) as landmarker:
        (pose,) = landmarker.predict(read_image(photo))
    own = infer(["left_knee", "bar"], flip_pairs=[])
    from dataclasses import replace

    two = replace(
        pose,
        skeleton=own,
        landmarks_px=pose.landmarks_px[:2],
        visibility=pose.visibility[:2],
        world=pose.world[:2] * np.nan,
    )
    entry = picture.person(two, {})
    assert entry["names"] == ["left_knee", "bar"]
    assert set(entry["angles"].values()) == {None}
    straight = picture.person(pose, {"left_knee": Range(0, 90)})
    assert [flag["joint"] for flag in straight["flags"]] == ["left_knee"]
