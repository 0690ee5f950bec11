"""Uploads of people who mean harm, or whose programs are broken: name → (content, media type). None is longer than 2 MB."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import cv2
import numpy as np

PNG = b"\x89PNG\r\n\x1a\n"
MP4_HEAD = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(
    width: int, height: int, rows: bytes | None = None, before: bytes = b"", depth: int = 8, interlace: int = 0
) -> bytes:
    """A grey PNG; ``rows``: its packed rows, by default far too few; ``before``: chunks before them."""
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, interlace)
    rows = zlib.compress(bytes(1_000_000), 9) if rows is None else rows
    return PNG + png_chunk(b"IHDR", head) + before + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def encoded(suffix: str, size: int = 48, *options: int) -> bytes:
    """A grey-blue picture as OpenCV writes it."""
    picture = np.full((size, size, 3), (200, 120, 90), np.uint8)
    return cv2.imencode(suffix, picture, list(options))[1].tobytes()


def with_segment(jpeg: bytes, marker: int, content: bytes) -> bytes:
    """``jpeg`` with a segment behind its start."""
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def gps(marker: bytes) -> bytes:
    """An EXIF segment with a place on earth in it, and ``marker``."""
    entry = struct.pack(">HHI", 0x8825, 4, 1) + struct.pack(">I", 26)
    place = struct.pack(">H", 1) + struct.pack(">HHI", 1, 2, 2) + b"N\0\0\0" + bytes(4)
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + entry + bytes(4) + place + marker


def giant_jpeg() -> bytes:
    """A JPEG whose head claims 65,500 px a side."""
    jpeg = encoded(".jpg")
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", 65_500, 65_500) + jpeg[at + 4 :]


def many_scans() -> bytes:
    """A JPEG in a thousand passes: each costs as much as the whole picture."""
    jpeg = encoded(".jpg", 48, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    at = jpeg.rindex(b"\xff\xda")
    return jpeg[:-2] + jpeg[at:-2] * 1000 + b"\xff\xd9"


def zipped(*members: tuple[str, bytes], deflated: bool = False, link: bool = False) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if link else 0o100644) << 16
            info.compress_type = archive.compression
            archive.writestr(info, content)
    return stream.getvalue()


def noise(count: int, seed: int = 5) -> bytes:
    return random.Random(seed).randbytes(count)


JPEG, PNG_TYPE, WEBP = "image/jpeg", "image/png", "image/webp"
ZBOMB = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9))

#: Sent to /api/v1/predict: refused with 4xx, or answered with 200 where the picture is one after all.
PICTURES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", JPEG),
    "one byte": (lambda: b"\xff", JPEG),
    "the start of a JPEG alone": (lambda: b"\xff\xd8\xff", JPEG),
    "the start of a PNG alone": (lambda: PNG, PNG_TYPE),
    "JPEG cut in the head": (lambda: encoded(".jpg")[:100], JPEG),
    "JPEG cut in the picture": (lambda: encoded(".jpg")[:-20], JPEG),
    "PNG cut": (lambda: encoded(".png")[:-20], PNG_TYPE),
    "WebP cut": (lambda: encoded(".webp")[:-20], WEBP),
    "PNG of 12,000 px a side in 1 kB": (lambda: png(12_000, 12_000), PNG_TYPE),
    "PNG of two billion px a side": (lambda: png(2**31 - 1, 2**31 - 1), PNG_TYPE),
    "PNG of more px than 64 bit": (lambda: png(2**32 - 1, 2**32 - 1), PNG_TYPE),
    "PNG without width": (lambda: png(0, 10), PNG_TYPE),
    "PNG a million px long": (lambda: png(1_000_000, 1), PNG_TYPE),
    "PNG with too few rows": (lambda: png(64, 64, zlib.compress(bytes(100))), PNG_TYPE),
    "PNG with rows that are none": (lambda: png(64, 64, noise(500)), PNG_TYPE),
    "PNG of a depth that is none": (lambda: png(64, 64, depth=7), PNG_TYPE),
    "PNG of 6,000 px, interlaced, of noise": (lambda: png(6000, 6000, noise(20_000), interlace=1), PNG_TYPE),
    "PNG with a text of 50 MB packed": (lambda: png(64, 64, zlib.compress(bytes(65 * 64)), ZBOMB), PNG_TYPE),
    "PNG with a profile of 50 MB packed": (
        lambda: png(64, 64, zlib.compress(bytes(65 * 64)), png_chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(50_000_000), 9))),
        PNG_TYPE,
    ),
    "PNG with a wrong checksum": (lambda: encoded(".png")[:40] + b"\0" + encoded(".png")[41:], PNG_TYPE),
    "PNG that moves": (
        lambda: png(64, 64, zlib.compress(bytes(65 * 64)), png_chunk(b"acTL", struct.pack(">II", 9, 0))), PNG_TYPE,
    ),
    "PNG that moves, said late": (
        lambda: png(
            64, 64, zlib.compress(bytes(65 * 64)), png_chunk(b"tEXt", bytes(9000)) + png_chunk(b"acTL", bytes([0, 0, 0, 9] * 2))
        ),
        PNG_TYPE,
    ),
    "JPEG of 65,500 px a side": (giant_jpeg, JPEG),
    "JPEG in a thousand passes": (many_scans, JPEG),
    "JPEG with a GPS position": (lambda: with_segment(encoded(".jpg"), 0xE1, gps(b"HERE")), JPEG),
    "JPEG with an EXIF that is none": (lambda: with_segment(encoded(".jpg"), 0xE1, b"Exif\0\0" + noise(5000)), JPEG),
    "JPEG with an EXIF that points at itself": (
        lambda: with_segment(encoded(".jpg"), 0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"), JPEG,
    ),
    "JPEG with a segment longer than the file": (lambda: encoded(".jpg")[:2] + b"\xff\xe1\xff\xff" + encoded(".jpg")[2:], JPEG),
    "JPEG with tables that are none": (lambda: encoded(".jpg").replace(b"\xff\xc4", b"\xff\xcc"), JPEG),
    "JPEG of noise": (lambda: encoded(".jpg")[:300] + noise(5000) + b"\xff\xd9", JPEG),
    "JPEG and ZIP in one": (lambda: encoded(".jpg") + zipped(("a.html", b"<script>alert(1)</script>")), JPEG),
    "JPEG and web page in one": (lambda: with_segment(encoded(".jpg"), 0xFE, b"<script>alert(1)</script>"), JPEG),
    "JPEG named as PNG": (lambda: encoded(".jpg"), PNG_TYPE),
    "WebP of noise": (lambda: b"RIFF" + struct.pack("<I", 5004) + b"WEBPVP8 " + noise(5000), WEBP),
    "WebP that moves": (
        lambda: b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X\x0a\0\0\0\x02\0\0\0\x3f\0\0\x3f\0\0" + b"ANMF\x10\0\0\0" + bytes(16)
        + b"ANMF\x10\0\0\0" + bytes(16), WEBP,
    ),
    "WebP of 16,383 px a side": (
        lambda: b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f" + struct.pack("<I", 16382 | 16382 << 14) + bytes(13), WEBP,
    ),
    "GIF": (lambda: b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(6) + b"\x2c\0\0\0\0\x01\0\x01\0\0\2\2D\1\0;", JPEG),
    "BMP": (lambda: encoded(".bmp"), JPEG),
    "TIFF": (lambda: encoded(".tiff"), JPEG),
    "PNM": (lambda: encoded(".ppm"), JPEG),
    "PNM of a million px a side": (lambda: b"P5 1000000 1000000 255\n", JPEG),
    "PFM": (lambda: b"PF\n9 9\n-1.0\n" + bytes(972), JPEG),
    "Sun raster": (lambda: encoded(".ras"), JPEG),
    "Radiance HDR": (lambda: encoded(".hdr") if cv2.haveImageWriter("x.hdr") else b"#?RADIANCE\n", JPEG),
    "JPEG 2000": (lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + noise(500), JPEG),
    "OpenEXR": (lambda: b"v/1\1\2\0\0\0" + noise(500), JPEG),
    "AVIF": (lambda: b"\0\0\0\x1cftypavif" + noise(500), JPEG),
    "HEIC": (lambda: b"\0\0\0\x18ftypheic" + noise(500), JPEG),
    "SVG with a script": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", JPEG),
    "SVG that fetches a URL": (lambda: b"<?xml version='1.0'?><svg><image href='http://127.0.0.1:1/'/></svg>", PNG_TYPE),
    "ImageMagick's script": (lambda: b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1:1/'", JPEG),
    "PostScript": (lambda: b"%!PS\n(%pipe%id) (r) file", JPEG),
    "PDF": (lambda: b"%PDF-1.7\n" + noise(300), JPEG),
    "web page": (lambda: b"<!doctype html><script>alert(1)</script>", JPEG),
    "playlist (ffconcat)": (lambda: b"ffconcat version 1.0\nfile body\n", JPEG),
    "playlist (HLS)": (lambda: b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", JPEG),
    "session description": (lambda: b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n", JPEG),
    "video": (lambda: MP4_HEAD + noise(500), JPEG),
    "ZIP": (lambda: zipped(("a", b"b")), JPEG),
    "noise": (lambda: noise(100_000), JPEG),
    "two megabytes of zeros": (lambda: bytes(2_000_000), JPEG),
    "pickle": (lambda: b"\x80\4\x95\x1a\0\0\0\0\0\0\0\x8c\5posix\x8c\6system\x93\x8c\4true\x85R.", JPEG),
}  # fmt: skip

_D, _L = "pose_detector.tflite", "pose_landmarks_detector.tflite"
#: Sent to /api/v1/networks: all refused with 4xx.
NETWORKS: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "picture": lambda: encoded(".jpg"),
    "pickle": lambda: b"\x80\4\x95\x1a\0\0\0\0\0\0\0\x8c\5posix\x8c\6system\x93\x8c\4true\x85R.",
    "ZIP that is none": lambda: b"PK\3\4" + noise(5000),
    "ZIP without an end": lambda: zipped((_D, noise(5000)), (_L, noise(5000)))[:-40],
    "ZIP of other files": lambda: zipped(("a.txt", b"a")),
    "ZIP that unpacks to more than is taken": lambda: zipped((_D, bytes(135_000_000)), (_L, b"x"), deflated=True),
    "ZIP of a thousand members": lambda: zipped(*((f"{i}", b"x") for i in range(1000))),
    "ZIP with paths upwards": lambda: zipped(("../../../../tmp/evil", b"x"), (_D, b"x"), (_L, b"x")),
    "ZIP with absolute paths": lambda: zipped(("/etc/evil", b"x"), (_D, b"x"), (_L, b"x")),
    "ZIP of links": lambda: zipped((_D, b"/etc/passwd"), (_L, b"/etc/passwd"), link=True),
    "ZIP within a ZIP": lambda: zipped((_D, zipped((_D, b"x"))), (_L, zipped((_L, b"x")))),
    "bundle of noise": lambda: zipped((_D, noise(5000)), (_L, noise(5000))),
    "bundle of noise with the right marks": lambda: zipped(
        (_D, b"\x1c\0\0\0TFL3" + noise(5000)), (_L, b"\x1c\0\0\0TFL3" + noise(5000))
    ),
    "network of noise": lambda: b"\x1c\0\0\0TFL3" + noise(50_000),
    "network whose root lies outside": lambda: b"\xff\xff\xff\x7fTFL3" + bytes(1000),
    "network of zeros": lambda: b"\0\0\0\0TFL3" + bytes(1000),
    "text": lambda: b"model: http://127.0.0.1:1/pose.task",
}
