"""What goes wrong, as RFC 9457 problem JSON: one plain sentence that says what, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(msgspec.Struct):
    """An error, as RFC 9457 has it. ``line``: of the text that was sent, from 1, where the error stands in one."""

    type: str
    title: str
    status: int
    detail: str
    line: int | msgspec.UnsetType = msgspec.UNSET


class Problem(Exception):
    """Raise it anywhere in an endpoint. ``detail``: one sentence for the sender, without anything that is secret; ``line``: of the
    text that was sent, 0 where there is none.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None, line: int = 0) -> None:
        super().__init__(detail)
        self.line = line
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def response(problem: Problem) -> Response:
    """``problem`` as it is sent."""
    title, line = HTTPStatus(problem.status).phrase, problem.line or msgspec.UNSET
    content = ProblemDetails("about:blank", title, problem.status, problem.detail, line)
    return Response(
        msgspec.json.encode(content), problem.status, headers={"cache-control": "no-store", **problem.headers},
        media_type=MEDIA_TYPE,
    )  # fmt: skip
