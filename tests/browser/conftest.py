"""Chromium, and what pages load in it. Without Chromium the tests that ask for it skip; with CI set they fail."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from posetune.errors import PosetuneError
from posetune.stock import tasks_vision

_SECONDS = 120  # for anything: a machine whose processors are busy needs a tenth of that


def missing(what: str) -> None:
    """Skip, but where CI promises that it is there."""
    if os.environ.get("CI"):
        pytest.fail(f"CI checks bundles in a browser, and {what}")
    pytest.skip(f"bundles are not checked in a browser: {what}")


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return found or missing("there is no Chromium (apt-get install chromium)")  # type: ignore[return-value]


@pytest.fixture(scope="session")
def package(chromium) -> dict[str, bytes]:
    try:
        return {f"tasks-vision/{path}": content for path, content in tasks_vision.files().items()}
    except PosetuneError as error:
        return missing(str(error))  # type: ignore[return-value]


@pytest.fixture(scope="module")  # two Playwrights in one thread disturb each other
def open_page(chromium) -> Iterator[Callable[..., Any]]:
    """Opens an address in a browser of its own (a blocked page holds up its whole browser), with more flags of Chromium's if they
    are given. The page has ``said``, what its console said, and ``asked``, the addresses that it reached.
    """
    if importlib.util.find_spec("playwright") is None:
        missing("playwright is not installed (pip install 'posetune[dev]')")
    from playwright.sync_api import sync_playwright

    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium has none for root
    browsers = []

    def open_(address: str, *flags: str) -> Any:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-gpu", *sandbox, *flags])
        browsers.append(browser)
        page = browser.new_page()
        page.set_default_timeout(_SECONDS * 1000)
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("requestfinished", lambda request: page.asked.append(request.url))
        page.goto(address)
        return page

    with sync_playwright() as playwright:
        try:
            yield open_
        finally:
            for browser in browsers:
                browser.close()
