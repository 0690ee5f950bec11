"""The page on which ranges are edited."""

from __future__ import annotations

import pytest
from tests.helpers.server import running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("ranges")) as made:
        yield made


def test_ranges_are_edited_checked_and_saved(visit, server):
    page = visit("/ranges", server=server)
    page.wait_for_selector("html[data-status=ready]")
    assert page.locator("#save").is_disabled()
    before = server.get("/api/v1/ranges").json()
    page.fill("#left_knee-min", "200")
    assert page.locator("#status").inner_text() == "Left knee: type two numbers from 0 to 180."
    assert page.locator("#save").is_disabled()
    page.fill("#left_knee-min", "175")
    page.fill("#left_knee-max", "160")
    assert "must not be above" in page.locator("#status").inner_text()
    page.fill("#left_knee-min", "90.5")
    page.keyboard.press("Enter")
    page.locator(".toast", has_text="Ranges saved").wait_for()
    after = server.get("/api/v1/ranges").json()["ranges"]
    assert after == {**before["ranges"], "left_knee": {"min": 90.5, "max": 160}}
    page.locator("#defaults").click()
    assert page.input_value("#left_knee-max") == "180"
    page.locator("#undo").click()
    assert page.input_value("#left_knee-max") == "160"
    assert server.get("/api/v1/ranges").json()["ranges"] == after


def test_a_refusal_is_shown_and_loses_nothing(visit, server):
    page = visit("/ranges", server=server)
    page.expected = "Failed to load resource"
    page.wait_for_selector("html[data-status=ready]")
    refusal = {"title": "No", "detail": "Only an administrator may."}
    page.route("**/api/v1/ranges", lambda route: route.fulfill(status=403, json=refusal))
    page.fill("#right_hip-min", "77")
    page.locator("#save").click()
    page.locator(".toast.bad", has_text="Only an administrator may.").wait_for()
    assert page.input_value("#right_hip-min") == "77"
    assert page.locator("#save").is_enabled()
