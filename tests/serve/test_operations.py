"""Queries and JSON bodies are what their types say, or a problem."""

import asyncio
from typing import Annotated

import msgspec
import pytest
from starlette.requests import Request

from posetune.serve.operations import json_of, json_response, query_of
from posetune.serve.problem import Problem


class Query(msgspec.Struct, forbid_unknown_fields=True):
    n: int = 3
    text: str = ""


class Content(msgspec.Struct, forbid_unknown_fields=True):
    n: int


def _request(query: str = "", body: bytes = b"", media: str = "application/json") -> Request:
    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", media.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers}, receive)


def test_a_query_is_read_and_has_defaults():
    assert query_of(_request("n=5"), Query) == Query(5)
    assert query_of(_request(), Query) == Query()


@pytest.mark.parametrize("query", ["n=x", "m=1", "n=1&n=1", "n=1.5", "n=", "n=%ff"])
def test_any_other_query_is_a_problem(query):
    with pytest.raises(Problem) as caught:
        query_of(_request(query), Query)
    assert caught.value.status == 422


def test_what_is_wrong_is_said_in_words():
    class Fine(msgspec.Struct):
        n: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
        tiles: Annotated[str, msgspec.Meta(pattern="^(off|auto|[1-9])$", max_length=9)] = "off"

    def said(query: str) -> str:
        with pytest.raises(Problem) as caught:
            query_of(_request(query), Fine)
        return caught.value.detail.removeprefix("The query is not understood: ")

    assert said("n=x") == "n: expected a whole number, got text."
    assert said("n=0") == "n: expected a whole number of at least 1."
    assert said("n=99") == "n: expected a whole number of at most 50."
    assert said("tiles=x") == "tiles: expected text like off, auto, [1-9]."


def test_json_is_read():
    assert asyncio.run(
        json_of(_request(body=b'{"n": 1}', media="application/json; charset=utf-8"), Content)
    ) == Content(1)


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"", "application/json", 422),
        (b"{", "application/json", 422),
        (b'{"n": "1"}', "application/json", 422),
        (b'{"n": 1, "m": 2}', "application/json", 422),
        (b"\xff", "application/json", 422),
        (b"[" * 60_000, "application/json", 422),
        (b" " * 70_000, "application/json", 413),
        (b'{"n": 1}', "text/plain", 415),
    ],
)  # fmt: skip
def test_any_other_body_is_a_problem(body, media, status):
    with pytest.raises(Problem) as caught:
        asyncio.run(json_of(_request(body=body, media=media), Content))
    assert caught.value.status == status


def test_answers_are_not_kept():
    assert json_response({"a": 1}).headers["cache-control"] == "no-store"
