"""Frames of a video encoded to VP8, in a worker: some at a time, as they are or with the people drawn on them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posetune import landmarks
from posetune.coach.drawn import drawn_skeleton
from posetune.opencv import cv2
from posetune.runtime.draw import line_width
from posetune.runtime.pose import MIN_VISIBILITY
from posetune.serve.jobs.webm import packets_in
from posetune.serve.pool.context import Refused

#: px of the longer side of a film.
FILM_SIDE = 1280
#: RGB by region, as the pages draw them (pages/css/tokens.css).
REGION_COLOURS = {
    "upper_limbs": (0x3D, 0x9B, 0xFF),
    "lower_limbs": (0x2F, 0xD2, 0x7D),
    "trunk": (0xFF, 0xC4, 0x4D),
    "face": (0xD3, 0xA4, 0xFF),
}
BEYOND = (0xFF, 0x3B, 0x3B)
_OUTLINE = (20, 20, 24)


def film_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) px of a film of frames of this size: not larger than FILM_SIDE, even."""
    shrink = min(1.0, FILM_SIDE / max(width, height))
    return max(2, round(width * shrink / 2) * 2), max(2, round(height * shrink / 2) * 2)


def encoded(frames: Sequence[np.ndarray], folder: str | Path, fps: float) -> list[list[Any]]:
    """RGB ``frames`` of one even size as VP8: [bytes, is it a key] each, the first a key. ``folder``: for a passing file."""
    height, width = frames[0].shape[:2]
    with tempfile.TemporaryDirectory(dir=folder, prefix="film-") as place:
        path = Path(place) / "part.webm"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP80"), min(max(fps, 1.0), 240.0), (width, height))
        if not writer.isOpened():
            raise RuntimeError("this OpenCV cannot write VP8")
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        writer.release()
        packets = packets_in(path.read_bytes())
    if len(packets) != len(frames) or not packets[0].key:
        raise Refused(503, "The film could not be written; is the server's disk full?")  # OpenCV does not say so
    return [[p.data, p.key] for p in packets]


def draw(canvas: np.ndarray, people: Sequence[Mapping[str, Any]], scale: float) -> None:
    """Draw ``people``, as the API has them, onto ``canvas`` (H, W, 3) uint8 RGB, whose px are ``scale`` of theirs."""
    for person in people:
        points = np.array([[np.nan if v is None else v for v in p] for p in person["landmarks_px"]], np.float64) * scale
        if "names" in person:
            _dots(canvas, points)
        else:
            _one(canvas, points, np.array([v or 0.0 for v in person["visibility"]]), person)


def _dots(canvas: np.ndarray, points: np.ndarray) -> None:
    """A network with points of its own: what they mean is not known here."""
    width = line_width(canvas, points)
    for x, y in points[np.isfinite(points[:, :2]).all(axis=1), :2]:
        cv2.circle(canvas, _at(x, y), max(2, round(width)), REGION_COLOURS["trunk"], cv2.FILLED, cv2.LINE_AA)


def _one(canvas: np.ndarray, points: np.ndarray, visibility: np.ndarray, person: Mapping[str, Any]) -> None:
    about = drawn_skeleton()
    near = (np.abs(points[:, :2]) < 10 * max(canvas.shape)).all(axis=1)  # False for NaN, too
    width = line_width(canvas, points[near]) if near.any() else 1.0
    for outline in (True, False):
        for line in about["connections"]:
            a, b = line["a"], line["b"]
            if near[a] and near[b]:
                thin = min(visibility[a], visibility[b]) < MIN_VISIBILITY
                thickness = max(1, round(width / (2 if thin else 1))) + (2 * max(1, round(width / 3)) if outline else 0)
                colour = _OUTLINE if outline else REGION_COLOURS[line["region"]]
                cv2.line(canvas, _at(*points[a, :2]), _at(*points[b, :2]), colour, thickness, cv2.LINE_AA)
    for i in range(landmarks.COUNT):
        if near[i] and visibility[i] >= MIN_VISIBILITY:
            face = about["regions"][i] == "face"
            radius = max(1, round(width * (0.6 if face else 1.1)))
            cv2.circle(
                canvas, _at(*points[i, :2]), radius, REGION_COLOURS[about["regions"][i]], cv2.FILLED, cv2.LINE_AA
            )
    places = {angle["joint"]: angle["b"] for angle in about["angles"]}
    for flag in person.get("flags", ()):
        x, y = points[places[flag["joint"]], :2]
        if near[places[flag["joint"]]]:
            cv2.circle(canvas, _at(x, y), round(width * 3), BEYOND, max(2, round(width)), cv2.LINE_AA)
            cv2.putText(
                canvas,
                "!",
                _at(x + 4 * width, y),
                cv2.FONT_HERSHEY_SIMPLEX,
                max(0.5, width / 5),
                BEYOND,
                max(1, round(width)),
            )


def _at(x: float, y: float) -> tuple[int, int]:
    return round(float(x)), round(float(y))
