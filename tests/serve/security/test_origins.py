"""Which pages may use the server: its own."""

from __future__ import annotations

import pytest

from posetune.serve.problem import Problem
from posetune.serve.security.origins import check_origin

HOST = (b"host", b"127.0.0.1:8000")


def _scope(method: str, *headers: tuple[bytes, bytes], path="/api/v1/predict", scheme="http") -> dict:
    kind = "websocket" if method == "WS" else "http"
    return {"type": kind, "method": method, "path": path, "scheme": scheme, "headers": [HOST, *headers]}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "WS", "GET"])
@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((b"sec-fetch-site", b"same-origin"),),
        ((b"sec-fetch-site", b"none"),),
        ((b"origin", b"http://127.0.0.1:8000"),),
        ((b"sec-fetch-site", b"same-origin"), (b"origin", b"http://127.0.0.1:8000")),
    ],
)
def test_its_own_pages_and_programs_may(method, headers):
    check_origin(_scope(method, *headers))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "WS", "GET"])
@pytest.mark.parametrize(
    "headers",
    [
        ((b"sec-fetch-site", b"cross-site"),),
        ((b"sec-fetch-site", b"same-site"),),
        ((b"sec-fetch-site", b"same-site"), (b"sec-fetch-mode", b"no-cors")),
        ((b"sec-fetch-site", b"none"), (b"sec-fetch-site", b"none")),
        ((b"sec-fetch-site", b"same-origin"), (b"origin", b"http://evil.example")),
        ((b"origin", b"null"),),
        ((b"origin", b"http://evil.example"),),
        ((b"origin", b"http://127.0.0.1:8001"),),
        ((b"origin", b"http://127.0.0.1"),),
        ((b"origin", b"http://localhost:8000"),),
        ((b"origin", b"http://127.0.0.1:8000"), (b"origin", b"http://127.0.0.1:8000")),
        ((b"origin", b"file://127.0.0.1:8000"),),
        ((b"origin", b"http://[::1"),),
        ((b"origin", b"\xff"),),
    ],
)
def test_other_pages_may_not(method, headers):
    with pytest.raises(Problem) as caught:
        check_origin(_scope(method, *headers))
    assert caught.value.status == 403


def test_a_link_may_lead_to_a_page():
    check_origin(_scope("GET", (b"sec-fetch-site", b"cross-site"), path="/"))


def test_on_https_the_origin_is_https():
    check_origin(_scope("POST", (b"origin", b"https://127.0.0.1:8000"), scheme="https"))
    with pytest.raises(Problem):
        check_origin(_scope("WS", (b"origin", b"http://127.0.0.1:8000"), scheme="wss"))
