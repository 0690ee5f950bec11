"""An operation of the API: where it is, what it takes and gives. Routes and OpenAPI are made of the same."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from posetune.serve.problem import Problem

Endpoint = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A success. ``type``: a msgspec type where it is JSON, else None; ``media``: its media type."""

    about: str
    type: Any = None
    media: str = "application/json"


@dataclass(frozen=True)
class Body:
    """What is sent. ``media``: media types; ``type``: a msgspec type where it is JSON."""

    about: str
    media: tuple[str, ...] = ("application/json",)
    type: Any = None


@dataclass(frozen=True)
class Operation:
    """``path``: as Starlette has it, "/api/v1/jobs/{id}". ``query``: a msgspec Struct whose fields all have defaults, with what
    they mean in their ``msgspec.Meta``. ``problems``: status → why, beside those that every operation may give.
    """

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    answers: Mapping[int, Answer]
    about: str = ""
    query: type[msgspec.Struct] | None = None
    body: Body | None = None
    problems: Mapping[int, str] = field(default_factory=dict)
    tag: str = "pictures"


def query_of(request: Request, kind: type[T]) -> T:
    """The query of ``request`` as ``kind``. Raises Problem for a key that is not there, stands twice, or has another value."""
    items = request.query_params.multi_items()
    given = dict(items)
    if len(given) < len(items):
        raise Problem(422, "A key stands twice in the query; give each once.")
    known = {f.encode_name for f in msgspec.structs.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(given.keys() - known)
    if unknown:
        raise Problem(422, f"The query has a key {unknown[0][:40]!r}; there are {', '.join(sorted(known))}.")
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(422, f"The query is not understood: {_in_words(error)}.") from error


async def json_of(request: Request, kind: type[T], most: int = 64_000) -> T:
    """The JSON body of ``request`` as ``kind``. Raises Problem for anything else, and for more than ``most`` bytes."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "Send JSON, with the header Content-Type: application/json.")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Problem(413, f"The body is larger than {most} bytes.")
        parts.append(part)
    try:
        return msgspec.json.decode(b"".join(parts), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(422, f"The body is not what is wanted: {_in_words(error)}.") from error


_WORDS = {
    "int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "object": "an object", "array": "a list",
    "null": "nothing",
}  # fmt: skip


def _in_words(error: Exception) -> str:
    """What msgspec says, for people: where first, without its marks and names of types."""
    said, _, place = str(error).partition(" - at `$.")
    said = re.sub(r"`(\w+)`", lambda found: _WORDS.get(found[1], found[1]), said)
    said = re.sub(r" matching regex '\^\((.*)\)\$'", lambda found: " like " + found[1].replace("|", ", "), said)
    said = said.replace(" >= ", " of at least ").replace(" <= ", " of at most ").replace("`", "")
    return f"{place.rstrip('`')}: {said[:1].lower()}{said[1:]}" if place else said


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``content``, which msgspec can encode, as JSON that nobody keeps."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(
        body, status, headers={"cache-control": "no-store", **(headers or {})}, media_type="application/json"
    )
