"""Where no token is asked for, everybody is the owner; with one: security/test_guard.py."""

from __future__ import annotations


def test_on_this_machine_everybody_is_the_owner(web_server):
    assert web_server.get("/api/v1/session").json() == {"name": "local", "admin": True, "token": False}


def test_a_token_that_nobody_asks_for_begins_nothing(web_server):
    json = {"Content-Type": "application/json"}
    answer = web_server.ask("POST", "/api/v1/session", b'{"token": "x"}', json)
    assert answer.status == 204
    assert "set-cookie" not in answer.headers
    assert web_server.ask("POST", "/api/v1/session", b'{"token": ""}', json).status == 422
    assert web_server.ask("POST", "/api/v1/session", b"token=x", {"Content-Type": "text/plain"}).status == 415
