"""Connections: heads that do not come, that are too large, that are no HTTP."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from posetune.serve import protocol


@pytest.fixture
def connection(web_server):
    with socket.create_connection(("127.0.0.1", web_server.port), 5) as connection:
        yield connection


def _all(connection: socket.socket) -> bytes:
    found = b""
    while part := connection.recv(4096):
        found += part
    return found


def test_what_is_no_http_is_a_problem(connection):
    connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
    answer = _all(connection)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"application/problem+json" in answer


def test_a_head_that_does_not_come_ends_the_connection(web_server, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    for sent in (b"", b"GET / HTTP/1.1\r\nHost: loc"):
        with socket.create_connection(("127.0.0.1", web_server.port), 5) as connection:
            connection.sendall(sent)
            assert _all(connection).startswith(b"HTTP/1.1 408")


def test_a_head_without_end_is_refused(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    with pytest.raises(OSError):  # noqa: PT012
        for i in range(200):
            connection.sendall(b"x-%d: " % i + b"y" * 4000 + b"\r\n")
        _all(connection)
        raise OSError


def test_a_long_name_in_the_path_is_no_page(web_server):
    assert web_server.get("/" + "x" * 4000).status == 404
    assert web_server.get("/api/v1/networks/" + "x" * 4000 + "/report").status == 404


def test_an_answer_that_nobody_reads_ends_the_connection(web_server, monkeypatch):
    """One connection that asks for much and reads nothing; the server lets go of it."""
    monkeypatch.setattr(protocol, "READ_SECONDS", 0.2)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", web_server.port))
        ask = f"GET /static/js/shell.js HTTP/1.1\r\nHost: 127.0.0.1:{web_server.port}\r\n\r\n".encode()
        connection.sendall(ask * 2000)
        with pytest.raises(OSError):  # noqa: PT012
            for _ in range(200):
                time.sleep(0.02)
                connection.sendall(ask)
    assert web_server.get("/healthz").status == 200


def test_there_are_so_many_connections_and_no_more(web_server, monkeypatch):
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 3)
    with contextlib.ExitStack() as held:
        for _ in range(3):
            held.enter_context(socket.create_connection(("127.0.0.1", web_server.port), 5))
        answer = web_server.get("/healthz")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_slow_clients_hurt_nobody(web_server, photo):
    """Sixty who send a head and then nothing, and sixty who send nothing at all."""
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{web_server.port}\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n"
    with contextlib.ExitStack() as held:
        for number in range(120):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", web_server.port), 5))
            slow.sendall(head.encode() if number % 2 else b"")
        assert web_server.predict(photo).status == 200


def test_two_requests_on_one_connection_are_answered(web_server):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", web_server.port, timeout=5)
    for _ in range(3):
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b'{"alive":true}')
    connection.close()
