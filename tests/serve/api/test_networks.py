"""Networks: listed, loaded, switched without dropping a request, deleted."""

from __future__ import annotations

import threading

import pytest
from tests.helpers.server import running

from posetune import stock
from posetune.store.ids import new_id

OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own, with two workers and a run folder that has a report."""
    folder = tmp_path_factory.mktemp("networks")
    run = folder / "squats"
    run.mkdir()
    (run / stock.RUN_NETWORK).write_bytes(stock.path("full").read_bytes() + bytes(8))
    (run / "report.html").write_text("<h1>Report</h1>")
    with running(folder / "data", workers=2, models=("lite", str(run))) as server:
        yield server


@pytest.fixture
def task(lite_task) -> bytes:
    return lite_task.read_bytes()


def _listed(server) -> dict[str, dict]:
    return {entry["name"]: entry for entry in server.get("/api/v1/networks").json()}


def test_networks_are_listed_with_what_they_are(server):
    found = _listed(server)
    assert found["lite"]["kind"] == "stock"
    assert found["squats"]["kind"] == "run"
    assert [name for name, entry in found.items() if entry["current"]] == ["lite"]
    assert {"full", "lite"} <= set(found)


def test_a_report_is_a_click_away_and_harmless(server):
    report = server.get(_listed(server)["squats"]["report"])
    assert (report.status, report.content) == (200, b"<h1>Report</h1>")
    assert "sandbox" in report.headers["content-security-policy"]
    assert server.get("/api/v1/networks/lite/report").status == 404


def test_switching_drops_no_request(server, photo):
    """Requests that run meanwhile are answered, each by the network that was current when it came."""
    sha256 = {name: entry["sha256"] for name, entry in _listed(server).items()}
    answers, stop = [], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            answers.append(server.predict(photo))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for name in ("squats", "full", "lite"):
        assert server.put_json("/api/v1/networks/current", {"name": name}).json()["current"]
        assert server.predict(photo).json()["network"] == {"name": name, "sha256": sha256[name]}
    stop.set()
    for thread in threads:
        thread.join(30)
    assert {answer.status for answer in answers} == {200}
    assert {a.json()["network"]["sha256"] for a in answers} <= set(sha256.values())
    assert server.services.pool.deaths == 0


@pytest.mark.parametrize("content", [{"name": "nix"}, {"name": ""}, {}, {"nam": "lite"}, 5, {"name": 5}])
def test_switching_to_nothing_changes_nothing(server, content):
    assert server.put_json("/api/v1/networks/current", content).status in (404, 422)
    assert _listed(server)["lite"]["current"]


def test_an_uploaded_network_answers_survives_and_can_be_deleted(server, task, photo):
    answer = server.ask("POST", "/api/v1/networks?name=../..%2Fmy%0Anetwork", task, OCTETS)
    entry = answer.json()
    assert answer.status == 201
    assert (entry["name"], entry["kind"], entry["current"], entry["uploaded"]) == (
        ".. .. my network",
        "task",
        False,
        True,
    )
    assert server.ask("POST", "/api/v1/networks", task, OCTETS).status == 200
    (kept,) = (server.services.settings.data_dir / "networks").glob("*.task")
    found = server.predict(photo, "?model=..%20..%20my%20network").json()
    assert found["network"]["sha256"] == entry["sha256"]
    again = server.services.networks._index()
    assert [n.name for n in again.networks] == [".. .. my network"]
    assert server.ask("DELETE", "/api/v1/networks/..%20..%20my%20network").status == 204
    assert not kept.exists()
    assert server.ask("DELETE", "/api/v1/networks/lite").status == 409


def test_of_bundles_with_one_landmark_network_a_job_gets_the_one_it_named(server, task):
    """Their detectors may differ; sha256 is the landmark network's."""
    again = task + bytes(8)  # another file
    first, second = (
        server.ask("POST", f"/api/v1/networks?name={n}", c, OCTETS).json() for n, c in (("one", task), ("two", again))
    )
    assert first["sha256"] == second["sha256"]
    find = server.services.engine.find_network
    assert [find(first["sha256"], name).name for name in ("one", "two")] == ["one", "two"]
    assert find(first["sha256"], "gone").sha256 == first["sha256"]
    assert find("0" * 64, "one") is None
    for name in ("one", "two"):
        assert server.ask("DELETE", f"/api/v1/networks/{name}").status == 204


@pytest.mark.parametrize("name", ["..", ".", "current", "%00"])
def test_an_uploaded_network_has_a_name_by_which_it_can_be_deleted(server, task, name):
    """Clients take a path that ends in dots for a folder, and ``current`` is another resource."""
    given = server.ask("POST", f"/api/v1/networks?name={name}", task, OCTETS).json()["name"]
    assert given.strip(".")
    assert server.ask("DELETE", f"/api/v1/networks/{given}").status == 204


@pytest.mark.parametrize("what", ["photo", "detector", "empty"])
def test_what_is_no_network_leaves_nothing(server, photo, what):
    content = {"photo": photo, "detector": stock.path("detector").read_bytes(), "empty": b""}[what]
    answer = server.ask("POST", "/api/v1/networks", content, OCTETS)
    assert answer.status in (415, 422)
    assert server.services.networks.uploaded == 0
    left = [p.name for p in server.services.networks.folder.iterdir()]
    assert left in ([], ["networks.json"])


def test_a_network_is_no_picture(server, task):
    answer = server.predict(task)
    assert answer.status == 415
    assert "network" in answer.json()["detail"]


def test_uploaded_networks_are_there_after_a_restart_and_halves_are_not(task, tmp_path):
    with running(tmp_path) as server:
        sha256 = server.ask("POST", "/api/v1/networks?name=mine", task, OCTETS).json()["sha256"]
    kept = set((tmp_path / "networks").iterdir())
    (tmp_path / "networks" / new_id()).mkdir()  # the server was killed within an upload, or behind one
    (tmp_path / "networks" / f"{'0' * 32}.task").write_bytes(task)
    with running(tmp_path) as server:
        assert set((tmp_path / "networks").iterdir()) == kept
        assert _listed(server)["mine"]["sha256"] == sha256
