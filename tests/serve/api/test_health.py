"""Alive, ready, counted."""

from __future__ import annotations

from posetune import stock


def test_alive_and_ready(web_server):
    assert web_server.get("/healthz").json() == {"alive": True}
    found = web_server.get("/readyz").json()
    assert found == {"ready": True, "workers": 1, "network": {"name": "lite", "sha256": stock.resolve("lite").sha256}}


def test_before_its_networks_have_answered_it_is_alive_and_not_ready(web_server, photo, monkeypatch):
    monkeypatch.setattr(web_server.services, "opened", False)
    assert web_server.get("/healthz").status == 200
    for answer in (web_server.get("/readyz"), web_server.predict(photo), web_server.get("/api/v1/networks")):
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_metrics_count_by_route_and_never_by_what_was_asked(web_server):
    web_server.get("/secret-name")
    answer = web_server.get("/metrics")
    text = answer.content.decode()
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'route="files",status="404"' in text
    assert "secret-name" not in text
    assert "posetune_workers_ready 1.0" in text
    assert f'posetune_network_info{{name="lite",sha256="{stock.resolve("lite").sha256}"}} 1.0' in text


def test_a_head_is_answered_without_a_body(web_server):
    answer = web_server.ask("HEAD", "/healthz")
    assert (answer.status, answer.content) == (200, b"")
