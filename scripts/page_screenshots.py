"""Photograph the pages of the web app in every state, both themes, on a desktop and a phone, in English and Chinese.

    python scripts/page_screenshots.py OUT

starts a server of its own with lite and full and writes OUT/STATE-THEME-WIDTH-LANGUAGE.png. Needs the extras serve and dev,
and Chromium. Look at them as a critic would.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' helpers

import numpy as np
from playwright.sync_api import Page, sync_playwright
from tests.helpers.coached_videos import coached_job
from tests.helpers.review_set import write_review_set
from tests.helpers.server import RunningServer, running
from tests.helpers.stick_figures import repeated, squatting

import posetune.serve
from posetune.label.review import Review
from posetune.opencv import cv2

SAMPLES = Path(posetune.serve.__file__).parent / "pages" / "samples"
DONE = "html[data-status=done], html[data-status=nobody], html[data-status=error]"


def analysed(page: Page, name: str = "squat") -> None:
    page.set_input_files("input[type=file]", SAMPLES / f"{name}.webp")
    page.wait_for_selector(DONE)


def nobody(page: Page) -> None:
    room = cv2.imencode(".png", np.full((600, 800, 3), 150, np.uint8))[1].tobytes()
    page.set_input_files("input[type=file]", {"name": "room.png", "mimeType": "image/png", "buffer": room})
    page.wait_for_selector(DONE)


def refused(page: Page) -> None:
    page.route("**/predict*", lambda route: route.abort())
    analysed(page)


def waiting(page: Page) -> None:
    page.route("**/predict*", lambda route: None)
    page.set_input_files("input[type=file]", SAMPLES / "work.webp")
    page.wait_for_timeout(600)


def masked(page: Page) -> None:
    analysed(page, "several")
    page.locator("[data-toggle=mask]").click()
    page.locator("#message").wait_for(state="hidden")


def wrong_file(page: Page) -> None:
    page.set_input_files("input[type=file]", {"name": "a.gif", "mimeType": "image/gif", "buffer": b"GIF89a"})
    page.locator(".toast").wait_for()


def still(page: Page) -> None:
    page.wait_for_timeout(400)


def coached(page: Page) -> None:
    page.locator("#count").wait_for()
    page.locator(".cue, .coach-table").first.click()
    page.wait_for_timeout(600)


def scored(page: Page) -> None:
    page.locator("#load").fill("12")
    page.locator(".moment").first.scroll_into_view_if_needed()
    page.wait_for_timeout(1200)


def wrong_rule(page: Page) -> None:
    page.locator("#count").wait_for()
    page.locator("#rule").fill(page.locator("#rule").input_value().replace("max: 0.05", "maxx: 0.05"))
    page.locator("#fault .line").wait_for()


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-status=ready]")
    page.wait_for_timeout(300)


def asked(page: Page) -> None:
    """A point that lies inside is called outside."""
    ready(page)
    for key in ("z", "BracketRight", "BracketRight", "o"):
        page.keyboard.press(key)


def keys(page: Page) -> None:
    ready(page)
    page.keyboard.press("?")


#: Name → path of the page, and what to do there.
STATES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "analyse-empty": ("/", still),
    "analyse-waiting": ("/", waiting),
    "analyse-done": ("/", analysed),
    "analyse-several-masked": ("/", masked),
    "analyse-nobody": ("/", nobody),
    "analyse-refused": ("/", refused),
    "analyse-wrong-file": ("/", wrong_file),
    "video-empty": ("/video", still),
    "webcam-empty": ("/webcam", still),
    "compare-empty": ("/compare", still),
    "compare-done": ("/compare", analysed),
    "video-coach": ("/video?job={job}&view=coach", coached),
    "video-postures": ("/video?job={job}&view=postures", scored),
    "exercises": ("/exercises?job={job}&exercise=squat", coached),
    "exercises-wrong": ("/exercises?job={job}&exercise=squat", wrong_rule),
    "annotate": ("/annotate?image=clip_000002", ready),
    "annotate-question": ("/annotate", asked),
    "annotate-keys": ("/annotate", keys),
    "ranges": ("/ranges", still),
    "networks": ("/networks", still),
    "docs": ("/api/docs", still),
}


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Review.open(write_review_set(Path(folder) / "set")) as review,
        running(Path(folder) / "data", models=("full", "lite"), review=review) as server,
    ):
        ranges = server.get("/api/v1/ranges").json()["ranges"]
        server.put_json("/api/v1/ranges", {"ranges": {**ranges, "left_knee": {"min": 90, "max": 180}}})
        seen = list(repeated(squatting, 3, period_s=1.6, rest_s=0.8, fps=15, deepest=0.75))
        photograph(server, out, coached_job(server, Path(folder), seen))


def photograph(server: RunningServer, out: Path, job: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for language, locale in (("en", "en-GB"), ("zh", "zh-CN")):
            for theme in ("dark", "light"):
                for width, height in ((1440, 900), (390, 844)):
                    context = browser.new_context(
                        viewport={"width": width, "height": height}, color_scheme=theme, locale=locale, has_touch=width < 600
                    )  # fmt: skip
                    for name, (path, act) in STATES.items():
                        page = context.new_page()
                        page.goto(server.url + path.format(job=job))
                        page.wait_for_selector("html.ready")
                        act(page)
                        page.wait_for_timeout(250)
                        page.screenshot(path=out / f"{name}-{theme}-{width}-{language}.png", full_page=width < 600)
                        page.close()
                    context.close()
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
