"""What a server may answer, and what a user reads of it."""

from __future__ import annotations

import dataclasses
import socket
import threading

import pytest

pytest.importorskip("cvat_sdk")
from tests.helpers.cvat_server import Handler, running
from tests.helpers.cvat_set import HASTY, connect

from posetune.errors import PosetuneError
from posetune.label.cvat.server import Lost, NotThere, Server, do_once, read_token


def test_a_token_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CVAT_ACCESS_TOKEN", " from-outside ")
    assert read_token(None) == "from-outside"
    (tmp_path / "t").write_text("inside\n")
    assert read_token(tmp_path / "t") == "inside"
    monkeypatch.delenv("CVAT_ACCESS_TOKEN")
    for path, told in [(None, "No access token"), (tmp_path / "no", "Cannot read"), (tmp_path, "Cannot read")]:
        with pytest.raises(PosetuneError, match=told):
            read_token(path)
    (tmp_path / "t").write_text("two\nlines")
    with pytest.raises(PosetuneError, match="write one line"):
        read_token(tmp_path / "t")


def test_user_and_password_sign_in_as_well():
    with running() as (url, _):
        with connect(url, token="ann:right") as server:
            assert server.user == "ann"
        with pytest.raises(PosetuneError, match="refuses this user and password"):
            connect(url, token="ann:wrong")


def test_a_token_is_never_said():
    with running() as (url, _), pytest.raises(PosetuneError) as caught:
        connect(url, token="hush-hush")
    assert "does not know this token (401)" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (403, "does not allow GET /api/tasks/1"),
        (404, "has no such thing"),
        (400, r"refuses GET .*no"),
        (302, "sends elsewhere"),
    ],
)
def test_refusals_say_what_to_do(status, told):
    with running() as (url, state), connect(url) as server:
        state.refuse_gets = [status]
        with pytest.raises(PosetuneError, match=told):
            server.get("/api/tasks/1")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_asked_again(status):
    with running() as (url, state), connect(url) as server:
        state.refuse_gets = [status]
        with pytest.raises(NotThere):
            server.get("/api/tasks/1")


@pytest.mark.parametrize(("status", "told"), [(429, "still busy"), (503, r"does not answer \(it answers 503")])
def test_what_does_not_pass_ends(status, told):
    with running() as (url, state), connect(url) as server:
        state.refuse_gets = [status] * 10
        with pytest.raises(PosetuneError, match=told):
            server.get("/api/tasks/1")


def test_another_version_is_told_and_another_api_is_refused():
    said: list[str] = []
    with running(version="2.31.0") as (url, _), connect(url, said.append):
        assert "is CVAT 2.31.0; this was made for 2." in said[0]
    with (
        running(version="3.0.0") as (url, _),
        pytest.raises(PosetuneError, match=r"is CVAT 3.0.0, and this speaks with CVAT 2"),
    ):
        connect(url)


def test_a_server_that_is_no_cvat(monkeypatch):
    with running() as (url, _):
        monkeypatch.setattr(Handler, "_do", lambda *_: (200, "<html>welcome</html>"))
        with pytest.raises(PosetuneError, match="answers with a page"):
            connect(url)
        monkeypatch.setattr(Handler, "_do", lambda *_: (200, {"ok": True}))
        with pytest.raises(PosetuneError, match="does not answer as a CVAT server does"):
            connect(url)


@pytest.mark.parametrize("url", ["ftp://x", "https://x.example/tasks/3", "https://"])
def test_addresses_that_are_none(url):
    with pytest.raises(PosetuneError, match="--url"):
        connect(url)


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PosetuneError, match="takes no connection"):
        connect(f"http://127.0.0.1:{port}")


def test_no_answer_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hasty = dataclasses.replace(HASTY, answer_s=0.05, pauses_s=())
        with pytest.raises(PosetuneError, match="does not answer in time"):
            connect(f"http://127.0.0.1:{silent.getsockname()[1]}", patience=hasty)


def test_no_encryption_is_told_beyond_this_machine(monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(Server, "_check_version", lambda self: None)
    monkeypatch.setattr(Server, "_sign_in", lambda self, token: None)
    connect("http://cvat.example", said.append)
    assert "is not encrypted" in said[0]


def test_listings_come_whole():
    with running() as (url, state), connect(url) as server:
        for number in range(5):
            state.projects[number] = {"id": number, "name": "p"}
        assert [p["id"] for p in server.list("/api/projects")] == [0, 1, 2, 3, 4]


def test_once_means_once_even_where_the_deed_comes_late():
    done: list[int] = []

    def act() -> None:
        threading.Timer(0.04, lambda: done.append(1)).start()
        raise Lost("the connection broke")

    with running() as (url, _), connect(url) as server:
        assert do_once(server, act, lambda: True if done else None) is True
    assert done == [1]
