"""The labels of a set through a running server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("starlette")

from tests.helpers.review_set import SIZE, saved, write_review_set
from tests.helpers.server import RunningServer, running

from posetune.label.review import Review

NAME = "clip_000000.jpg"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[RunningServer]:
    folder = write_review_set(tmp_path_factory.mktemp("set"), 6)
    with Review.open(folder) as review, running(tmp_path_factory.mktemp("data"), review=review) as server:
        yield server


def post(server: RunningServer, what: str, content: dict):
    return server.ask(
        "POST", f"/api/v1/annotate/{what}", json.dumps(content).encode(), {"Content-Type": "application/json"}
    )


def image(server: RunningServer, name: str = NAME) -> dict:
    return server.get(f"/api/v1/annotate/image?name={name}").json()


def folder(server: RunningServer):
    return server.services.review.root


def test_a_server_without_a_set_says_so(web_server):
    assert web_server.get("/api/v1/annotate").json()["open"] is False
    answer = web_server.get("/api/v1/annotate/image?name=a")
    assert answer.status == 404
    assert "posetune annotate SET" in answer.json()["detail"]


def test_the_set_and_its_images(server):
    work = server.get("/api/v1/annotate").json()
    assert work["open"]
    assert work["counts"]["images"] == 6
    assert work["first"] == NAME
    assert work["partners"][11] == 12
    there = image(server)
    assert (there["width"], there["height"]) == SIZE
    assert there["neighbours"]["next"] == "clip_000001.jpg"
    assert there["neighbours"]["previous"] is None
    assert len(there["people"][0]["points"]) == 33
    assert image(server, "clip_000004")["people"][0]["doubts"][0]["kind"] == "low"
    rows = server.get("/api/v1/annotate/list?start=4").json()
    assert [row["name"] for row in rows] == ["clip_000004.jpg", "clip_000005.jpg"]


def test_a_picture_comes_as_it_is(server):
    answer = server.get(f"/api/v1/{image(server)['picture']}")
    assert answer.content == (folder(server) / "images" / NAME).read_bytes()
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]


def test_an_action_is_saved_and_undone(server):
    name = "clip_000001.jpg"
    there = image(server, name)
    person = there["people"][0]
    points = [[x + 1, y, v] for x, y, v in person["points"]]
    action = {"key": "abcd-1", "image": name, "seen": there["revision"], "what": "shift",
              "people": [{"id": person["id"], "points": points, "status": "corrected"}]}  # fmt: skip
    acted = post(server, "actions", action)
    assert acted.status == 200
    assert acted.json()["revision"] == post(server, "actions", action).json()["revision"]
    assert image(server, name)["people"][0]["points"] == points
    assert saved(folder(server))["annotations"][1]["status"] == "corrected"
    stack = server.get(f"/api/v1/annotate/history?name={name}").json()
    assert [done["what"] for done in stack["undo"]] == ["shift"]
    assert stack["undo"][0]["people"][0]["before"]["points"] == person["points"]
    undone = {"key": "abcd-2", "image": name, "seen": 99, "kind": "undo", "of": "abcd-1"}
    assert post(server, "actions", undone).status == 200
    assert image(server, name)["people"] == there["people"]
    assert post(server, "actions", {**undone, "key": "abcd-3"}).status == 409


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"image": "nobody.jpg"}, 404),
        ({"key": "no"}, 422),
        ({"people": [{"id": 1, "points": [[1, 2, 2]]}]}, 422),
        ({"people": [{"id": 1, "points": [[1, 2, 3]] * 33}]}, 422),
        ({"people": [{"id": 1, "points": [[1e9, 2, 2]] * 33}]}, 422),
        ({"people": [{"id": 1, "points": [[1, 2, 2]] * 33, "status": "fine"}]}, 422),
        ({"people": [{"id": 2, "points": [[1, 2, 2]] * 33}]}, 404),
        ({"deleted": [77]}, 404),
        ({"more": 1}, 422),
    ],
)
def test_what_is_no_action_changes_nothing(server, change, status):
    before = saved(folder(server))
    answer = post(server, "actions", {"key": "zzzz-1", "image": NAME, "seen": 0, **change})
    assert answer.status == status, answer.content
    assert answer.json()["detail"].endswith(".")
    assert saved(folder(server)) == before


def test_people_of_frames_beside(server):
    found = server.get("/api/v1/annotate/around?name=clip_000003.jpg").json()
    assert found["at"] == 30
    assert found["before"]["name"] == "clip_000002.jpg"
    assert found["earlier"] is found["later"] is None
    for i, name in enumerate(("clip_000001.jpg", "clip_000005.jpg")):
        done = {"key": f"beside-{i + 1}", "image": name, "seen": 99, "status": "verified"}
        assert post(server, "actions", done).status == 200
    found = server.get("/api/v1/annotate/around?name=clip_000003.jpg").json()
    assert (found["earlier"]["at"], found["later"]["at"]) == (10, 50)


def test_a_person_is_found_in_a_box_and_at_a_point(server):
    box = [60, 60, 160, 340]
    found = post(server, "person", {"image": NAME, "box": box}).json()
    assert found["box"] == box
    assert len(found["points"]) == len(found["confidence"]) == 33
    there = post(server, "person", {"image": NAME, "point": [130, 200]}).json()
    assert abs(there["points"][11][0] - found["points"][11][0]) < 40
    assert post(server, "person", {"image": NAME}).status == 422
    assert post(server, "person", {"image": NAME, "box": [0, 0, 0, 0]}).status == 422


def test_tabs_are_counted(server):
    first = post(server, "tabs", {"tab": "aaaa", "ids": 10}).json()
    second = post(server, "tabs", {"tab": "bbbb", "ids": 10}).json()
    assert (first["others"], second["others"]) == (0, 1)
    assert second["first_id"] == first["first_id"] + 10
    post(server, "tabs", {"tab": "aaaa", "gone": True})
    assert post(server, "tabs", {"tab": "bbbb"}).json()["others"] == 0
