"""What every request passes and every answer carries, through a running server."""

from __future__ import annotations

import socket
import threading

import pytest
from tests.helpers.server import running
from tests.serve.security.test_sessions import OTHER, TOKEN

from posetune.serve.security import guard

EVIL = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Content-Type": "image/jpeg"}


@pytest.mark.parametrize("path", ["/", "/static/js/theme.js", "/healthz", "/api/v1/skeleton", "/nix", "/metrics"])
def test_every_answer_carries_the_headers(web_server, path):
    headers = web_server.get(path).headers
    csp = headers["content-security-policy"]
    assert "default-src 'none'" in csp
    assert "require-trusted-types-for 'script'" in csp
    assert "unsafe" not in csp
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=(self)")
    assert not [name for name in headers if name.startswith("access-control-")]


def test_a_strangers_host_is_refused_before_anything_else(web_server, photo):
    for method, path in (("GET", "/"), ("GET", "/healthz"), ("POST", "/api/v1/predict"), ("GET", "/nix")):
        answer = web_server.ask(method, path, headers={"Host": "evil.example"})
        assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


def test_an_evil_page_gets_nothing(web_server, photo):
    assert web_server.ask("POST", "/api/v1/predict", photo, EVIL).status == 403
    assert web_server.ask("PUT", "/api/v1/ranges", b"{}", EVIL).status == 403
    assert web_server.ask("OPTIONS", "/api/v1/predict", headers=EVIL).status in (403, 405)
    assert web_server.ask("GET", "/api/v1/networks", headers=EVIL).status == 403


def test_a_socket_passes_the_same(web_server):
    for header in ("Host: evil.example", f"Host: 127.0.0.1:{web_server.port}\r\nOrigin: http://evil.example"):
        with socket.create_connection(("127.0.0.1", web_server.port), 5) as connection:
            connection.sendall(
                f"GET /api/v1/live HTTP/1.1\r\n{header}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            assert connection.recv(100).split()[1] in (b"400", b"403")


def test_the_sender_of_a_refused_body_reads_why(web_server):
    """30 MB against the limit of 20: a plain client sends all before it reads."""
    answer = web_server.ask("POST", "/api/v1/predict", bytes(30 * 2**20), {"Content-Type": "image/jpeg"})
    assert (answer.status, answer.headers["connection"]) == (413, "close")


def test_a_body_without_end_is_heard_out_for_a_while_only(web_server, monkeypatch):
    monkeypatch.setattr(guard, "LINGER", 0.2)
    with socket.create_connection(("127.0.0.1", web_server.port), 10) as connection:
        connection.sendall(
            f"POST /nix HTTP/1.1\r\nHost: 127.0.0.1:{web_server.port}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 404")
        with pytest.raises(OSError):  # noqa: PT012
            for _ in range(200):
                connection.sendall(b"10\r\n" + bytes(16) + b"\r\n")
                threading.Event().wait(0.02)


def test_what_nobody_foresaw_is_a_problem_and_the_log_tells_nothing_of_it(web_server, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("secret of the picture")

    monkeypatch.setattr(web_server.services.networks, "all", fail)
    with caplog.at_level("INFO", "posetune.serve"):
        answer = web_server.get("/api/v1/networks")
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "secret" not in caplog.text + answer.content.decode()
    assert "RuntimeError" in caplog.text


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A server that asks for tokens: an administrator's and bob's."""
    folder = tmp_path_factory.mktemp("closed")
    (folder / "tokens").write_text(f"ann {TOKEN} admin\nbob {OTHER}\n")
    with running(folder / "data", token_file=folder / "tokens") as server:
        yield server


def test_without_a_token_only_the_pages_and_health_answer(closed, photo):
    for path in ("/", "/static/js/theme.js", "/healthz", "/readyz"):
        assert closed.get(path).status == 200
    for method, path in (
        ("GET", "/api/v1/networks"),
        ("GET", "/api/v1/skeleton"),
        ("GET", "/metrics"),
        ("POST", "/predict"),
        ("GET", "/api/v1/session"),
        ("GET", "/nix"),
    ):
        answer = closed.ask(method, path)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_session_begins_with_the_token_and_ends(closed):
    begin = closed.ask(
        "POST", "/api/v1/session", b'{"token": "%s"}' % TOKEN.encode(), {"Content-Type": "application/json"}
    )
    cookie = begin.headers["set-cookie"]
    assert begin.status == 204
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    pair = {"Cookie": cookie.partition(";")[0]}
    assert closed.ask("GET", "/api/v1/session", headers=pair).json() == {"name": "ann", "admin": True, "token": True}
    assert closed.ask("DELETE", "/api/v1/session", headers=pair).status == 204
    assert closed.ask("GET", "/api/v1/session", headers=pair).status == 401


def test_who_is_no_administrator_changes_nothing_of_all(closed, photo):
    bob = {"Authorization": f"Bearer {OTHER}", "Content-Type": "application/json"}
    assert closed.ask("GET", "/api/v1/networks", headers=bob).status == 200
    assert closed.ask("PUT", "/api/v1/networks/current", b'{"name": "full"}', bob).status == 403
    assert closed.ask("PUT", "/api/v1/ranges", b"{}", bob).status == 403
    assert closed.ask("POST", "/api/v1/networks", b"", bob).status == 403
    assert closed.ask("DELETE", "/api/v1/networks/full", headers=bob).status == 403
