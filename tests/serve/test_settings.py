"""What cannot be served is told before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from posetune.errors import PosetuneError
from posetune.serve.settings import Settings, is_loopback, processors


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"port": 65_536}, "--port"),
        ({"port": -1}, "--port"),
        ({"workers": 0}, "--workers"),
        ({"queue": 0}, "--queue"),
        ({"keep_hours": 0}, "--keep-hours"),
        ({"keep_hours": float("nan")}, "--keep-hours"),
        ({"tls_cert": Path("c")}, "go together"),
        ({"host": "0.0.0.0"}, "--token-file"),
        ({"host": "192.168.1.5"}, "--token-file"),
        ({"host": "::"}, "--token-file"),
        ({"host": "pose.example"}, "--token-file"),
    ],
)
def test_what_cannot_be_served_is_told(change, said):
    with pytest.raises(PosetuneError, match=said):
        Settings(Path("data"), **change).check(token_given=False)


def test_with_a_token_others_may_reach_it():
    Settings(Path("data"), host="0.0.0.0", token_file=Path("t")).check(token_given=False)
    Settings(Path("data"), host="0.0.0.0").check(token_given=True)
    Settings(Path("data")).check(token_given=False)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False),
     ("127.0.0.1.evil.example", False), ("", False)],
)  # fmt: skip
def test_this_machine_alone(host, loopback):
    assert is_loopback(host) == loopback


def test_there_is_a_processor():
    assert processors() >= 1
