"""``/api/v1/jobs``: videos, whose people are followed in the background."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from posetune.errors import PosetuneError
from posetune.serve import api_types
from posetune.serve.api.job_types import Again, AllJobs, From, Job, Keep, MadeJob, Progress, Query, Result, Times, Video
from posetune.serve.jobs.engine import Engine
from posetune.serve.jobs.files import expected_times, same_video, take_in, write_times
from posetune.serve.operations import Answer, Body, Operation, json_of, json_response, query_of
from posetune.serve.problem import Problem
from posetune.serve.security.sessions import visitor_of
from posetune.serve.services import Services, services_of
from posetune.serve.settings import Limits
from posetune.store.ids import is_id, new_id

MEDIA = (
    "video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo", "video/avi", "application/octet-stream",
)  # fmt: skip
#: Frames of one answer of ``…/result``.
MOST_FRAMES = 600


def shown(services: Services, job: Any) -> Job:
    """The job as it is sent."""
    left = None
    if job.unfinished and job.done and job.total:
        left = round(job.spent_s / job.done * max(0, job.total - job.done), 1)
    about = {key: job.about[key] for key in Video.__struct_fields__ if key in job.about}
    return Job(
        id=job.id,
        url=f"/api/v1/jobs/{job.id}",
        state=job.state,
        progress=Progress(job.done, job.total, left),
        network=api_types.NetworkName(job.network_name, job.network_sha256),
        video=Video(**about, bytes=job.size_bytes),
        name=job.name,
        max_people=job.options["max_people"],
        tiles=job.options["tiles"],
        smooth=job.options["smooth"],
        error=job.error,
        note=services.engine.notes.get(job.id, "") or job.about.get("note", ""),
        created_at=round(job.created_at, 3),
        expires_at=None if job.kept else round(job.created_at + services.settings.keep_hours * 3600, 3),
        kept=job.kept,
    )


async def job_of(request: Request) -> tuple[Services, Any]:
    """The services, and the job that the path names. Raises Problem where the visitor has no such job."""
    services = services_of(request)
    id = request.path_params["id"]
    job = await asyncio.to_thread(services.engine.jobs.get, id, visitor_of(request).name) if is_id(id) else None
    if job is None:
        raise _no_job()
    return services, job


def _no_job() -> Problem:
    return Problem(404, "There is no such job; it may have been deleted.")


async def make(request: Request) -> Response:
    services = services_of(request)
    query = query_of(request, Query)
    owner = visitor_of(request).name
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media.startswith("video/") and media not in MEDIA:
        raise Problem(
            415, "Send the bytes of a video, with its type in Content-Type (video/mp4), or application/octet-stream."
        )
    network = services.networks.named(query.model or None).network
    engine, limits = services.engine, services.settings.limits
    most = limits.jobs_an_owner
    if await asyncio.to_thread(engine.jobs.unfinished, owner) >= most and not query.key:
        raise Problem(
            429, f"You have {most} jobs that are not finished; wait for one, or cancel it.", {"retry-after": "10"}
        )
    async with services.uploads.receive(request, limits.video_bytes) as upload:
        about, times = await _look_at(services, str(upload.path))
        id = new_id()
        try:
            await take_in(engine, upload.path, id)
            await asyncio.to_thread(write_times, engine, id, times)
            job, is_new = await _add(services, query, owner, id, upload.size, network, about)
        except BaseException:
            shutil.rmtree(engine.files_of(id), ignore_errors=True)
            raise
    return _told(engine, job, id, is_new)


def _told(engine: Engine, job: Any, id: str, is_new: bool) -> Response:
    """The answer to whoever asked for a job; one that was asked for before keeps its own files, not those of ``id``."""
    if not is_new:
        shutil.rmtree(engine.files_of(id), ignore_errors=True)
    engine.wake()
    url = f"/api/v1/jobs/{job.id}"
    return json_response(MadeJob(job.id, url), 201 if is_new else 200, {"location": url})


async def again(request: Request) -> Response:
    services, before = await job_of(request)
    asked = query_of(request, Again)
    query = Query(
        asked.model,
        asked.max_people or before.options["max_people"],
        before.options["tiles"],
        asked.smooth or before.options["smooth"],
        before.name,
        asked.key,
    )
    network = services.networks.named(query.model or None).network
    engine, id = services.engine, new_id()
    try:
        await asyncio.to_thread(same_video, engine, before.id, id)
        job, is_new = await _add(services, query, before.owner, id, before.size_bytes, network, before.about)
    except BaseException as error:
        shutil.rmtree(engine.files_of(id), ignore_errors=True)
        if isinstance(error, FileNotFoundError):
            raise Problem(404, "The video is not there any more; send it again.") from error
        raise
    return _told(engine, job, id, is_new)


async def _look_at(services: Services, path: str) -> tuple[dict[str, Any], list[float]]:
    """What the video is, by its head and then by a worker. Raises Problem, Failed or Poisoned for what is not taken."""
    from posetune.runtime.video_header import NotAVideo, video_header

    limits = services.settings.limits
    try:
        header = await asyncio.to_thread(video_header, path)
    except NotAVideo as error:
        raise Problem(415, str(error)) from error
    except PosetuneError as error:
        raise Problem(422, str(error)) from error
    if max(header.width, header.height) > limits.video_side:
        raise Problem(
            413,
            f"The video has {header.width}×{header.height} px; at most {limits.video_side} a side are taken: shrink it.",
        )
    if (header.seconds or 0) > limits.video_seconds + 1 or (header.frames or 0) > limits.video_frames:
        raise Problem(413, _too_long(limits))
    found = await services.pool.submit("probe", {"path": path}, lane="job", seconds=60.0)
    times = found.pop("times")
    return {
        **found,
        "rotation": header.rotation,
        "playable": header.plays,
        "container": header.container,
        "codec": header.codec,
    }, times


def _too_long(limits: Limits) -> str:
    most = f"{limits.video_seconds / 60:.0f} minutes and {limits.video_frames} frames"
    return f"The video is longer than the {most} that are taken; cut it."


async def _add(
    services: Services, query: Query, owner: str, id: str, size: int, network: Any, about: dict[str, Any]
) -> tuple[Any, bool]:
    from posetune.store.jobs import NewJob, TooManyJobs

    new = NewJob(
        id=id,
        kind="video",
        owner=owner,
        folder=services.engine.folder_id,
        size_bytes=size,
        network_name=network.name,
        network_sha256=network.sha256,
        name=" ".join("".join(c if c.isprintable() else " " for c in query.name).split()),
        key=query.key or None,
        options={
            "max_people": query.max_people,
            "tiles": query.tiles,
            "smooth": query.smooth,
            "ranges": services.ranges,
        },
        about=about,
        total=about["frames"],
    )
    try:
        return await asyncio.to_thread(services.engine.jobs.add, new, services.settings.limits.jobs_an_owner)
    except TooManyJobs as error:
        raise Problem(429, str(error), {"retry-after": "10"}) from error


async def list_(request: Request) -> Response:
    services = services_of(request)
    jobs = await asyncio.to_thread(services.engine.jobs.of, visitor_of(request).name)
    return json_response(AllJobs([shown(services, job) for job in jobs]))


async def show(request: Request) -> Response:
    return json_response(shown(*await job_of(request)))


async def cancel(request: Request) -> Response:
    services, job = await job_of(request)
    job = await services.engine.cancel(job.id, visitor_of(request).name)
    if job is None:
        raise _no_job()
    return json_response(shown(services, job))


async def keep(request: Request) -> Response:
    services, job = await job_of(request)
    wanted = await json_of(request, Keep)
    job = await asyncio.to_thread(services.engine.jobs.set_kept, job.id, visitor_of(request).name, wanted.kept)
    if job is None:
        raise _no_job()
    return json_response(shown(services, job))


async def delete(request: Request) -> Response:
    services, job = await job_of(request)
    await services.engine.delete(job.id, visitor_of(request).name)
    return Response(status_code=204)


async def result(request: Request) -> Response:
    services, job = await job_of(request)
    begin = query_of(request, From).begin
    lines = await asyncio.to_thread(
        lambda: [line for part in services.engine.jobs.parts(job, begin, begin + MOST_FRAMES) for line in part.frames]
    )
    lines = await services.engine.with_ranges(job, lines)
    end = begin + len(lines)
    complete = not job.unfinished and end >= job.done
    head = msgspec.json.encode({"state": job.state, "from": begin, "next": end, "complete": complete})
    return json_response(head[:-1] + b',"frames":[' + b",".join(lines) + b"]}")


async def frames(request: Request) -> Response:
    services, job = await job_of(request)
    times = await frame_times(services, job)
    return json_response(Times(times, min(job.done, len(times)), not job.unfinished))


async def frame_times(services: Services, job: Any) -> list[float]:
    """When each frame is shown: as it was read, and what is not yet read as the file says."""
    known = await asyncio.to_thread(services.engine.jobs.times, job)
    if job.state == "done":
        return known
    return known + (await asyncio.to_thread(expected_times, services.engine, job.id))[len(known) :]


_ID = "/api/v1/jobs/{id}"
_NONE = {404: "no such job"}
_UPLOAD = {
    404: "no such network", 408: "too slow", 413: "too large or too long", 415: "no video that is taken",
    422: "damaged, or a bad query", 429: "too many jobs",
}  # fmt: skip
_ABOUT = (
    "Send the file's raw bytes: MP4, MOV, WebM, MKV or AVI, whatever its name. The job goes on without you, and after a restart of "
    "the server. With a key, a request that is sent again because its answer was lost makes no second job."
)
OPERATIONS = [
    Operation("POST", "/api/v1/jobs", make, "Follow the people in a video", {201: Answer("the job", MadeJob)}, _ABOUT, query=Query,
              body=Body("a video", MEDIA), problems=_UPLOAD, tag="videos"),
    Operation("POST", _ID + "/again", again, "The same video for another network",
              {201: Answer("the new job", MadeJob)},
              query=Again, problems={404: "no such job or network", 422: "a bad query", 429: "too many jobs"}, tag="videos"),
    Operation("GET", "/api/v1/jobs", list_, "Your videos", {200: Answer("your jobs", AllJobs)}, tag="videos"),
    Operation("GET", _ID, show, "How far it is", {200: Answer("the job", Job)}, problems=_NONE, tag="videos"),
    Operation("PATCH", _ID, keep, "Keep it, or not", {200: Answer("the job", Job)}, body=Body("whether it is kept", type=Keep),
              problems={**_NONE, 413: "too large", 415: "not JSON", 422: "not understood"}, tag="videos"),
    Operation("DELETE", _ID, delete, "Cancel and delete it", {204: Answer("gone", media="")}, problems=_NONE, tag="videos"),
    Operation("POST", _ID + "/cancel", cancel, "Stop; what was found stays", {200: Answer("the job", Job)}, problems=_NONE,
              tag="videos"),
    Operation("GET", _ID + "/result", result, "The people in its frames, as far as it is", {200: Answer("frames", Result)},
              query=From, problems={**_NONE, 422: "a bad query"}, tag="videos"),
    Operation("GET", _ID + "/frames", frames, "When each frame is shown", {200: Answer("times", Times)}, problems=_NONE,
              tag="videos"),
]  # fmt: skip
