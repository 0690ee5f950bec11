"""Every page: readable by screen readers, by keyboard alone, in both languages and themes, within the policy."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tests.helpers.npm_package import unpacked
from tests.serve.pages.conftest import analysed

from posetune.opencv import cv2
from posetune.serve.static import FOLDER, PAGES

PATHS = [path for path, file in PAGES.items() if (FOLDER / file).is_file()]
SERIOUS = ("serious", "critical")


def serious_faults(page) -> list[str]:
    """What axe finds on the page as it is, of the rules of WCAG 2.2 A and AA and good practice."""
    page.evaluate(f"{(unpacked('axe-core@4.14.0') / 'axe.min.js').read_text('utf-8')}; undefined")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)")
    return [
        f"{fault['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_serious(visit, path):
    page = visit(path)
    page.wait_for_timeout(300)
    assert not serious_faults(page)
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert not serious_faults(page)


def test_axe_finds_nothing_serious_in_a_result(visit):
    page = visit("/", width=390)
    analysed(page)
    assert not serious_faults(page)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_speaks_chinese(visit, path):
    page = visit(path, language="zh")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.locator('#nav a[aria-current="page"], #nav a').first.inner_text() == "图片分析"
    marked = page.locator("[data-i18n]").all_text_contents()
    left = [text for text in marked if re.fullmatch(r"[A-Za-z ,.]{4,}", text)]
    assert not left
    page.locator("#language").click()
    page.get_by_role("link", name="Analyse", exact=True).wait_for(state="attached")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("document.activeElement.id") == "language", "the focus stays"
    page.reload()
    page.wait_for_selector("html.ready")
    assert page.evaluate("document.documentElement.lang") == "en", "it is remembered"


@pytest.mark.parametrize("path", PATHS)
def test_nothing_runs_out_of_a_narrow_screen(visit, path):
    page = visit(path, width=320)
    for width in (320, 768):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_a_result_fits_a_phone(visit):
    page = visit("/", width=320)
    analysed(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for width, height in ((900, 240), (240, 900)):  # the whole picture is seen, in the middle
        picture = cv2.imencode(".png", np.full((height, width, 3), 90, np.uint8))[1].tobytes()
        analysed(page, {"name": "wide.png", "mimeType": "image/png", "buffer": picture})
        left, right = page.evaluate(
            f"[stage.toScreen(0, 0)[0], stage.toScreen({width}, 0)[0]]".replace("stage", "posetune.stage")
        )
        assert left >= -0.5
        assert abs(left + right - 320) < 2


def test_the_keyboard_alone_analyses_a_sample_and_moves_the_picture(visit):
    page = visit("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.dataset.sample ?? document.activeElement.id"))
        if seen[-1] == "squat":
            break
    assert seen[-1] == "squat", seen
    page.evaluate("delete document.documentElement.dataset.status")
    page.keyboard.press("Enter")
    page.wait_for_selector("html[data-status=done]")
    page.locator("#another").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "stage"
    before = page.evaluate("posetune.stage.view.scale")
    page.keyboard.press("+")
    assert page.evaluate("posetune.stage.view.scale") > before


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(visit):
    page = visit("/", width=390)
    menu = page.get_by_role("button", name="Menu")
    assert not page.locator("#nav").is_visible()
    menu.press("Enter")
    assert page.locator("#nav").is_visible()
    page.locator("#nav a").nth(1).focus()
    page.keyboard.press("Escape")
    assert not page.locator("#nav").is_visible()
    assert page.evaluate("document.activeElement.ariaExpanded") == "false"


def test_a_theme_is_kept_and_the_first_one_is_the_systems(visit):
    page = visit("/", theme="light")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.locator("#theme").click()
    page.reload()
    page.wait_for_selector("html.ready")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_server_that_went_away_is_said_in_a_sentence(visit):
    page = visit("/")
    page.expected = "Failed to load resource"
    page.route("**/api/v1/predict*", lambda route: route.abort())
    state = analysed(page)
    assert state["status"] == "error"
    assert re.search("does not answer", state["error"])
