"""``/api/v1/jobs/{id}/…``: a job's video, its exact frames, films that browsers play, and downloads."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from posetune.serve.api import coach
from posetune.serve.api.jobs import frame_times, job_of, shown
from posetune.serve.jobs import exports
from posetune.serve.operations import Answer, Operation, query_of
from posetune.serve.problem import Problem
from posetune.serve.services import Services

#: px of the longer side of a frame.
MOST_SIDE = 4096
#: Times before a frame that a worker gets to find it by.
_TIMES_BEFORE = 600
#: How long a browser may keep a frame, which never changes.
_FRAME_CACHE = "private, max-age=300, immutable"
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_PRIVATE = "private, no-store"
_MEDIA = {
    "mp4": "video/mp4",
    "mov": "video/mp4",
    "webm": "video/webm",
    "matroska": "video/x-matroska",
    "avi": "video/x-msvideo",
}
_SUFFIX = {"mp4": ".mp4", "mov": ".mov", "webm": ".webm", "matroska": ".mkv", "avi": ".avi"}


class FrameQuery(msgspec.Struct, forbid_unknown_fields=True):
    faces: Annotated[
        Literal["shown", "blurred"], Meta(description="blurred: those of the people who were found are unrecognisable")
    ] = "shown"
    side: Annotated[int, Meta(description="px of the longer side at most", ge=16, le=MOST_SIDE)] = MOST_SIDE


class DownloadQuery(msgspec.Struct, forbid_unknown_fields=True):
    person: Annotated[
        int,
        Meta(description="whose points, where a file has one person (TRC); 0: who is there longest", ge=0, le=10**6),
    ] = 0


async def frame(request: Request) -> Response:
    services, job = await job_of(request)
    query = query_of(request, FrameQuery)
    name = request.path_params["name"]
    number = name.removesuffix(".jpg")
    if number == name or not number.isdecimal() or not number.isascii() or len(number) > 9:
        raise Problem(404, "Frames are numbered: …/frames/0.jpg is the first.")
    times = await frame_times(services, job)
    index = int(number)
    if index >= len(times):
        raise Problem(404, f"There is no frame {index}; the video has {len(times)}.")
    begin = max(0, index - _TIMES_BEFORE)
    payload = {
        "key": job.id,
        "path": str(_original(services, job)),
        "index": index,
        "begin": begin,
        "times": times[begin : index + 1],
        "side": query.side,
        "faces": [],
    }
    if query.faces == "blurred":
        if index >= job.done:  # nobody has looked for faces there
            raise Problem(409, "The frame was not looked at yet; ask for it with its faces blurred later.")
        found = await coach.asked(services, job, "faces", {"time_s": times[index]})
        payload["faces"] = found["faces"]
    content = await services.pool.submit("frame", payload, seconds=60.0, affinity=f"frame-{job.id}")
    return Response(content, media_type="image/jpeg", headers={"cache-control": _FRAME_CACHE})


def _original(services: Services, job: Any) -> Path:
    path = services.engine.files_of(job.id) / "original"
    if not path.is_file():
        raise Problem(404, "The video is not there any more.")
    return path


async def original(request: Request) -> Response:
    services, job = await job_of(request)
    container = job.about["container"]
    return _file(request, _original(services, job), _MEDIA[container], f"video-{job.id}{_SUFFIX[container]}")


def _file(request: Request, path: Path, media: str, name: str) -> Response:
    """A file, whole or one range of it; what is no range is passed over, as RFC 9110 has it."""
    headers = {"cache-control": _PRIVATE, "content-security-policy": "sandbox; default-src 'none'"}
    try:
        state = os.stat(path)
    except OSError:
        raise Problem(404, "The file is not there any more.") from None
    asked = request.headers.get("range")
    if asked is not None:
        found = _RANGE.fullmatch(asked.strip())
        if "," in asked:
            raise Problem(416, "One range at a time, please.")
        if found is None or found[1] == found[2] == "" or (found[1] and found[2] and int(found[1]) > int(found[2])):
            request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
        elif (int(found[1]) if found[1] else 0) >= state.st_size or found.groups() == ("", "0"):
            raise Problem(416, f"The file has {state.st_size} bytes.", {"content-range": f"bytes */{state.st_size}"})
    return FileResponse(path, media_type=media, filename=name, stat_result=state, headers=headers)


async def proxy(request: Request) -> Response:
    return await _film(request, "proxy")


async def _film(request: Request, kind: str) -> Response:
    services, job = await job_of(request)
    name = f"{kind}-{job.id}.webm"
    if kind == "overlay" and job.unfinished:
        raise Problem(
            409, "The video is still being looked at; ask for the drawn film when that is done.", {"retry-after": "5"}
        )
    made = services.films.finished(job, kind)
    if made is not None:
        return _file(request, made, "video/webm", name)
    if request.method == "HEAD":
        return Response(media_type="video/webm", headers={"cache-control": _PRIVATE})
    stream = services.films.follow(job, kind)
    first = await anext(stream, b"")  # what goes wrong at the beginning is a problem, not half a file
    return _streamed(stream, first, "video/webm", name)


def _streamed(rest: AsyncIterator[Any], first: Any, media: str, name: str) -> Response:
    async def content() -> AsyncIterator[Any]:
        yield first
        async for part in rest:
            yield part

    headers = {"cache-control": _PRIVATE, "content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content(), media_type=media, headers=headers)


async def download(request: Request) -> Response:
    name = request.path_params["file"]
    if name == "overlay.webm":
        return await _film(request, "overlay")
    services, job = await job_of(request)
    export = exports.EXPORTS.get(name)
    if export is None:
        raise Problem(404, f"There is no such download; there are overlay.webm, {', '.join(exports.EXPORTS)}.")
    track: int | None = query_of(request, DownloadQuery).person or None
    if name == "poses.trc":
        counts = await asyncio.to_thread(exports.frames_of_each, _bundles(services, job))
        if track is not None and track not in counts:
            raise Problem(
                404,
                f"Nobody in this video has the id {track}; there are: {', '.join(map(str, sorted(counts))) or 'none'}.",
            )
        track = track or exports.longest(counts)
    times = await asyncio.to_thread(services.engine.jobs.times, job)
    about = msgspec.to_builtins(shown(services, job))
    context = exports.Context(about, services.skeleton, times[: job.done], track)
    texts = export.write(context, _bundles(services, job))
    stream = _in_threads(texts)
    return _streamed(stream, await anext(stream, ""), export.media, f"{job.id}-{name}")


def _bundles(services: Services, job: Any) -> Iterator[list[bytes]]:
    """The frames of ``job``, for another thread to go through."""
    loop = asyncio.get_running_loop()

    def bundles() -> Iterator[list[bytes]]:
        for part in services.engine.jobs.parts(job, 0, job.done):
            flagged = services.engine.with_ranges(job, part.frames, "job")
            yield asyncio.run_coroutine_threadsafe(flagged, loop).result()

    return bundles()


async def _in_threads(texts: Iterator[str]) -> AsyncIterator[str]:
    """What an iterator gives that computes and reads from a database."""
    ended = object()
    following = partial(next, texts, ended)
    for _ in itertools.count():
        text = await asyncio.to_thread(following)
        if text is ended:
            return
        yield text


_ID = "/api/v1/jobs/{id}"
_NONE = {404: "no such job"}
_COUNTED = "…/frames/0.jpg is the first. Frames are counted as they are shown, whatever the frame rate does."
_STREAMED = "Made when it is first asked for, and streamed while that goes on; afterwards it takes one range."
_FILES = (
    "overlay.webm, poses.csv, angles.csv, poses.json, poses.trc or coco.json; units stand in their heads. While the job runs, as "
    "far as it is; the drawn film when it has ended."
)
OPERATIONS = [
    Operation("GET", _ID + "/frames/{name}", frame, "An exact frame, as JPEG",
              {200: Answer("the frame, upright", media="image/jpeg")},
              _COUNTED, query=FrameQuery, problems={**_NONE, 409: "not looked at yet", 422: "a bad query"}, tag="videos"),
    Operation("GET", _ID + "/original", original, "The video as it was sent", {200: Answer("the file", media="video/mp4")},
              "Takes one range.", problems={**_NONE, 416: "no such range"}, tag="videos"),
    Operation("GET", _ID + "/proxy.webm", proxy, "The video as VP8, which every browser plays",
              {200: Answer("a WebM", media="video/webm")}, _STREAMED,
              problems={**_NONE, 416: "no such range"}, tag="videos"),
    Operation("GET", _ID + "/download/{file}", download, "What was found, as a file",
              {200: Answer("the file", media="application/octet-stream")}, _FILES, query=DownloadQuery,
              problems={**_NONE, 409: "not yet", 422: "a bad query"}, tag="videos"),
]  # fmt: skip
