"""``/api/v1/jobs/{id}/coach``: repetitions and faults in what a job found. No frame is decoded again."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from posetune.serve.api.coach_types import AUTO, Coached, CoachQuery, Postures, PosturesQuery
from posetune.serve.api.exercises import YAML_MEDIA, yaml_of
from posetune.serve.api.jobs import job_of
from posetune.serve.operations import Answer, Body, Operation, json_response, query_of
from posetune.serve.problem import Problem
from posetune.serve.services import Services

#: Frames that go to a worker at a time.
_PART = 600
#: A worker that ended meanwhile has nothing of the clip.
_ATTEMPTS = 3
#: Ten minutes of video take a dozen seconds of a processor when they are asked about for the first time.
_SECONDS = 180.0


async def coach(request: Request) -> Response:
    services, job = await job_of(request)
    query = query_of(request, CoachQuery)
    kept = None if query.exercise == AUTO else services.exercises.named(query.exercise)
    return await _coached(services, job, query, kept.text if kept is not None and kept.own else None)


async def attempt(request: Request) -> Response:
    services, job = await job_of(request)
    query = query_of(request, CoachQuery)
    return await _coached(services, job, query, await yaml_of(request))


async def _coached(services: Services, job: Any, query: CoachQuery, text: str | bytes | None) -> Response:
    network = services.networks.of_sha256(job.network_sha256, job.network_name)
    payload = {
        "exercise": query.exercise,
        "text": text,
        "person": query.person or None,
        "network": network.source if network else "",
    }
    found = await asked(services, job, "coach", payload)
    return json_response({"state": job.state, "frames": job.done, "complete": not job.unfinished, **found})


async def postures(request: Request) -> Response:
    services, job = await job_of(request)
    found = await _scored(services, job, query_of(request, PosturesQuery), False)
    return json_response({"state": job.state, "frames": job.done, "complete": not job.unfinished, **found})


async def table(request: Request) -> Response:
    services, job = await job_of(request)
    found = await _scored(services, job, query_of(request, PosturesQuery), True)
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{job.id}-postures.csv"'}
    return Response(found["text"], headers=headers, media_type="text/csv")


async def _scored(services: Services, job: Any, query: PosturesQuery, csv: bool) -> dict[str, Any]:
    task = msgspec.to_builtins(query)
    en1005, task["load_kg"] = task.pop("en1005"), task.pop("load")
    return await asked(services, job, "postures", {"task": task, "en1005": en1005, "csv": csv})


async def asked(services: Services, job: Any, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What a worker answers about the frames of ``job``; it keeps them, so that the next question needs none."""
    pool, key = services.pool, f"clip-{job.id}"
    payload = {**payload, "key": job.id, "frames": job.done}
    for _ in range(_ATTEMPTS):
        answer: dict[str, Any] = await pool.submit(kind, payload, seconds=_SECONDS, affinity=key)
        if "have" not in answer:
            return answer
        begin = answer["have"]
        while begin < job.done:
            lines = await asyncio.to_thread(_lines, services, job, begin)
            if not lines:
                raise Problem(404, "There is no such job; it may have been deleted.")
            part = {"key": job.id, "begin": begin, "lines": lines}
            have = await pool.submit("clip_take", part, seconds=_SECONDS, affinity=key)
            if have < begin + len(lines):
                break  # another worker, which begins anew
            begin = have
    raise Problem(503, "The server is busy; try again in a moment.", {"retry-after": "2"})


def _lines(services: Services, job: Any, begin: int) -> list[bytes]:
    end = min(begin + _PART, job.done)
    return [line for part in services.engine.jobs.parts(job, begin, end) for line in part.frames]


_ABOUT = (
    "Repetitions (or holds) with their checks: ok, near (beyond the limit by less than the network's own error), fault, or not "
    "measurable and why. While the job runs, as far as it is."
)
_SCREENS = (
    "It screens: no assessment under any standard or law, and no medical statement. A score is an interval where a part of the "
    "body was not seen. What no camera sees is typed in: docs/reference/ergonomics.md."
)
OPERATIONS = [
    Operation("GET", "/api/v1/jobs/{id}/coach", coach, "Count repetitions and judge them",
              {200: Answer("the repetitions", Coached)},
              _ABOUT, query=CoachQuery, problems={404: "no such job or exercise", 422: "no such person"}, tag="coach"),
    Operation("POST", "/api/v1/jobs/{id}/coach", attempt, "Try an exercise of your own on it",
              {200: Answer("the repetitions", Coached)},
              "The exercise's YAML, which is not kept. A mistake is told with its line.", query=CoachQuery,
              body=Body("the exercise", YAML_MEDIA),
              problems={404: "no such job", 413: "too large", 415: "not YAML", 422: "no exercise, or no such person"}, tag="coach"),
    Operation("GET", "/api/v1/jobs/{id}/ergonomics", postures, "Posture scores of work",
              {200: Answer("REBA, RULA and OWAS over time", Postures)}, _SCREENS, query=PosturesQuery,
              problems={404: "no such job", 422: "a bad query"}, tag="coach"),
    Operation("GET", "/api/v1/jobs/{id}/ergonomics.csv", table, "Posture scores as a table",
              {200: Answer("a row a person and picture", media="text/csv")}, _SCREENS, query=PosturesQuery,
              problems={404: "no such job", 422: "a bad query"}, tag="coach"),
]  # fmt: skip
