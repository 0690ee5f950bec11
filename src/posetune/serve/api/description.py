"""``GET /api/v1/openapi.json``: the API as programs read it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from posetune.serve.openapi import document
from posetune.serve.operations import Answer, Operation, json_response


async def openapi(request: Request) -> Response:
    state = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = document(state.operations)
    return json_response(state.openapi, headers={"cache-control": "no-cache"})


OPERATIONS = [
    Operation(
        "GET", "/api/v1/openapi.json", openapi, "This description", {200: Answer("OpenAPI 3.1", dict)}, tag="facts"
    )
]  # fmt: skip
