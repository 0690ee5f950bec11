"""``/api/v1/session``: a token in, a session's cookie out."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from posetune.serve.operations import Answer, Body, Operation, json_of, json_response
from posetune.serve.security.sessions import SESSION_SECONDS, Sessions, visitor_of


class Token(msgspec.Struct, forbid_unknown_fields=True):
    token: Annotated[str, Meta(min_length=1, max_length=1000)]


class Session(msgspec.Struct):
    """``name``: who you are; ``admin``: whether you may change networks and ranges; ``token``: whether one is asked for here."""

    name: str
    admin: bool
    token: bool


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


async def show(request: Request) -> Response:
    visitor = visitor_of(request)
    return json_response(Session(visitor.name, visitor.admin, _sessions(request).asked_for))


async def begin(request: Request) -> Response:
    sessions = _sessions(request)
    given = await json_of(request, Token)
    response = Response(status_code=204)
    if sessions.asked_for:
        response.set_cookie(
            sessions.cookie, sessions.open(given.token, request.scope), SESSION_SECONDS, httponly=True, samesite="strict",
            secure=request.scope["scheme"] == "https",
        )  # fmt: skip
    return response


async def end(request: Request) -> Response:
    sessions = _sessions(request)
    sessions.end(request.scope)
    response = Response(status_code=204)
    response.delete_cookie(sessions.cookie, httponly=True, samesite="strict")
    return response


OPERATIONS = [
    Operation("GET", "/api/v1/session", show, "Who am I?", {200: Answer("you", Session)}, tag="session"),
    Operation(
        "POST", "/api/v1/session", begin, "Come in with a token", {204: Answer("a cookie", media="")},
        "Programs need none: they send Authorization: Bearer TOKEN with each request.",
        body=Body("the token", type=Token),
        problems={403: "a wrong token", 413: "too large", 415: "not JSON", 422: "not understood", 429: "too many wrong ones"},
        tag="session",
    ),
    Operation("DELETE", "/api/v1/session", end, "Go", {204: Answer("forgotten", media="")}, tag="session"),
]  # fmt: skip
