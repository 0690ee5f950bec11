"""Tokens, and the sessions they are exchanged for."""

from __future__ import annotations

import os

import pytest

from posetune.errors import PosetuneError
from posetune.serve.problem import Problem
from posetune.serve.security.sessions import ENVIRONMENT, LOCAL, Sessions, Visitor, is_long, tokens_in

TOKEN = "wJ3x-9QfP0aB7cDe5Gh1iJkLmNoPqRsTuVwXyZ246_8"
OTHER = TOKEN[::-1]


def _scope(*headers: tuple[bytes, bytes], client="10.0.0.1") -> dict:
    return {"type": "http", "headers": list(headers), "client": (client, 5)}


def _cookie(sessions: Sessions, key: str) -> dict:
    return _scope((b"cookie", f"other=1; {sessions.cookie}={key}".encode()))


@pytest.fixture
def sessions(tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    return Sessions(tmp_path / "token", 8000, {})


def test_without_a_token_everybody_is_the_owner():
    sessions = Sessions(None, 8000, {})
    assert not sessions.asked_for
    assert sessions.visitor(_scope()) == LOCAL


def test_a_token_is_exchanged_for_a_session(sessions):
    assert sessions.visitor(_scope()) is None
    key = sessions.open(TOKEN, _scope())
    assert sessions.visitor(_cookie(sessions, key)) == Visitor("owner", True)
    assert key != TOKEN
    assert sessions.cookie.endswith("_8000")
    sessions.end(_cookie(sessions, key))
    assert sessions.visitor(_cookie(sessions, key)) is None


def test_programs_show_the_token_itself(sessions):
    assert sessions.visitor(_scope((b"authorization", b"Bearer " + TOKEN.encode()))) == Visitor("owner", True)
    assert sessions.visitor(_scope((b"authorization", b"Bearer wrong"))) is None
    assert sessions.visitor(_scope((b"authorization", b"Basic " + TOKEN.encode()))) is None


def test_a_changed_token_ends_the_sessions(sessions, tmp_path):
    key = sessions.open(TOKEN, _scope())
    (tmp_path / "token").write_text(OTHER)
    os.utime(tmp_path / "token", ns=(1, 1))
    assert sessions.visitor(_cookie(sessions, key)) is None
    with pytest.raises(Problem):
        sessions.open(TOKEN, _scope())
    assert sessions.open(OTHER, _scope())


def test_a_token_file_that_is_gone_lets_nobody_in(sessions, tmp_path):
    key = sessions.open(TOKEN, _scope())
    (tmp_path / "token").unlink()
    assert sessions.visitor(_cookie(sessions, key)) is None
    assert sessions.visitor(_scope((b"authorization", b"Bearer " + TOKEN.encode()))) is None
    assert sessions.asked_for


def test_tokens_are_not_guessed_by_trying(sessions):
    for _ in range(10):
        with pytest.raises(Problem, match="not the token"):
            sessions.open("wrong", _scope())
    with pytest.raises(Problem) as caught:
        sessions.open(TOKEN, _scope())
    assert caught.value.status == 429
    assert sessions.open(TOKEN, _scope(client="10.0.0.2"))


def test_a_token_of_the_environment_serves_too():
    assert Sessions(None, 8000, {ENVIRONMENT: TOKEN}).visitor(_scope()) is None


def test_several_people_have_names():
    found = tokens_in(f"# who may come in\nann {TOKEN} admin\n\nbob {OTHER}\n", "tokens")
    assert sorted(found.values(), key=lambda v: v.name) == [Visitor("ann", True), Visitor("bob", False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no token"),
        ("short", "line 1: the token is shorter"),
        ("ann short", "line 1: the token is shorter"),
        (f"ann {TOKEN} boss", "line 1: write"),
    ],
)
def test_a_bad_token_file_is_told(text, said):
    with pytest.raises(PosetuneError, match=said):
        tokens_in(text, "tokens")


@pytest.mark.parametrize(
    ("token", "long"),
    [(TOKEN, True), ("0123456789abcdef" * 4, True), ("0123456789abcdef" * 3, False), ("ab" * 50, False)],
)
def test_256_bit_are_asked_for(token, long):
    assert is_long(token) == long
