"""What workers do for videos, a short piece at a time, so that live requests come between the pieces.

Each piece brings all that it takes to do it anywhere: whoever did the piece before may be dead. A worker that did it has the video
open at the right frame, which is only faster.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from posetune.coach import ranges as coach_ranges
from posetune.coach.report.faces import Face, blur
from posetune.errors import PosetuneError
from posetune.opencv import cv2
from posetune.runtime.image_header import image_size
from posetune.runtime.images import decode_image
from posetune.runtime.tiles import Tiles
from posetune.runtime.track import SMOOTHINGS, Tracker
from posetune.runtime.track_memory import memory_of, remember
from posetune.runtime.video import ATTEMPTS, Frame, VideoReader, open_video, packet_times
from posetune.runtime.video_looks import VideoLooks
from posetune.serve.jobs import film
from posetune.serve.pool.context import Context, Network, Refused
from posetune.serve.pool.picture import person
from posetune.serve.settings import Limits

#: Videos that a worker holds open.
_MOST_OPEN = 4
#: Videos whose frames are asked for one by one: two that are compared.
_MOST_STEPPED = 2
#: A frame's time is a table's to this, seconds.
_SAME_TIME = 1e-4
#: A rate is constant if no frame is shown shorter or longer than the usual by more than this: times in whole ms are off by 1.
_CONSTANT_S, _CONSTANT_PART = 0.0021, 0.02
#: How far before a frame to jump, seconds, before its number is looked for by its time.
_RUN_UPS = (0.0, 0.5, 2.0, 8.0)
#: So many frames are read on to one that was asked for, before a jump is faster.
_READ_ON = 60
#: What the frames that were decoded lately may take.
_KEPT_BYTES = 96 * 2**20
_JPEG_QUALITY = 90


@dataclass
class _Open:
    """A video that is read from its beginning on; ``at``: the number of the next frame."""

    reader: VideoReader
    frames: Iterator[Frame]
    at: int = 0
    tracker: Tracker | None = None


def probe(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Open the video ``path`` and count its pictures, decoding one. Gives width and height as it is shown, frames, duration_s,
    whether the frame rate varies, and when each should be shown (``times``).

    Raises PosetuneError where it cannot be read, Refused where it is larger than is taken.
    """
    path, limits = Path(payload["path"]), context.limits
    times = []
    for at in packet_times(path):
        times.append(at)
        if len(times) > limits.video_frames or at - times[0] > limits.video_seconds + 1:
            raise _too_long(limits)
    if not times:
        raise Refused(422, "The video has no frames that can be read; was its recording cut short?")
    reader = _reader(path, limits)
    next(reader.frames())
    reader._capture.release()
    shown = np.sort(np.array(times))
    gaps = np.diff(shown)
    usual = float(np.median(gaps)) if len(gaps) else 0.04
    uneven = np.abs(gaps - usual) > max(_CONSTANT_S, _CONSTANT_PART * usual)
    return {
        "width": reader.width,
        "height": reader.height,
        "frames": len(times),
        "duration_s": round(float(shown[-1] - shown[0]) + usual, 4),
        "variable_rate": bool(uneven[: len(uneven) - 1].any()),  # the last one may be cut
        "times": shown.tolist(),
    }


def _too_long(limits: Limits) -> Refused:
    most = f"{limits.video_seconds / 60:.0f} minutes and {limits.video_frames} frames"
    return Refused(413, f"The video is longer than the {most} that are taken; cut it.")


def _reader(path: Path, limits: Limits) -> VideoReader:
    try:
        reader = VideoReader(path)
    except PosetuneError as error:
        raise Refused(
            422, "The video cannot be decoded: it is damaged or cut off; copy it again, or convert it to MP4."
        ) from error
    if max(reader.width, reader.height) > limits.video_side:
        raise Refused(
            413, f"The frames have {reader.width}×{reader.height} px, and at most {limits.video_side} a side are taken."
        )
    return reader


def _opened(context: Context, key: str, path: str, first: int) -> _Open:
    """The video, at its frame ``first``; held open for the next piece."""
    videos: OrderedDict[str, _Open] = context.kept.setdefault("videos", OrderedDict())
    video = videos.pop(key, None)
    if video is not None and video.at != first:
        video.reader._capture.release()
        video = None
    if video is None:
        reader = _reader(Path(path), context.limits)
        video = _Open(reader, reader.frames())
        while video.at < first and next(video.frames, None) is not None:
            video.at += 1
    while len(videos) >= _MOST_OPEN:
        videos.popitem(last=False)[1].reader._capture.release()
    videos[key] = video
    return video


def _forget(context: Context, key: str) -> None:
    video = context.kept.get("videos", {}).pop(key, None)
    if video is not None:
        video.reader._capture.release()


