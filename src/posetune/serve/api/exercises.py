"""``/api/v1/exercises``: what the coach knows, and users' own."""

from __future__ import annotations

import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from posetune.serve.api.coach_types import NAME, CheckOf
from posetune.serve.exercises import Kept
from posetune.serve.operations import Answer, Body, Operation, json_response
from posetune.serve.problem import Problem
from posetune.serve.security.sessions import require_admin
from posetune.serve.services import services_of

#: As ``coach.exercise`` has it.
MOST_BYTES = 64_000
YAML_MEDIA = ("application/yaml", "text/yaml")


class SignalOf(msgspec.Struct):
    measure: str
    enter: float
    leave: float
    begun: str


class GateOf(msgspec.Struct):
    measure: str
    min: float | None
    max: float | None
    when: str


class ExerciseOf(msgspec.Struct):
    """An exercise, as docs/reference/exercises.md has it; ``own``: it is a user's, and can be changed."""

    name: str
    kind: str
    title: dict[str, str]
    signal: SignalOf | None
    gates: list[GateOf]
    checks: list[CheckOf]
    view: str
    cannot: dict[str, str]
    own: bool


class AllExercises(msgspec.Struct):
    """``errors``: joint to the mean error of the current network's angle there, degrees (stock's where it was not measured): the
    tolerance of checks that name the joint.
    """

    exercises: list[ExerciseOf]
    errors: dict[str, float]


def _shown(kept: Kept) -> dict:
    return {**kept.plain, "own": kept.own}


async def listed(request: Request) -> Response:
    services = services_of(request)
    errors = await services.pool.submit("tolerances", {"source": services.networks.current.network.source})
    return json_response({"exercises": [_shown(kept) for kept in services.exercises.all()], "errors": errors})


async def read(request: Request) -> Response:
    plain = await services_of(request).pool.submit("exercise", {"text": await yaml_of(request)})
    return json_response({**plain, "own": True})


async def text(request: Request) -> Response:
    kept = services_of(request).exercises.named(_name(request))
    name = kept.plain["name"]
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}.yaml"'}
    return Response(kept.text, headers=headers, media_type="text/plain")


async def keep(request: Request) -> Response:
    require_admin(request)
    services = services_of(request)
    name = _name(request)
    if not re.fullmatch(NAME, name):
        raise Problem(
            422, "An exercise's name has a to z, 0 to 9 and _, begins with a letter, and has at most 40 of them."
        )
    return json_response(_shown(await services.exercises.keep(name, await yaml_of(request))))


async def delete(request: Request) -> Response:
    require_admin(request)
    await services_of(request).exercises.remove(_name(request))
    return Response(status_code=204)


def _name(request: Request) -> str:
    name: str = request.path_params["name"]
    return name.removesuffix(".yaml")


async def yaml_of(request: Request) -> bytes:
    """The YAML that is sent. Raises Problem for another type, and for more than an exercise has."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in YAML_MEDIA:
        raise Problem(415, "Send the exercise as application/yaml.")
    async with services_of(request).uploads.receive_small(request, MOST_BYTES) as body:
        assert isinstance(body, bytes)
    return body


_ONE = "/api/v1/exercises/{name}"
_BODY = Body("the exercise", YAML_MEDIA)
OPERATIONS = [
    Operation("GET", "/api/v1/exercises", listed, "What the coach knows", {200: Answer("exercises", AllExercises)}, tag="coach"),
    Operation("POST", "/api/v1/exercises", read, "Read an exercise, without keeping it", {200: Answer("it", ExerciseOf)},
              "A mistake is told with its line.", body=_BODY,
              problems={413: "too large", 415: "not YAML", 422: "no exercise"}, tag="coach"),
    Operation("GET", _ONE, text, "An exercise as YAML", {200: Answer("its file", media="text/plain")},
              problems={404: "no such exercise"}, tag="coach"),
    Operation("PUT", _ONE, keep, "Keep an exercise of your own", {200: Answer("the exercise", ExerciseOf)},
              "YAML as docs/reference/exercises.md has it; nothing in it is evaluated. A mistake is told with its line.",
              body=_BODY,
              problems={403: "not an administrator", 409: "the name is taken", 413: "too large", 415: "not YAML",
                        422: "no exercise"}, tag="coach"),
    Operation("DELETE", _ONE, delete, "Delete an exercise of your own", {204: Answer("gone", media="")},
              problems={403: "not an administrator", 404: "no such exercise", 409: "one of posetune's"}, tag="coach"),
]  # fmt: skip
