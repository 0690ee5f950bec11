"""Exercises of users: kept as files, under names that are none of posetune's."""

from __future__ import annotations

import msgspec
import pytest
from tests.helpers.server import running

from posetune.coach.errors import stock_errors
from posetune.coach.exercise import library
from posetune.serve.api.exercises import AllExercises

MINE = "name: curl\nkind: repetitions\nsignal: {measure: near_elbow, enter: 70, leave: 140}\n"
URL = "/api/v1/exercises"


def put(server, name: str, text: str):
    return server.ask("PUT", f"{URL}/{name}", text.encode(), {"Content-Type": "application/yaml"})


def test_those_of_posetune_are_there(web_server):
    found = msgspec.convert(web_server.get(URL).json(), AllExercises)
    assert [e.name for e in found.exercises if not e.own] == list(library())
    assert found.errors == dict(stock_errors())
    assert web_server.get(f"{URL}/squat.yaml").content.startswith(b"version: 1\nname: squat\n")


def test_ones_own_is_kept_used_and_deleted(tmp_path):
    with running(tmp_path) as server:
        assert put(server, "curl", MINE).json()["own"] is True
        assert (tmp_path / "exercises" / "curl.yaml").read_text() == MINE
    (tmp_path / "exercises" / "broken.yaml").write_text("name: [")
    with running(tmp_path) as server:
        assert [e["name"] for e in server.get(URL).json()["exercises"] if e["own"]] == ["curl"]
        assert server.get(f"{URL}/curl").content == MINE.encode()
        assert server.ask("DELETE", f"{URL}/curl").status == 204
        assert server.ask("DELETE", f"{URL}/curl").status == 404
        assert not (tmp_path / "exercises" / "curl.yaml").exists()


@pytest.mark.parametrize(
    ("name", "text", "status", "said"),
    [
        ("squat", MINE.replace("curl", "squat"), 409, "taken by posetune"),
        ("auto", MINE.replace("curl", "auto"), 409, "taken by posetune"),
        ("other", MINE, 422, "give one name"),
        ("Curl", MINE, 422, "a to z"),
        ("..%2f..%2fcurl", MINE, 404, "no such page"),
        ("curl", MINE + "extra: 1\n", 422, "line 4"),
        ("curl", "x" * 70_000, 413, "larger"),
    ],
)
def test_what_cannot_be_kept_is_a_sentence(web_server, name, text, status, said):
    answer = put(web_server, name, text)
    assert answer.status == status, answer.content
    assert said in answer.json()["detail"]
    assert web_server.ask("DELETE", f"{URL}/squat").status == 409
