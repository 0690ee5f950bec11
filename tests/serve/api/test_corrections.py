"""Corrections through a running server: consent, once, limits, forgetting."""

from __future__ import annotations

import json

import msgspec
import pytest
from tests.helpers.server import RunningServer, running

from posetune.serve import corrections as keeper
from posetune.serve.api.corrections import Mine

URL = "/api/v1/corrections"
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("kept")) as server:
        yield server


def keep(server: RunningServer, photo: bytes, query: str = "?consent=1", **headers: str):
    return server.ask("POST", f"{URL}/pictures{query}", photo, {**JPEG, **headers})


def cookie_of(answer) -> dict[str, str]:
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def body(picture: str, changes: dict | None = None) -> dict:
    points = [[100.0 + i, 50.0 + 2 * i, 2] for i in range(33)]
    return {"picture": picture, "points": points, "touched": ["moved"] * 33, "key": "k1", "seconds": 12.5} | (
        changes or {}
    )


def give(server: RunningServer, content: dict, cookie: dict[str, str]):
    return server.ask("POST", URL, json.dumps(content).encode(), {"Content-Type": "application/json", **cookie})


def mine(server: RunningServer, cookie: dict[str, str]) -> Mine:
    return msgspec.convert(server.ask("GET", URL, headers=cookie).json(), Mine)


def test_nothing_is_kept_without_consent(server, photo):
    assert mine(server, {}) == Mine(True, mine(server, {}).consent, None, 0, {})
    for query in ("", "?consent=0", "?consent=yes"):
        refused = keep(server, photo, query)
        assert refused.status == 422
        assert "without consent" in refused.json()["detail"]
    assert not list(server.services.settings.data_dir.rglob("*.jpg"))


def test_a_correction_is_kept_once_and_forgotten(server, photo):
    kept = keep(server, photo)
    assert kept.status == 201
    assert (kept.json()["width"], kept.json()["height"]) == (440, 400)
    cookie = cookie_of(kept)
    shown = server.predict(photo).json()
    network = shown["network"]["sha256"]
    points = [[x, y, 2] for x, y, _ in shown["people"][0]["landmarks_px"]]
    content = body(kept.json()["picture"], {"network": network, "shown": points})
    first, again = give(server, content, cookie), give(server, content, cookie)
    assert (first.status, again.status) == (201, 200)
    assert first.json() == again.json() == {"id": first.json()["id"], "status": "new"}
    found = mine(server, cookie)
    assert (found.pictures, found.corrections["new"]) == (1, 1)
    with_another = keep(server, photo + b" ")
    assert mine(server, cookie_of(with_another)).corrections["new"] == 0  # that is somebody else
    gone = server.ask("DELETE", URL, headers=cookie)
    assert gone.json() == {"pictures": 1, "corrections": 1, "networks": []}
    assert mine(server, cookie).pictures == 0
    folder = server.services.settings.data_dir / "posetune.sqlite.pictures"
    assert [p.stem for p in folder.rglob("*.jpg")] == [with_another.json()["picture"]]
    assert folder.stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"points": [[1, 2, 2]] * 32}, 422, "points"),
        ({"points": [[1e9, 2, 2]] * 33}, 422, "points"),
        ({"points": [[1, 2, 3]] * 33}, 422, "points"),
        ({"touched": ["guessed"] * 33}, 422, "touched"),
        ({"network": "f" * 64}, 422, "network"),
        ({"seconds": -1}, 422, "seconds"),
        ({"picture": "0" * 64}, 404, "not kept"),
        ({"picture": "../../etc/passwd"}, 422, "picture"),
        ({"extra": 1}, 422, "extra"),
    ],
)
def test_what_is_no_correction_is_a_sentence(server, photo, changes, status, said):
    kept = keep(server, photo)
    answer = give(server, body(kept.json()["picture"], changes), cookie_of(kept))
    assert answer.status == status, answer.content
    assert said in answer.json()["detail"]


def test_who_sent_no_picture_gives_nothing(server):
    assert give(server, body("0" * 64), {}).status == 404
    assert server.ask("DELETE", URL).json()["pictures"] == 0
    forged = {"Cookie": f"posetune_person_{server.services.settings.port}=web-../../x"}
    assert mine(server, forged).person is None


def test_no_picture_is_not_kept(server):
    assert keep(server, b"GIF89a").status == 415
    assert keep(server, b"\xff\xd8\xffnothing").status == 422
    assert server.ask("POST", f"{URL}/pictures?consent=1", b"x", {"Content-Type": "text/plain"}).status == 415


def test_one_gives_so_much_a_day(server, photo, monkeypatch):
    kept = keep(server, photo)
    cookie = cookie_of(kept)
    monkeypatch.setattr(keeper, "MOST_CORRECTIONS", 1)
    assert give(server, body(kept.json()["picture"], {"key": "a"}), cookie).status == 201
    refused = give(server, body(kept.json()["picture"], {"key": "b"}), cookie)
    assert (refused.status, refused.headers["retry-after"]) == (429, "86400")
    monkeypatch.setattr(keeper, "MOST_UNKNOWN", 1)
    assert keep(server, photo + b"  ").status == 429  # another cookie is no way around


def test_pages_of_others_give_nothing(server, photo):
    assert keep(server, photo, Origin="http://evil.example").status == 403


def test_a_server_may_keep_nothing(tmp_path, photo):
    with running(tmp_path, corrections=False) as server:
        assert keep(server, photo).status == 403
        assert mine(server, {}).kept is False
