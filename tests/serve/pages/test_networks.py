"""The page on which networks are loaded and switched."""

from __future__ import annotations

import pytest
from tests.helpers.server import running

from posetune import stock


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("networks"), models=("lite",)) as made:
        yield made


def current(server) -> str:
    return next(n["name"] for n in server.get("/api/v1/networks").json() if n["current"])


def test_a_network_is_loaded_and_switched_to_and_deleted(visit, server):
    page = visit("/networks", server=server)
    page.wait_for_selector("html[data-status=ready]")
    content = stock.path("lite").read_bytes()
    page.set_input_files(
        "#file", {"name": "mine.tflite", "mimeType": "application/octet-stream", "buffer": _another(content)}
    )
    page.locator(".toast", has_text="mine is loaded").wait_for()
    page.locator('[data-use="mine"]').click()
    page.locator(".toast", has_text="mine answers from now on").wait_for()
    assert current(server) == "mine"
    page.locator(".network-chip", has_text="mine").wait_for()
    page.locator('[data-use="lite"]').click()
    page.locator(".toast", has_text="lite answers from now on").wait_for()
    page.get_by_role("button", name="Delete mine").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.locator(".toast", has_text="mine is deleted").wait_for()
    assert "mine" not in [n["name"] for n in server.get("/api/v1/networks").json()]


def _another(content: bytes) -> bytes:
    """The same network under another sha256: what stands behind a flatbuffer is not read."""
    return content + b"\0\0\0\0"


def test_what_is_no_network_is_refused_with_the_reason(visit, server):
    page = visit("/networks", server=server)
    page.expected = "Failed to load resource"
    page.wait_for_selector("html[data-status=ready]")
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"})
    page.locator("#refusal", has_text="neither a .task nor a .tflite").wait_for()
    page.set_input_files("#file", {"name": "a.task", "mimeType": "application/octet-stream", "buffer": b"hello" * 40})
    page.locator("#refusal", has_text="This is no network").wait_for()
    page.wait_for_selector("html[data-status=ready]")
