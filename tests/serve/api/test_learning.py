from __future__ import annotations

import pytest

pytest.importorskip("starlette")
pytest.importorskip("sqlalchemy")

import json

from tests.helpers.server import running

from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry


def test_without_a_registry_it_says_so(web_server):
    assert web_server.get("/api/v1/learning").json()["registry"] is None
    answer = web_server.ask("POST", "/api/v1/learning/hold", b'{"why":"so"}', {"Content-Type": "application/json"})
    assert answer.status == 404
    assert "--registry" in answer.json()["detail"]


def test_a_person_s_word_is_written_down_and_answers_at_once(tmp_path, lite):
    registry, _ = Registry.init(str(tmp_path / "registry"), {}, "test")
    for number in range(2):
        sha256 = registry.add(lite + bytes(4 * number), ".tflite", {"name": f"n{number}"}, by="test").sha256
        registry.append(kinds.PROMOTE, {"network": sha256, "why": "so", "proven": True}, "test")

    def say(what: str, **body: object):
        content = json.dumps(body).encode()
        return server.ask("POST", f"/api/v1/learning/{what}", content, {"Content-Type": "application/json"})

    with running(tmp_path / "data", models=(), registry=registry.name) as server:
        found = say("rollback", why="it swaps knees").json()
        assert found["live"]["name"].startswith("n0")
        assert [h["kind"] for h in found["history"]] == ["rollback", "promote", "register", "promote", "register"]
        assert server.services.networks.current.network.sha256 == found["live"]["sha256"]
        assert say("rollback", why="so", to=found["live"]["sha256"]).status == 409
        assert say("hold", why="").status == 422
        assert say("hold", why="a fair").json()["held"] == "a fair"
        assert say("release", why="over").json()["held"] == ""
