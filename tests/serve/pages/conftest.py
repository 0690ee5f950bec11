"""The pages in real Chromium, against a real server. Every visit fails where the page breaks its policy, asks another host for
something, or says an error on its console."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, sync_playwright
from tests.helpers.server import RunningServer, running

import posetune.serve

PAGES = Path(posetune.serve.__file__).parent / "pages"
#: A person in a squat, rendered by posetune.
PICTURE = PAGES / "samples" / "squat.webp"
#: Writes down, from before the page's own code runs, what is drawn and what the policy refused.
_WATCH = (Path(__file__).parent / "watch.js").read_text("utf-8")


@pytest.fixture(
    scope="module"
)  # while Playwright runs, its thread has an event loop, and asyncio.run of other tests fails
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages_server(tmp_path_factory) -> Iterator[RunningServer]:
    """One worker, lite (current) and full. Only to be read: what changes ranges or networks starts its own."""
    with running(tmp_path_factory.mktemp("pages"), models=("lite", "full")) as server:
        yield server


Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, pages_server: RunningServer) -> Iterator[Visit]:
    """``visit("/ranges", server=…, language="zh", theme="light", width=390, reduced_motion="reduce")`` → the page, ready."""
    opened: list[tuple[Page, list[str], str]] = []

    def open_page(
        path: str,
        *,
        server: RunningServer | None = None,
        language: str = "en",
        theme: str = "dark",
        width: int = 1280,
        **context: Any,
    ) -> Page:
        url = (server or pages_server).url
        made = chromium.new_context(
            viewport={"width": width, "height": 800}, locale="zh-CN" if language == "zh" else "en-GB", color_scheme=theme,  # type: ignore[arg-type]
            **context,
        )  # fmt: skip
        page = made.new_page()
        page.set_default_timeout(20_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
        page.on(
            "request",
            lambda request: None if request.url.startswith((url, "blob:")) else wrong.append(f"asked {request.url}"),
        )
        page.add_init_script(_WATCH)
        page.goto(url + path)
        page.wait_for_selector("html.ready")
        opened.append((page, wrong, path))
        return page

    yield open_page
    for page, wrong, path in opened:
        wrong += page.evaluate("watched.violations")
        page.context.close()
        wrong = [text for text in wrong if not getattr(page, "expected", "") or page.expected not in text]  # type: ignore[attr-defined]
        assert not wrong, f"{path}: {wrong}"


def analysed(page: Page, picture: Path | dict[str, Any] = PICTURE) -> dict[str, Any]:
    """Give the page a picture and wait for what comes of it: ``window.posetune.state``."""
    page.evaluate("delete document.documentElement.dataset.status")
    page.set_input_files("input[type=file]", picture)  # type: ignore[arg-type]
    return settled(page)


def settled(page: Page) -> dict[str, Any]:
    """The state once it is done, nobody or error, drawn."""
    page.wait_for_selector("html[data-status=done], html[data-status=nobody], html[data-status=error]")
    page.evaluate("posetune.stage?.draw()")
    state: dict[str, Any] = page.evaluate("posetune.state")
    return state
