"""Uploads of people who mean harm: a sentence and a 4xx for each, and the server answers as before."""

from __future__ import annotations

import random
import socket

import pytest
from tests.helpers import hostile

from posetune import stock

REFUSED = range(400, 500)
#: Pictures after all: what is in them beside is never looked at.
TAKEN = (
    "JPEG with a GPS position", "JPEG with an EXIF that is none", "JPEG with an EXIF that points at itself",
    "JPEG and ZIP in one", "JPEG and web page in one", "JPEG named as PNG", "PNG with a text of 50 MB packed",
    "PNG with a profile of 50 MB packed", "PNG that moves, said late",
)  # fmt: skip
#: OpenCV repairs, or refuses, them as it likes.
EITHER = ("JPEG of noise", "JPEG with a segment longer than the file", "PNG with too few rows", "PNG a million px long",
          "PNG with a wrong checksum", "JPEG with tables that are none")  # fmt: skip


def _check_answer(answer, statuses) -> None:
    assert answer.status in statuses
    if answer.status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        detail = answer.json()["detail"]
        assert detail.endswith(".")
        assert "/tmp" not in detail


def _leaves_nothing(server) -> bool:
    return [p.name for p in server.services.uploads.folder.iterdir()] == ["lock"]


@pytest.mark.parametrize("name", hostile.PICTURES)
def test_a_hostile_picture_is_refused_and_harms_nobody(web_server, name):
    content, media = hostile.PICTURES[name]
    deaths = web_server.services.pool.deaths
    answer = web_server.predict(content(), media=media)
    _check_answer(answer, (200,) if name in TAKEN else (200, *REFUSED) if name in EITHER else REFUSED)
    assert web_server.services.pool.deaths == deaths
    assert _leaves_nothing(web_server)


@pytest.mark.parametrize("name", hostile.NETWORKS)
def test_a_hostile_network_is_refused_and_harms_nobody(web_server, name):
    deaths = web_server.services.pool.deaths
    answer = web_server.ask(
        "POST", "/api/v1/networks", hostile.NETWORKS[name](), {"Content-Type": "application/octet-stream"}
    )
    _check_answer(answer, REFUSED)
    assert web_server.services.pool.deaths == deaths
    assert web_server.services.networks.uploaded == 0
    assert _leaves_nothing(web_server)


@pytest.mark.parametrize("seed", range(6))
def test_a_mutated_network_is_taken_or_refused(web_server, lite_task, seed):
    """Bytes of a good bundle changed at random: what passes the doctor runs in a worker, and may end it, not the server."""
    rng, content = random.Random(seed), bytearray(lite_task.read_bytes())
    for _ in range(20):
        content[rng.randrange(len(content)) if seed % 2 else rng.randrange(4000)] = rng.randrange(256)
    answer = web_server.ask(
        "POST", "/api/v1/networks?name=mutant", bytes(content), {"Content-Type": "application/octet-stream"}
    )
    _check_answer(answer, (200, 201, *REFUSED))
    if answer.status == 201:
        name = answer.json()["name"]
        assert web_server.ask("DELETE", f"/api/v1/networks/{name}").status == 204
    assert web_server.get("/readyz").status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("POST", "/api/v1/predict?model=" + "x" * 4000, {"Content-Type": "image/jpeg"}, b"x"),
        ("POST", "/api/v1/predict?model=../../etc/passwd", {"Content-Type": "image/jpeg"}, b"x"),
        ("POST", "/api/v1/predict?model=http://127.0.0.1:1/pose.task", {"Content-Type": "image/jpeg"}, b"x"),
        ("POST", "/api/v1/predict?model=%00", {"Content-Type": "image/jpeg"}, b"x"),
        ("POST", "/api/v1/predict?max_people=99999999999999999999", {"Content-Type": "image/jpeg"}, b"x"),
        ("POST", "/api/v1/predict?max_people=NaN", {"Content-Type": "image/jpeg"}, b"x"),
        ("POST", "/api/v1/predict?" + "&".join(f"a{i}=1" for i in range(2000)), {"Content-Type": "image/jpeg"}, b"x"),
        ("POST", "/api/v1/predict", {"Content-Type": "image/svg+xml"}, b"<svg/>"),
        ("POST", "/api/v1/predict", {"Content-Type": "text/html"}, b"x"),
        ("POST", "/api/v1/predict", {"Content-Type": "multipart/form-data; boundary=" + "x" * 9000}, b"x"),
        ("POST", "/api/v1/predict", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b"),
        ("POST", "/api/v1/predict", {}, b"x"),
        ("POST", "/api/v1/predict", {"Content-Type": "image/jpeg", "Content-Encoding": "gzip"}, b"\x1f\x8b"),
        ("POST", "/api/v1/predict", {"Content-Type": "image/jpeg", "X-HTTP-Method-Override": "DELETE"}, b"x"),
        ("PUT", "/api/v1/ranges", {"Content-Type": "application/json"}, b'{"ranges":{"left_knee":{"min":1e400,"max":1}}}'),
        ("PUT", "/api/v1/ranges", {"Content-Type": "application/json"}, b"[" * 30_000),
        ("PUT", "/api/v1/ranges", {"Content-Type": "application/yaml"}, b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]"),
        ("PUT", "/api/v1/ranges", {"Content-Type": "application/yaml"}, b"!!python/object/apply:os.system ['id']"),
        ("PUT", "/api/v1/networks/current", {"Content-Type": "application/json"}, b'{"name":"../../etc/passwd"}'),
        ("DELETE", "/api/v1/networks/..%2f..%2fetc%2fpasswd", {}, None),
        ("GET", "/api/v1/networks/%2e%2e/report", {}, None),
    ],
)  # fmt: skip
def test_a_hostile_request_is_refused(web_server, method, path, headers, body):
    _check_answer(web_server.ask(method, path, body, headers), REFUSED)


@pytest.mark.parametrize(
    "head",
    [
        b"POST /predict HTTP/1.1\r\nHost: HOST\r\nContent-Length: -5\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /predict HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"POST /predict HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: HOST\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : HOST\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET * HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n",
    ],
)
def test_a_head_that_is_none_is_refused(web_server, head):
    with socket.create_connection(("127.0.0.1", web_server.port), 10) as connection:
        connection.sendall(head.replace(b"HOST", f"127.0.0.1:{web_server.port}".encode()))
        first = connection.recv(4096)
    assert int(first.split()[1]) in REFUSED
    assert b"application/problem+json" in first


def test_afterwards_a_picture_is_answered_as_ever(web_server, photo):
    """Last in this file: whatever was sent above."""
    assert len(web_server.predict(photo).json()["people"]) == 1
    assert web_server.get("/readyz").json()["network"]["sha256"] == stock.resolve("lite").sha256
