from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("starlette")
pytest.importorskip("sqlalchemy")

import cv2
from tests.helpers.figures import draw_person, room
from tests.helpers.server import running

from posetune.serve import follower
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry


def another(network: bytes, number: int) -> bytes:
    """A network that answers alike, with a hash of its own."""
    return network + number.to_bytes(4, "little")


@pytest.fixture
def registry(tmp_path, lite, monkeypatch) -> Registry:
    monkeypatch.setattr(follower, "POLL", 0.1)
    registry, _ = Registry.init(str(tmp_path / "registry"), {}, "test")
    promote(registry, registry.add(lite, ".tflite", {"name": "first"}).sha256)
    return registry


def promote(registry: Registry, sha256: str, kind: str = kinds.PROMOTE) -> None:
    registry.append(kind, {"network": sha256, "why": "test"}, "test")


def picture() -> bytes:
    return cv2.imencode(".jpg", draw_person(room(320, 320), (160.0, 180.0), scale=0.8))[1].tobytes()


def until(true, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_promotions_and_rollbacks_reach_a_server_that_drops_nothing(tmp_path, registry, lite, monkeypatch):
    first = registry.state.live
    jpeg, answers, ended = picture(), [], threading.Event()
    monkeypatch.setattr(follower, "DRAIN", 0.2)
    with running(tmp_path / "data", models=(), registry=registry.name) as server:

        def ask() -> None:
            while not ended.is_set():
                answers.append(server.predict(jpeg))

        asking = threading.Thread(target=ask)
        asking.start()
        second = registry.add(another(lite, 1), ".tflite", {"name": "second"}).sha256
        for wanted, kind in ((second, kinds.PROMOTE), (first, kinds.ROLLBACK)):
            promote(registry, wanted, kind)
            until(lambda wanted=wanted: server.predict(jpeg).json()["network"]["sha256"] == wanted)
        ended.set()
        asking.join(20)
        listed = server.get("/api/v1/networks").json()
        refused = server.put_json("/api/v1/networks/current", {"name": listed[0]["name"]})
    assert {answer.status for answer in answers} == {200}
    assert {answer.json()["network"]["sha256"] for answer in answers} == {first, second}
    assert [(n["name"], n["kind"]) for n in listed if n["current"]] == [(f"first {first[:8]}", "registry")]
    assert refused.status == 409
    assert "learn" in refused.json()["detail"]


def test_damage_leaves_what_answers_answering(tmp_path, registry, lite):
    first = registry.state.live
    broken = registry.add(b"no network at all", ".tflite", {"name": "broken"}).sha256
    with running(tmp_path / "data", models=(), registry=registry.name) as server:
        found = server.services.follower
        for number, harm in (
            (1, lambda path: path.write_bytes(path.read_bytes()[:-9])),
            (2, lambda path: path.unlink()),
        ):
            harmed = registry.add(another(lite, number), ".tflite", {}).sha256
            harm(tmp_path / "registry" / "networks" / harmed / "network.tflite")
            promote(registry, harmed)
            until(lambda harmed=harmed: harmed[:8] in found.problem)
        promote(registry, broken)
        until(lambda: "cannot be loaded" in found.problem)
        assert server.predict(picture()).json()["network"]["sha256"] == first
        promote(registry, first, kinds.ROLLBACK)
        until(lambda: found.problem == "")
        (tmp_path / "registry").rename(tmp_path / "away")
        until(lambda: "cannot be read" in found.problem)
        assert server.predict(picture()).json()["network"]["sha256"] == first


def test_a_server_that_starts_on_a_damaged_live_network_takes_the_one_before(tmp_path, registry, lite):
    first = registry.state.live
    second = registry.add(another(lite, 1), ".tflite", {}).sha256
    promote(registry, second)
    (tmp_path / "registry" / "networks" / second / "network.tflite").write_bytes(b"")
    with running(tmp_path / "data", models=(), registry=registry.name) as server:
        assert server.predict(picture()).json()["network"]["sha256"] == first


def test_a_share_of_the_pictures_is_the_challengers(tmp_path, registry, lite):
    first = registry.state.live
    second = registry.add(another(lite, 1), ".tflite", {}).sha256
    registry.append(kinds.CHALLENGE, {"network": second}, "test")
    with running(tmp_path / "data", models=(), registry=registry.name, audit_share=0.5) as server:
        until(lambda: server.services.networks.challenger is not None)
        seen = {server.predict(picture()).json()["network"]["sha256"] for _ in range(24)}
        assert seen == {first, second}
        assert server.predict(picture(), f"?model={first}").json()["network"]["sha256"] == first
        registry.append(kinds.REFUSE, {"network": second, "why": "worse"}, "test")
        until(lambda: server.services.networks.challenger is None)


def test_a_server_that_starts_without_its_registry_goes_on_with_what_was_live(tmp_path, registry):
    first = registry.state.live
    with running(tmp_path / "data", models=(), registry=registry.name):
        pass
    (tmp_path / "registry").rename(tmp_path / "away")
    with running(tmp_path / "data", models=(), registry=registry.name) as server:
        assert server.predict(picture()).json()["network"]["sha256"] == first
        shown = server.get("/api/v1/learning").json()
        assert shown["live"]["sha256"] == first
        assert "There is no registry" in shown["problem"]
        (tmp_path / "away").rename(tmp_path / "registry")
        until(lambda: not server.services.follower.away)
        assert server.get("/api/v1/learning").json()["history"]


def test_where_the_last_promotion_is_lost_what_answered_answers(tmp_path, registry, lite):
    second = registry.add(another(lite, 1), ".tflite", {"name": "second"}).sha256
    promote(registry, second)
    networks = SimpleNamespace(
        audit_share=0.0, challenger=None, current=SimpleNamespace(network=SimpleNamespace(sha256=second, name="second"))
    )
    before, _ = follower.Follower(registry.name, tmp_path / "files", networks).begin_with()  # type: ignore[arg-type]
    for folder in ("log", "copies"):
        (tmp_path / "registry" / folder / f"{registry.log.last:09d}.json").write_bytes(b"{")
    again = follower.Follower(registry.name, tmp_path / "files", networks)  # type: ignore[arg-type]
    assert again.begin_with()[0] == before
    assert before.stem == second
    assert "cannot be told" in again.problem
    asyncio.run(again.look())  # and switches to nothing
    assert again.problem.endswith("second answers on.")
    fresh = follower.Follower(registry.name, tmp_path / "none", networks)  # type: ignore[arg-type]
    assert fresh.begin_with()[0].stem == again.state.live  # what is there
