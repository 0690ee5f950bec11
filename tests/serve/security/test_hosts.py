"""By which names the server may be called."""

from __future__ import annotations

import pytest

from posetune.serve.problem import Problem
from posetune.serve.security.hosts import LOOPBACK, check_host


def _scope(*hosts: bytes, kind: str = "http") -> dict:
    return {"type": kind, "headers": [(b"host", host) for host in hosts], "server": ("192.168.1.5", 8000)}


@pytest.mark.parametrize(
    "host", [b"127.0.0.1", b"localhost:8000", b"LOCALHOST", b"[::1]:8000", b"192.168.1.5:8000", b"pose.example"]
)
def test_its_own_names_are_taken(host):
    check_host(_scope(host), (*LOOPBACK, "pose.example"))


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "hosts",
    [
        (), (b"",), (b"evil.example",), (b"localhost.evil.example",), (b"localhost", b"localhost"), (b"localhost@evil.example",),
        (b"localhost:8000/x",), (b"localhost:port",), (b"192.168.1.6",), (b"127.0.0.1.nip.io",), (b"\xff",),
    ],
)  # fmt: skip
def test_a_strangers_name_no_name_and_two_names_are_refused(hosts, kind):
    with pytest.raises(Problem) as caught:
        check_host(_scope(*hosts, kind=kind), LOOPBACK)
    assert caught.value.status == 400
