"""Pages come from a fixed table, and nothing else of the disk does."""

from __future__ import annotations

import socket

import pytest

from posetune.serve.static import FOLDER, PAGES, table


def test_the_first_page_is_analyse(web_server):
    answer = web_server.get("/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.content == (FOLDER / "analyse.html").read_bytes()


def test_every_page_that_is_there_is_in_the_table():
    pages = {p.name for p in FOLDER.glob("*.html")}
    assert pages - {"device.html"} <= set(PAGES.values())  # that one is for posetune export --web


def test_what_the_browser_has_is_not_sent_again(web_server):
    first = web_server.get("/static/js/shell.js")
    assert first.headers["content-type"].startswith("text/javascript")
    again = web_server.get("/static/js/shell.js", If_None_Match=first.headers["etag"])
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../settings.py", "/static/%2e%2e/settings.py", "/static/..%2fsettings.py", "/static//etc/passwd", "//etc/passwd",
        "/static/js/..%5c..%5csettings.py", "/static/js", "/static/", "/analyse.html", "/static/js/shell.js%00.html", "/./", "/%2e",
        "/static/js/shell.js/", "/.well-known/x",
    ],
)  # fmt: skip
def test_nothing_else_can_be_reached(web_server, path):
    with socket.create_connection(("127.0.0.1", web_server.port), 5) as connection:  # http.client would tidy the path
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{web_server.port}\r\nConnection: close\r\n\r\n".encode()
        )
        assert connection.recv(100).split()[1] == b"404"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "pages" / "analyse.html").write_text("page")
    (tmp_path / "pages" / "secret.html").symlink_to(tmp_path / "secret")
    assert set(table(tmp_path / "pages")) == {"/", "/static/analyse.html"}


def test_pages_are_read_not_written(web_server):
    assert web_server.ask("POST", "/", b"x").status == 405
    assert web_server.ask("PUT", "/static/new.html", b"x").status == 404
