"""``/api/v1/skeleton`` and ``/api/v1/ranges``: what pages draw, and beyond which angles they flash."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from posetune.serve import api_types
from posetune.serve.operations import Answer, Body, Operation, json_response
from posetune.serve.problem import Problem
from posetune.serve.security.sessions import require_admin
from posetune.serve.services import services_of

_MOST = 64_000


async def skeleton(request: Request) -> Response:
    return json_response(services_of(request).skeleton, headers={"cache-control": "max-age=60"})


async def ranges(request: Request) -> Response:
    services = services_of(request)
    return json_response({"ranges": services.ranges, "defaults": services.default_ranges})


async def put_ranges(request: Request) -> Response:
    require_admin(request)
    services = services_of(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in ("application/json", "application/yaml"):
        raise Problem(415, "Send the ranges as application/json or application/yaml.")
    async with services.uploads.receive_small(request, _MOST) as text:
        payload = {"text": text, "path": str(services.ranges_path)}
        services.ranges = await services.pool.submit("keep_ranges", payload)
    return await ranges(request)


OPERATIONS = [
    Operation(
        "GET", "/api/v1/skeleton", skeleton, "The points, lines and joint angles that pages draw",
        {200: Answer("the skeleton", api_types.Skeleton)}, tag="facts",
    ),
    Operation(
        "GET", "/api/v1/ranges", ranges, "The ranges that joint angles may have",
        {200: Answer("the ranges", api_types.Ranges)}, tag="facts",
    ),
    Operation(
        "PUT", "/api/v1/ranges", put_ranges, "Set the ranges that joint angles may have",
        {200: Answer("the ranges", api_types.Ranges)},
        "JSON, or YAML as posetune/coach/ranges.yaml has it.",
        body=Body("the ranges", ("application/json", "application/yaml"), api_types.NewRanges),
        problems={403: "not an administrator", 413: "too large", 415: "neither JSON nor YAML", 422: "no ranges"}, tag="facts",
    ),
]  # fmt: skip