def track(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Follow the people through some frames of the video ``path``, from number ``first`` on, for about ``seconds``.

    ``memory``: what the piece before gave; ``key``: of the job and its attempt. Gives ``frames``, the JSON of each; ``times``;
    ``memory``; and at the end of the video ``ended`` and what of it is missing (``shortfall``, a sentence or "").
    """
    began, limits = time.monotonic(), context.limits
    network = msgspec.convert(payload["network"], Network)
    video = _opened(context, payload["key"], payload["path"], payload["first"])
    if video.tracker is None:
        video.tracker = _tracker(context, network, payload)
        if payload["memory"] is not None:
            remember(video.tracker, payload["memory"])
    ranges = coach_ranges.checked({"ranges": payload["ranges"]})
    lines: list[bytes] = []
    times: list[float] = []
    ended, shortfall = False, ""
    while time.monotonic() - began < payload["seconds"] or not lines:
        frame = next(video.frames, None)
        if frame is None:
            ended, shortfall = True, _missing(video.reader)
            _forget(context, payload["key"])
            break
        if video.at >= limits.video_frames or frame.seconds > limits.video_seconds + 1:
            raise _too_long(limits)
        if max(frame.rgb.shape) > limits.video_side:
            raise Refused(413, f"The frames become larger than {limits.video_side} px a side.")
        poses = video.tracker(frame.rgb, frame.seconds)
        video.at += 1
        content = {
            "index": video.at - 1,
            "time_s": round(frame.seconds, 6),
            "people": [person(p, ranges) for p in poses],
        }
        lines.append(msgspec.json.encode(content))
        times.append(round(frame.seconds, 6))
    return {
        "frames": lines,
        "times": times,
        "memory": memory_of(video.tracker),
        "ended": ended,
        "shortfall": shortfall,
        "width": video.reader.width,
        "height": video.reader.height,
    }


def _tracker(context: Context, network: Network, payload: dict[str, Any]) -> Tracker:
    landmarker = context.landmarker(network)
    looks = VideoLooks(landmarker, payload["max_people"], Tiles.of(payload["tiles"]), None)
    return Tracker(looks, payload["max_people"], SMOOTHINGS[payload["smooth"]])


def _missing(reader: VideoReader) -> str:
    """What of a video could not be read, in words."""
    said = []
    if reader.damaged:
        said.append(f"{reader.damaged} damaged frames were passed over")
    shortfall = reader.shortfall()
    if shortfall is not None:
        said.append(shortfall)
    return f"The video is damaged or cut off: {'; '.join(said)}." if said else ""


def live(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """The people in one frame of a camera, ``jpeg``, that is shown at ``seconds``. ``memory``: what the frame before gave, or None.

    Raises Refused for what is no JPEG of a size that is taken.
    """
    size = image_size(payload["jpeg"])
    if not payload["jpeg"].startswith(b"\xff\xd8\xff") or size is None:
        raise Refused(415, "A frame must be a JPEG.")
    if size[0] * size[1] > payload["most_pixels"]:
        raise Refused(413, f"A frame has {size[0]}×{size[1]} px; send it smaller, 640 px wide is enough.")
    rgb = decode_image(payload["jpeg"])
    if rgb is None:
        raise Refused(422, "The frame is damaged.")
    tracker = _tracker(context, msgspec.convert(payload["network"], Network), payload)
    if payload["memory"] is not None:
        remember(tracker, payload["memory"])
        if payload["seconds"] <= tracker._now:  # a clock that was set back: begin anew
            tracker = _tracker(context, msgspec.convert(payload["network"], Network), payload)
    ranges = coach_ranges.checked({"ranges": payload["ranges"]})
    poses = tracker(rgb, payload["seconds"])
    people = msgspec.json.encode([person(p, ranges) for p in poses])
    return {"people": people, "memory": memory_of(tracker), "width": rgb.shape[1], "height": rgb.shape[0]}


def frame(context: Context, payload: dict[str, Any]) -> bytes:
    """The frame ``index`` of the video ``path`` as JPEG. ``times``: those of the frames from ``begin`` on up to it, seconds;
    ``faces``: circles in px of it that are to be unrecognisable.
    """
    bgr = _frame(context, payload)
    if payload["faces"]:
        bgr = bgr.copy()
        blur(bgr, [Face(*circle) for circle in payload["faces"]])
    side = max(bgr.shape[:2])
    if side > payload["side"]:
        shrink = payload["side"] / side
        size = (max(1, round(bgr.shape[1] * shrink)), max(1, round(bgr.shape[0] * shrink)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))[1].tobytes()


def _frame(context: Context, payload: dict[str, Any]) -> np.ndarray:
    """One of those that were decoded lately; the next frames where the last one was just before; by a jump where its time says
    which it is; else from the beginning.
    """
    videos: OrderedDict[str, _Kept] = context.kept.setdefault("frames", OrderedDict())
    kept = videos.pop(payload["key"], None) or _Kept(open_video(Path(payload["path"])))
    videos[payload["key"]] = kept
    while len(videos) > _MOST_STEPPED:
        videos.popitem(last=False)[1].capture.release()
    index = payload["index"]
    if (
        index not in kept.frames
        and not (0 <= index - kept.at < _READ_ON and kept.read_to(index))
        and not _jump(kept, payload)
    ):
        kept.capture.release()
        kept.capture, kept.at = open_video(Path(payload["path"])), 0
        kept.read_to(index)
    if index not in kept.frames:
        raise Refused(404, "The video has no such frame.")
    return kept.frames[index]


@dataclass
class _Kept:
    """A video whose frames are asked for one by one; ``at``: the number of the next; ``frames``: the last ones, BGR."""

    capture: Any
    at: int = 0
    frames: OrderedDict[int, np.ndarray] = field(default_factory=OrderedDict)

    def read_to(self, index: int) -> bool:
        """Decode frames up to ``index``; False where there is no such frame."""
        while self.at <= index:
            bgr = self.read()
            if bgr is None:
                return False
            self.put(self.at, bgr)
            self.at += 1
        return True

    def read(self) -> np.ndarray | None:
        for _ in range(ATTEMPTS):  # damaged frames are passed over, as when people were followed
            read, bgr = self.capture.read()
            if read and bgr is not None:
                found: np.ndarray = bgr
                return found
        return None

    def put(self, index: int, bgr: np.ndarray) -> None:
        self.frames[index] = bgr
        self.frames.move_to_end(index)
        while len(self.frames) > 1 and len(self.frames) * bgr.nbytes > _KEPT_BYTES:
            self.frames.popitem(last=False)


def _jump(kept: _Kept, payload: dict[str, Any]) -> bool:
    """Go to the frame by its time. A jump lands somewhere near what was asked for: only a time that the table has tells where."""
    times = {round(t / _SAME_TIME): payload["begin"] + i for i, t in enumerate(payload["times"])}
    if len(times) < len(payload["times"]):
        return False
    wanted = payload["times"][-1]
    for run_up in _RUN_UPS:
        kept.capture.set(cv2.CAP_PROP_POS_MSEC, max(0.0, wanted - run_up) * 1000)
        for _ in range(len(payload["times"]) + 1):
            bgr = kept.read()
            if bgr is None:
                break
            at = kept.capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            number = times.get(round(at / _SAME_TIME))
            if number is not None:
                kept.put(number, bgr)
                kept.at = number + 1
                if kept.read_to(payload["index"]):
                    return True
                break
            if at > wanted:
                break
    return False


def clip(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Some frames of the video ``path`` as VP8, from number ``first`` on, for about ``seconds`` and at most ``count``.

    ``lines``: the JSON of the frames, with the people to be drawn; None for the video as it is. Gives ``packets`` ([bytes, key]
    each), ``times_ms`` and ``size``; fewer than asked for, and ``ended``, where the video ends.
    """
    began = time.monotonic()
    video = _opened(context, "film-" + payload["key"], payload["path"], payload["first"])
    size = film.film_size(video.reader.width, video.reader.height)
    pictures: list[np.ndarray] = []
    times: list[int] = []
    ended = False
    while len(pictures) < payload["count"] and (time.monotonic() - began < payload["seconds"] or not pictures):
        shown = next(video.frames, None)
        if shown is None:
            ended = True
            break
        video.at += 1
        rgb = shown.rgb
        if rgb.shape[1::-1] != size:
            rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        if payload["lines"] is not None:
            people = msgspec.json.decode(payload["lines"][len(pictures)])["people"]
            film.draw(rgb, people, size[0] / video.reader.width)
        pictures.append(rgb)
        times.append(max(round(shown.seconds * 1000), times[-1] + 1 if times else 0))
    packets = film.encoded(pictures, payload["folder"], payload["fps"]) if pictures else []
    if ended:
        _forget(context, "film-" + payload["key"])
    return {"packets": packets, "times_ms": times, "size": list(size), "ended": ended}


def flags(context: Context, payload: dict[str, Any]) -> list[bytes]:
    """The ``lines`` of frames with their flags by other ``ranges``."""
    ranges = coach_ranges.checked({"ranges": payload["ranges"]})
    from posetune.coach.angles import visible_joints

    lines = []
    for line in payload["lines"]:
        content = msgspec.json.decode(line)
        for one in content["people"]:
            if "names" in one:
                continue
            visible = visible_joints(np.array([math.nan if v is None else v for v in one["visibility"]]))
            found = coach_ranges.flags_of(one["angles"], visible, ranges)
            one["flags"] = [{"joint": f.joint, "kind": f.kind, "value": f.value, "limit": f.limit} for f in found]
        lines.append(msgspec.json.encode(content))
    return lines


def forget(context: Context, payload: dict[str, Any]) -> None:
    """Close whatever is open of the job ``key``, whose files are gone."""
    for key in [key for key in context.kept.get("videos", {}) if payload["key"] in key]:
        _forget(context, key)
    context.kept.get("clips", {}).pop(payload["key"], None)
    context.kept.get("own_points", set()).discard(payload["key"])
    stepped = context.kept.get("frames", {}).pop(payload["key"], None)
    if stepped is not None:
        stepped.capture.release()
