"""One picture, in a worker: checked by its head, decoded, and its people as JSON."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from posetune.coach import ranges as coach_ranges
from posetune.coach.angles import angles_of, visible_joints
from posetune.opencv import cv2
from posetune.runtime.image_header import frame_count, image_size
from posetune.runtime.images import read_image
from posetune.runtime.mask import on_image
from posetune.runtime.pose import Pose
from posetune.serve.pool.context import Context, Network, Refused
from posetune.serve.settings import Limits
from posetune.skeleton import BLAZEPOSE

#: Passes of a progressive JPEG: programs write about ten, and each costs as much as the picture has pixels.
MOST_SCANS = 64
#: px of the longer side of a mask that is sent.
MASK_SIDE = 1024


def people(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """The people in the picture ``content`` (bytes, or the path of a file), found by ``network``: {"json": …, "people": how many}.

    ``payload``: also ``max_people``, ``tiles``, ``mask`` and ``ranges``, as ``POST /api/v1/predict`` has them. Raises Refused for
    what is no picture that is taken.
    """
    content = payload["content"]
    content = content if isinstance(content, bytes) else Path(content).read_bytes()
    check(content, context.limits)
    rgb = read_image(content)
    network = msgspec.convert(payload["network"], Network)
    landmarker = context.landmarker(network, masks=bool(payload["mask"]))
    poses = landmarker.predict(rgb, payload["max_people"], tiles=payload["tiles"])
    ranges = coach_ranges.checked({"ranges": payload["ranges"]})
    height, width = rgb.shape[:2]
    found = [person(pose, ranges) for pose in poses]
    if payload["mask"]:
        for entry, pose in zip(found, poses, strict=True):
            entry["mask"] = _mask_png(pose, height, width)
    answer = {
        "network": {"name": network.name, "sha256": network.sha256},
        "image": {"width": width, "height": height},
        "people": found,
    }
    return {"json": msgspec.json.encode(answer), "people": len(poses)}


def size(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """{"width", "height"} of the picture ``content`` (bytes, or the path of a file), upright, once it has been decoded. Raises
    Refused for what is no picture that is taken.
    """
    content = payload["content"]
    content = content if isinstance(content, bytes) else Path(content).read_bytes()
    check(content, context.limits)
    height, width = read_image(content).shape[:2]
    return {"width": width, "height": height}


def person(pose: Pose, ranges: coach_ranges.Ranges) -> dict[str, Any]:
    """One of ``people`` of an answer: px rounded to 0.001, visibility and metres to 0.0001, degrees to 0.01; NaN is None."""
    angles = {
        joint: None if a is None else round(a, 2) for joint, a in angles_of(pose.landmarks_px, pose.skeleton).items()
    }
    flags = coach_ranges.flags_of(angles, visible_joints(pose.visibility, pose.skeleton), ranges)
    entry: dict[str, Any] = {
        "score": round(float(pose.score), 5),
        "landmarks_px": _rounded(pose.landmarks_px, 3),
        "visibility": _rounded(pose.visibility, 4),
        "world": _rounded(pose.world, 4),
        "angles": angles,
        "flags": [{"joint": f.joint, "kind": f.kind, "value": f.value, "limit": f.limit} for f in flags],
    }
    if pose.skeleton is not BLAZEPOSE:
        entry["names"] = list(pose.skeleton.names)
    if pose.id is not None:
        entry["id"] = pose.id
    return entry


def check(content: bytes, limits: Limits) -> None:
    """Look at the head of a picture, before a decoder does. Raises Refused for what is none, or is larger than is taken."""
    if not content:
        raise Refused(422, "The body is empty; send the bytes of a picture.")
    if not (content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or content[:4] + content[8:12] == b"RIFFWEBP"):
        raise Refused(415, f"This is {_kind(content)}; pictures are taken as JPEG, PNG or WebP.")
    size = image_size(content)
    if size is None:
        raise Refused(422, "The picture is damaged: its head does not say how large it is; save it again.")
    width, height = size
    if width < 1 or height < 1:
        raise Refused(422, f"The picture is damaged: its head says {width}×{height} pixels; save it again.")
    if width * height > limits.picture_pixels:
        most = limits.picture_pixels // 1_000_000
        raise Refused(413, f"The picture has {width}×{height} pixels; at most {most} million are taken: shrink it.")
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MOST_SCANS:
        raise Refused(422, "The picture comes in more passes than any program writes; save it again.")
    if frame_count(content) > 1:
        raise Refused(415, "The picture moves; send one picture, or a video as MP4, WebM or AVI.")


def _kind(content: bytes) -> str:
    """What a file that is no picture seems to be."""
    for magic, name in (
        (b"PK", "a ZIP file or a network (.task)"),
        (b"GIF8", "a GIF"),
        (b"BM", "a BMP"),
        (b"II", "a TIFF or a raw photograph"),
        (b"MM", "a TIFF or a raw photograph"),
        (b"%PDF", "a PDF"),
        (b"RIFF", "a video or sound"),
        (b"\x1aE\xdf\xa3", "a video"),
        (b"P", "a PNM picture, or text"),
        (b"<", "a web page or SVG"),
    ):
        if content.startswith(magic):
            return name
    if content[4:8] == b"TFL3":
        return "a network (.tflite)"
    if content[4:8] == b"ftyp":
        return "a HEIC or AVIF picture" if content[8:12] in (b"heic", b"heix", b"mif1", b"avif") else "a video"
    return "no picture that is known"


def _rounded(values: np.ndarray, digits: int) -> list[Any]:
    """Lists of floats; NaN becomes null in JSON."""
    return np.round(values.astype(np.float64), digits).tolist()


def _mask_png(pose: Pose, height: int, width: int) -> str:
    """The person's mask as a grey PNG in base64, over the whole picture, at most MASK_SIDE px long."""
    grey = np.rint(on_image(pose, height, width) * 255).astype(np.uint8)
    shrink = MASK_SIDE / max(height, width)
    if shrink < 1:
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return base64.b64encode(cv2.imencode(".png", grey)[1].tobytes()).decode("ascii")
