"""Single pictures of a clip for a report: the person with skeleton, what is wrong in red, faces blurred; as data in the page."""

from __future__ import annotations

import base64
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.coach.body import SIDES
from posetune.coach.report.faces import SAME_S, blur, faces_at
from posetune.landmarks import INDEX
from posetune.opencv import cv2
from posetune.progress import Reporter
from posetune.runtime.draw import draw_skeleton, line_width
from posetune.runtime.pose import MIN_VISIBILITY, Pose
from posetune.runtime.video import Frame, VideoReader

Frames = Sequence[tuple[float, Sequence[Pose]]]

_SIDE = 420  # px of a still's longer side
_MARGIN = 0.18  # around the person, in parts of the box
_QUALITY = 82
_RED = (235, 40, 40)


@dataclass(frozen=True)
class Still:
    """Which picture is wanted: of ``person`` at ``time_s``; ``marked``: points whose lines are red; ``window_s``: the picture
    shows where the person is in all of this time, so that several are alike.
    """

    time_s: float
    person: Sequence[int]
    marked: Sequence[str] = ()
    window_s: tuple[float, float] | None = None


def stills(video: Path, frames: Frames, wanted: Iterable[Still], faces: bool, report: Reporter) -> Mapping[Still, str]:
    """Each of ``wanted`` as a data URI (JPEG). ``frames``: what was found in ``video``, with its times; ``faces``: show them.

    Raises PosetuneError if the video can no longer be read; one that is shorter than it was lacks its last stills.
    """
    waiting = sorted(set(wanted), key=lambda still: still.time_s)
    found: dict[Still, str] = {}
    if not waiting:
        return found
    for n, frame in enumerate(VideoReader(video).frames(), 1):
        report.progress("frames for pictures", n, None)
        while waiting and frame.seconds >= waiting[0].time_s - SAME_S:
            still = waiting.pop(0)
            found[still] = _uri(_still(frame, frames, still, faces))
        if not waiting:
            break
    return found


def people_at(frames: Frames, time_s: float) -> Sequence[Pose]:
    """Who was found in the picture at ``time_s``."""
    n = bisect_left(frames, time_s - SAME_S, key=lambda frame: frame[0])
    return frames[n][1] if n < len(frames) and abs(frames[n][0] - time_s) <= SAME_S else ()


def own(people: Sequence[Pose], ids: Sequence[int]) -> Pose | None:
    """Who of ``people`` has one of ``ids``."""
    return next((p for p in people if (p.id or 1) in ids), None)


def _still(frame: Frame, frames: Frames, still: Still, faces: bool) -> np.ndarray:
    canvas = frame.rgb.copy()
    if not faces:
        blur(canvas, faces_at(frames, frame.seconds))
    pose = own(people_at(frames, frame.seconds), still.person)
    window = _window(canvas, frames, still)
    if pose is not None:
        draw_skeleton(canvas, pose.landmarks_px, pose.visibility >= MIN_VISIBILITY, skeleton=pose.skeleton)
        draw_marked(canvas, pose, still.marked)
    left, top, right, bottom = window
    part = canvas[top:bottom, left:right]
    shrink = min(1.0, _SIDE / max(part.shape[:2]))
    size = max(1, round(part.shape[1] * shrink)), max(1, round(part.shape[0] * shrink))
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA)


def draw_marked(canvas: np.ndarray, pose: Pose, names: Sequence[str]) -> None:
    """Lines from point to point of ``names``, each side by itself, in red onto ``canvas`` (H, W, 3) uint8 RGB, in place."""
    if not names or pose.skeleton.count != len(INDEX):
        return
    width = max(2, round(line_width(canvas, pose.landmarks_px)))
    for side in SIDES:
        points = pose.landmarks_px[[INDEX[name] for name in names if name.startswith(side)], :2]
        if len(points) and np.isfinite(points).all() and (np.abs(points) < 10 * max(canvas.shape)).all():
            where = points.round().astype(np.int32)
            cv2.polylines(canvas, [where], False, _RED, 2 * width, cv2.LINE_AA)
            for x, y in where.tolist():
                cv2.circle(canvas, (x, y), 2 * width, _RED, cv2.FILLED, cv2.LINE_AA)


def _window(canvas: np.ndarray, frames: Frames, still: Still) -> tuple[int, int, int, int]:
    """Left, top, right, bottom px around the person over the still's time; all of the picture if nobody is there."""
    begin, end = still.window_s or (still.time_s, still.time_s)
    height, width = canvas.shape[:2]
    boxes = []
    for time_s, people in frames:
        if begin - 0.05 <= time_s <= end + 0.05 and (pose := own(people, still.person)) is not None:
            x, y, w, h = pose.box_px
            if np.isfinite([x, y, w, h]).all():
                boxes.append((x, y, x + w, y + h))
    if not boxes:
        return 0, 0, width, height
    left, top = np.min(boxes, axis=0)[:2]
    right, bottom = np.max(boxes, axis=0)[2:]
    spare = _MARGIN * max(right - left, bottom - top) + 4
    left, top = max(0, round(left - spare)), max(0, round(top - spare))
    right, bottom = min(width, round(right + spare)), min(height, round(bottom + spare))
    return (left, top, right, bottom) if right - left > 8 and bottom - top > 8 else (0, 0, width, height)


def _uri(rgb: np.ndarray) -> str:
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode("ascii")
