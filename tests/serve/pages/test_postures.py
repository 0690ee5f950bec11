"""Posture scores under a video, in Chromium: it says that it screens, takes what is typed in, and blurs faces."""

from __future__ import annotations

import pytest
from tests.helpers.coached_videos import coached_job
from tests.helpers.stick_figures import figure, repeated, squatting
from tests.serve.pages.test_pages import serious_faults
from tests.serve.pages.test_video import until

FPS = 15.0
DONE = "s.postures && s.postures.status === 'done'"


@pytest.fixture(scope="module")
def working(pages_server, tmp_path_factory) -> str:
    """The id of a job of somebody who bends down twice."""
    seen = list(repeated(squatting, 2, period_s=1.6, rest_s=0.8, fps=FPS))
    return coached_job(pages_server, tmp_path_factory.mktemp("working"), seen, fps=FPS)


@pytest.fixture
def postures(visit, working):
    page = visit(f"/video?job={working}&view=postures")
    until(page, f"s.complete && s.frame >= 0 && {DONE}")
    return page


def test_it_screens_and_says_so(postures, visit, working):
    assert (
        "no assessment under any standard or law, no certificate, no medical statement"
        in postures.locator("#postures").inner_text()
    )
    assert not serious_faults(postures)
    page = visit(f"/video?job={working}&view=postures", language="zh", theme="light", width=390)
    until(page, DONE)
    assert "不是认证" in page.locator("#postures").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not serious_faults(page)


def test_what_is_typed_in_changes_the_scores_and_the_table(postures):
    before = postures.evaluate("posetune.state.postures.methods.reba.worst[0].score")
    postures.locator("#load").fill("12")
    postures.locator("#posture-shock").check()
    state = until(postures, f"{DONE} && s.postures.methods.reba.worst[0].score[0] > {before[0]}")
    assert state["postures"]["task"] == {"load": 12, "coupling": 0, "shock": True}
    shares = state["postures"]["methods"]["reba"]["share_of_time"]
    for name, share in shares.items():
        row = postures.locator(f"tr[data-level='{name}']")
        assert float(row.get_attribute("data-least")) == share["at_least"]
    postures.locator("#posture-en1005").check()
    postures.locator(".zones tbody tr").first.wait_for()
    assert "20 to 60°" in postures.locator(".zones").inner_text()
    assert "load=12" in postures.locator("#postures-csv").get_attribute("href")
    with postures.expect_download() as download:
        postures.locator("#postures-csv").click()
    assert download.value.path().read_text().startswith("time_s,person,reba_low")


def test_a_worst_moment_shows_its_frame_with_the_face_blurred(postures):
    postures.locator("#method-owas").click()
    card = postures.locator(".moment").first
    assert "faces=blurred" in card.locator("img").get_attribute("src")
    time_s = float(card.get_attribute("data-time"))
    card.click()
    until(postures, f"Math.abs(s.time - {time_s}) < 0.04")
    postures.locator("#faces").check()
    assert "faces=shown" in postures.locator(".moment img").first.get_attribute("src")
    plot = postures.locator(".score-plot .u-over").bounding_box()
    postures.mouse.click(plot["x"] + plot["width"] / 2, plot["y"] + 20)
    middle = postures.evaluate("posetune.bench.times.end / 2")
    until(postures, f"Math.abs(s.time - {middle}) < 0.1")


def test_a_view_that_hides_parts_teaches_how_to_film(visit, pages_server, tmp_path):
    id = coached_job(pages_server, tmp_path, [figure(n / FPS, squatting(0), turned=0) for n in range(20)], fps=FPS)
    page = visit(f"/video?job={id}&view=postures")
    until(page, DONE)
    assert "Film from the side" in page.locator("#postures .notice.warn").inner_text()
