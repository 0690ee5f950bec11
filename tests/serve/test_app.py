"""The app as a whole: paths, methods, the log, and that it is answered whatever is asked."""

from __future__ import annotations

import pytest
from tests.helpers.exif import with_exif

MARKER = b"SECRET-MARKER-OF-THE-PICTURE"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nix", 404),
        ("GET", "/api/v1/nix", 404),
        ("GET", "/api/v1/predict", 405),
        ("DELETE", "/api/v1/ranges", 405),
        ("PATCH", "/api/v1/networks/current", 405),
        ("OPTIONS", "/api/v1/predict", 405),
        ("TRACE", "/", 405),
        ("GET", "/api/v1/ranges/", 404),
    ],
)
def test_paths_and_methods_that_are_not_there(web_server, method, path, status):
    answer = web_server.ask(method, path)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_405_names_all_methods_of_the_path(web_server):
    assert web_server.ask("POST", "/api/v1/ranges", b"").headers["allow"] == "GET, HEAD, PUT"


def test_nothing_of_a_user_is_in_the_log(web_server, photo, caplog):
    marked = photo[:2] + b"\xff\xfe" + (len(MARKER) + 2).to_bytes(2, "big") + MARKER + photo[2:]
    with caplog.at_level("DEBUG"):
        assert web_server.predict(with_exif(marked, 1), "?max_people=3").status == 200
        web_server.get("/secret-path?secret-query=1")
        web_server.predict(MARKER * 50)
    assert "POST /api/v1/predict 200" in caplog.text
    for secret in (MARKER.decode(), "secret", "max_people", "127.0.0.1"):
        assert secret not in caplog.text


def test_a_picture_leaves_nothing_behind(web_server, photo):
    marked = photo[:2] + b"\xff\xfe" + (len(MARKER) + 2).to_bytes(2, "big") + MARKER + photo[2:]
    web_server.predict(marked)
    kept = [p for p in web_server.services.settings.data_dir.rglob("*") if p.is_file()]
    assert not [p for p in kept if MARKER in p.read_bytes()]
