"""The page Learning, in a browser."""

from __future__ import annotations

import time

import pytest
from tests.helpers.server import running
from tests.serve.pages.test_pages import serious_faults

from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry


@pytest.fixture(scope="module")
def followed(tmp_path_factory, lite):
    """A server and its registry: one live, one refused with pictures, one that challenges."""
    folder = tmp_path_factory.mktemp("learning")
    registry, _ = Registry.init(str(folder / "registry"), {}, "test")
    first = registry.add(lite, ".tflite", {"name": "lite"}, by="test").sha256
    registry.append(kinds.PROMOTE, {"network": first, "why": "the first one", "proven": False}, "test")
    jpeg = bytes.fromhex("ffd8ffd9")
    bad = registry.add(lite + b"0001", ".tflite", {"name": "learned-1"}, {"ordinary.jpg": jpeg}, "test").sha256
    reasons = ["ordinary people: error +9.0 % against lite: worse."]
    registry.append(kinds.REFUSE, {"network": bad, "why": "1 of 9 checks failed.", "reasons": reasons}, "test")
    second = registry.add(lite + b"0002", ".tflite", {"name": "learned-2"}, by="test").sha256
    registry.append(kinds.PROMOTE, {"network": second, "why": "It errs less.", "proven": True}, "test")
    third = registry.add(lite + b"0003", ".tflite", {"name": "learned-3"}, by="test").sha256
    registry.append(kinds.CHALLENGE, {"network": third, "live": second}, "test")
    registry.append(
        kinds.EVIDENCE,
        {"network": third, "live": second, "units": 40, "log_e": 2.3, "mean": 0.06, "threshold": 100.0, "missing": 42},
        "test",
    )
    with running(folder / "data", models=(), registry=registry.name) as server:
        yield server, registry, first


def test_what_is_live_what_is_tried_and_what_was_refused_with_its_reasons(visit, followed):
    server, _, _ = followed
    page = visit("/learning", server=server)
    page.expected = "Failed to load resource"
    page.wait_for_selector("html[data-status=ready]")
    live = page.locator("#live")
    assert "learned-2" in live.inner_text()
    assert "proven" in live.inner_text()
    trials = page.locator("#trials").inner_text()
    assert "40 audited people have judged; evidence 10 of 100. As it grows now, about 42 more are missing." in trials
    assert "about 11 % less" in trials
    assert "at most one in 100 ever gets there" in trials
    assert "live before, measured beside" in trials
    refused = page.locator('.event[data-kind="refuse"]')
    assert page.locator(".event").count() == 4  # registered and at once something else is one
    refused.locator("summary").click()
    assert "+9.0 % against lite" in refused.inner_text()
    picture = refused.locator("img").get_attribute("src")
    assert server.get(picture).content == bytes.fromhex("ffd8ffd9")
    assert server.get(picture.replace(".jpg", ".tflite")).status == 404
    assert not serious_faults(page)


def test_a_network_is_taken_back_with_a_reason(visit, followed):
    server, registry, first = followed
    page = visit("/learning", server=server)
    page.wait_for_selector("html[data-status=ready]")
    page.locator("#rollback").click()
    assert page.locator("#why").get_attribute("aria-invalid") == "true"
    assert registry.refresh().live != first
    page.locator("#why").fill("it swaps knees")
    name = registry.state.title(first)
    page.locator("#rollback", has_text=f"Make {name} live again").click()
    page.locator("dialog button", has_text="Cancel").click()
    assert registry.refresh().live != first
    page.locator("#rollback").click()
    page.locator("dialog button", has_text=f"Make {name} live again").click()
    page.locator(".toast", has_text="is live again").wait_for()
    assert registry.refresh().live == first
    assert registry.state.terms[-1].why == "it swaps knees"
    back = page.locator('.event[data-kind="rollback"]')
    assert "taken back learned-2" in " ".join(back.inner_text().split())
    assert f"{name} is live again." in back.inner_text()
    assert page.locator("#rollback").is_disabled()  # nothing was live before
    current = next(n for n in server.get("/api/v1/networks").json() if n["current"])
    assert current["sha256"] == first
    page.locator("#why").fill("a fair")
    page.locator("#hold").click()
    page.locator("#hold", has_text="End the hold").wait_for()
    assert registry.refresh().held == "a fair"
    page.locator("#why").fill("over")
    page.locator("#hold").click()
    page.locator("#hold", has_text="Promote nothing").wait_for()
    end = time.monotonic() + 10
    while registry.refresh().held and time.monotonic() < end:
        time.sleep(0.05)
    assert registry.state.held == ""


def test_nobody_is_offered_to_switch_what_a_registry_decides(visit, followed):
    page = visit("/networks", server=followed[0])
    page.locator("#networks article").first.wait_for()
    assert page.locator("#followed a").get_attribute("href") == "/learning"
    assert page.locator("[data-use]").count() == 0


def test_without_a_registry_the_page_says_how(visit):
    page = visit("/learning")
    page.wait_for_selector("html[data-status=ready]")
    assert "posetune serve --registry URL" in page.locator("#live").inner_text()
    assert not page.locator("#rest").is_visible()


def test_a_long_history_is_shown_in_parts_and_a_pass_at_work_is_said(visit, followed):
    server, _, _ = followed
    found = server.get("/api/v1/learning").json()
    one = next(e for e in found["history"] if e["kind"] == "promote")
    found["history"] = [{**one, "number": n, "why": f"reason {n}"} for n in range(45, 0, -1)]
    answer = {**found, "earlier": 3, "at_work": "host 4711"}

    page = visit("/learning", server=server)
    page.route("**/api/v1/learning", lambda route: route.fulfill(json=answer))
    page.reload()
    page.wait_for_selector("html[data-status=ready]")
    assert "A pass is at work" in page.locator("#live").inner_text()
    for shown in (20, 40, 45):
        assert page.locator(".event").count() == shown
        if shown < 45:
            assert not page.locator("#earlier").is_visible()
            page.locator("#older").click()
    assert not page.locator("#older").is_visible()
    assert "posetune learn history" in page.locator("#earlier").inner_text()
