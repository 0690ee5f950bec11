"""The page Exercises in Chromium: a rule is tried on a video as one types, a mistake shown at its line, and kept for the coach."""

from __future__ import annotations

import pytest
from tests.helpers.coached_videos import coached_job
from tests.helpers.server import RunningServer, running
from tests.helpers.stick_figures import repeated, squatting
from tests.serve.pages.test_pages import serious_faults
from tests.serve.pages.test_video import until

FPS = 15.0
READY = "s.status === 'ready' && s.coach && s.coach.status === 'done'"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> RunningServer:
    """One of its own, with a video of two shallow squats: rules are kept on it."""
    folder = tmp_path_factory.mktemp("exercises")
    with running(folder) as server:
        seen = repeated(squatting, 2, period_s=1.6, rest_s=0.8, fps=FPS, deepest=0.75)
        coached_job(server, folder, seen, fps=FPS, name="shallow.webm")
        yield server


@pytest.fixture
def rules(visit, server):
    page = visit("/exercises?exercise=squat", server=server)
    page.expected = "Failed to load resource"  # a rule that is refused
    until(page, f"{READY} && s.frame >= 0")
    return page


def edit(page, old: str, new: str) -> None:
    field = page.locator("#rule")
    text = field.input_value()
    assert old in text
    field.fill(text.replace(old, new, 1))


def line_of(page, words: str) -> int:
    """From 1."""
    lines = page.locator("#rule").input_value().split("\n")
    return next(n for n, line in enumerate(lines, 1) if words in line)


def test_an_edit_is_tried_at_once(rules):
    assert rules.locator("#rule").input_value().startswith("version: 1\nname: my_squat\n")
    assert rules.evaluate("posetune.state.coach.bands.map(b => b.kind)") == ["fault", "fault"]
    edit(rules, "max: 0.05", "max: 0.6")
    until(rules, f"{READY} && s.coach.bands[0].kind === 'ok'")
    edit(rules, "enter: 0.78,", "enter: 0.3,")
    until(rules, f"{READY} && s.coach.count === 0")
    assert "Right as it stands" in rules.locator("#fault").inner_text()
    assert not serious_faults(rules)


def test_a_mistake_is_shown_at_its_line_and_what_was_found_stays(rules):
    edit(rules, "max: 0.05", "maxx: 0.05")
    line = line_of(rules, "maxx")
    state = until(rules, "s.error")
    assert (state["line"], state["coach"]["count"]) == (line, 2)
    assert rules.locator("#gutter .wrong").inner_text() == str(line)
    assert "did you mean max" in rules.locator("#fault").inner_text()
    assert rules.locator("#save").is_disabled()
    assert rules.locator("#rule").get_attribute("aria-invalid") == "true"
    assert not serious_faults(rules)
    rules.locator("#fault .line").click()
    chosen = rules.evaluate("(f => f.value.slice(f.selectionStart, f.selectionEnd))(document.querySelector('#rule'))")
    assert chosen.strip() == "maxx: 0.05"
    rules.keyboard.type("    max: 0.05")
    until(rules, f"{READY} && !s.error")


def test_a_rule_is_kept_used_and_deleted(rules, server):
    edit(rules, "name: my_squat", "name: squat")
    rules.locator("#save").click()
    assert "taken by posetune" in rules.locator(".toast").inner_text()
    edit(rules, "name: squat", "name: easy_squat")
    edit(rules, "{en: Squat, zh: 深蹲}", "{en: Easy squat, zh: 轻松深蹲}")
    edit(rules, "max: 0.05", "max: 0.6")
    until(rules, READY)
    rules.locator("#use").click()
    rules.wait_for_url("**/video?**exercise=easy_squat**")
    until(rules, "s.coach && s.coach.status === 'done'")
    assert rules.evaluate("posetune.state.coach.bands.map(b => b.kind)") == ["ok", "ok"]
    assert rules.locator("#exercise option[value=easy_squat]").inner_text() == "Easy squat"
    rules.goto(f"{server.url}/exercises?exercise=easy_squat")
    until(rules, READY)
    with rules.expect_download() as download:
        rules.locator("#download").click()
    assert download.value.suggested_filename == "easy_squat.yaml"
    rules.locator("#delete").click()
    rules.locator("#start option[value=easy_squat]").wait_for(state="detached")
    assert "easy_squat" not in server.get("/api/v1/exercises").content.decode()


def test_a_new_line_keeps_the_indentation_and_tab_leaves(rules):
    rules.evaluate(f"posetune.editor.goTo({line_of(rules, 'measure: hip_over_knee')})")
    rules.keyboard.press("End")
    rules.keyboard.press("Enter")
    rules.keyboard.type("# why")
    assert "    measure: hip_over_knee\n    # why\n" in rules.locator("#rule").input_value()
    until(rules, READY)
    rules.keyboard.press("Tab")
    assert rules.evaluate("document.activeElement.id") != "rule"


def test_a_video_that_is_closed_is_not_drawn_again(rules):
    rules.evaluate("posetune.viewer.close()")
    rules.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert rules.evaluate("posetune.stage.picture") is None


def test_without_a_video_the_rule_itself_is_checked(visit):
    page = visit("/exercises?exercise=plank", language="zh", width=390)
    page.expected = "Failed to load resource"
    page.evaluate("posetune.viewer?.close()")
    page.locator("#rule:not([disabled])").wait_for()
    until(page, "s.status === 'ready'")
    edit(page, "kind: hold", "kind: held")
    assert until(page, "s.error")["line"] == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
