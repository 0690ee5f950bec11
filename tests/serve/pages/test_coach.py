"""The coach under a video, in Chromium: what it counts stands on the time axis, in the table and on the skeleton, at one time."""

from __future__ import annotations

import pytest
from tests.helpers.coached_videos import coached_job
from tests.helpers.stick_figures import Sample, figure, pressing_up, repeated, squatting
from tests.serve.pages.test_pages import serious_faults
from tests.serve.pages.test_video import until

FPS = 15.0
DEEPEST = (1.0, 0.93, 0.75)


def squats() -> list[Sample]:
    """An ok, a near and a faulty one."""
    parts = [s for d in DEEPEST for s in repeated(squatting, 1, period_s=1.6, rest_s=0.8, fps=FPS, deepest=d)]
    return [Sample(n / FPS, s.points, s.visibility, s.world) for n, s in enumerate(parts)]


@pytest.fixture(scope="module")
def coached(pages_server, tmp_path_factory) -> str:
    """The id of a job of three squats."""
    return coached_job(pages_server, tmp_path_factory.mktemp("coached"), squats(), fps=FPS)


@pytest.fixture
def coach(visit, coached):
    page = visit(f"/video?job={coached}&view=coach&exercise=squat")
    until(page, "s.complete && s.frame >= 0 && s.decoder && s.coach && s.coach.status === 'done'")
    return page


def test_repetitions_are_counted_judged_and_on_the_axis(coach):
    state = coach.evaluate("posetune.state.coach")
    assert (state["exercise"], state["count"]) == ("squat", 3)
    assert [b["kind"] for b in state["bands"]] == ["ok", "near", "fault"]
    assert coach.locator("#count b").inner_text() == "3"
    drawn = coach.evaluate("posetune.bench.coach.curves.curves[0].values")
    assert len(drawn) == len(squats())
    assert None not in drawn, "the signal has no gaps"
    assert coach.locator("[data-check=depth]").evaluate_all("all => all.map(e => e.dataset.status)") == [
        "ok",
        "near",
        "fault",
    ]
    assert "needs a front view" in coach.locator("[data-check=knees_in]").first.inner_text()
    bands = coach.locator("#curves .repetition-band")
    assert bands.all_inner_texts() == ["1", "2", "3"]
    plot = coach.evaluate(
        "(({ left, width }) => [left, width])(posetune.bench.curves.plot.over.getBoundingClientRect())"
    )
    for band, repetition in zip(bands.all(), state["repetitions"], strict=True):
        box = band.bounding_box()
        at = (box["x"] - plot[0]) / plot[1] * len(squats()) / FPS
        assert at == pytest.approx(repetition["start"], abs=0.05)


def test_a_cue_goes_to_the_frame_where_the_joint_is_marked(coach):
    assert coach.locator("#cue").is_hidden()
    coach.locator("[data-cue=depth]").click()
    fault = coach.evaluate("posetune.state.coach.repetitions[2].checks.depth.at")
    state = until(coach, f"Math.abs(s.time - {fault}) < 0.07")
    assert coach.locator("#cue").inner_text() == "Go deeper, until the thighs are level."
    coach.evaluate("posetune.stage.draw()")
    side = coach.evaluate("posetune.state.coach.repetitions[2].side")
    assert f"{side}_hip" in coach.evaluate("posetune.stage.drawn.rings.map(r => r.joint)")
    assert not state["people"][0]["flags"], "what was found stays what it is"
    assert not serious_faults(coach)


def test_a_row_loops_its_repetition(coach):
    coach.locator("#repetition-1").focus()
    coach.keyboard.press("Enter")
    state = until(coach, "s.playing && s.looping && s.coach.looped === 1")
    repetition = state["coach"]["repetitions"][1]
    assert state["stretch"]["from"] == int(repetition["start"] * FPS + 0.01)
    assert coach.locator("#repetition-1").get_attribute("aria-pressed") == "true"
    assert coach.evaluate("document.activeElement.id") == "repetition-1"
    coach.locator("tr[data-repetition='1']").click()
    until(coach, "!s.playing && s.coach.looped === -1 && !s.looping")


def test_another_exercise_says_how_to_film(coach):
    coach.locator("#exercise").select_option("pushup")
    until(coach, "s.coach.status === 'done' && s.coach.asked === 'pushup'")
    assert coach.locator("#count b").inner_text() == "0"
    assert "hip height" in coach.locator("#coach .notice").inner_text()
    assert "exercise=pushup" in coach.url
    coach.locator("#find").click()
    until(coach, "s.coach.status === 'done' && s.coach.exercise === 'squat'")
    assert "exercise" not in coach.url
    coach.locator("[data-view=angles]").click()
    assert coach.locator("#coach").is_hidden()
    assert coach.locator("#curves .repetition-band").count() == 0


def test_a_job_that_runs_is_coached_as_far_as_it_is(visit, pages_server, tmp_path):
    seen = squats()
    id = coached_job(pages_server, tmp_path, seen, fps=FPS, state="running", done=len(seen) // 2)
    page = visit(f"/video?job={id}&view=coach", language="zh", width=390)
    state = until(page, "s.coach && s.coach.status === 'done'")
    assert 1 <= state["coach"]["count"] < 3
    assert "仍在分析" in page.locator("#coach").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not serious_faults(page)


def test_movements_that_were_not_counted_say_why(visit, pages_server, tmp_path):
    """Squats whose feet move are jumps."""
    seen = [
        Sample(s.time_s, s.points + [0, -150 if 0.6 < s.time_s % 2.4 < 2.2 else 0], s.visibility, s.world)
        for s in squats()
    ]
    id = coached_job(pages_server, tmp_path, seen, fps=FPS)
    page = visit(f"/video?job={id}&view=coach&exercise=squat")
    state = until(page, "s.coach && s.coach.status === 'done'")
    assert state["coach"]["count"] < 3
    page.locator(".passed summary").click()
    assert "way of the feet" in page.locator(".passed li").first.inner_text()
    assert "passed" in [b["kind"] for b in state["coach"]["bands"]]


def test_a_hold_says_how_long_it_lasts(visit, pages_server, tmp_path):
    seen = [figure(n / FPS, pressing_up(0.3)) for n in range(75)]
    id = coached_job(pages_server, tmp_path, seen, fps=FPS)
    page = visit(f"/video?job={id}&view=coach&exercise=plank", language="zh")
    state = until(page, "s.coach && s.coach.status === 'done'")
    (held,) = state["coach"]["repetitions"]
    assert f"{held['end'] - held['start']:.1f} 秒" in page.locator(".coach-table tbody tr").inner_text()
    assert "次保持：平板支撑" in page.locator("#count").inner_text()


def test_a_video_that_is_opened_while_another_is_asked_about_is_asked_about_when_looked_at(visit):
    asked = visit("/video").evaluate(
        """async () => {
          const { JobView } = await import("/static/js/coach/job_view.js");
          const view = new JobView(document.createElement("div"));
          const asked = [];
          view.find = () => { asked.push(view.job); return new Promise(() => {}); };
          view.show(true);
          view.open("first", { times: [0], end: 1 });
          view.show(false);
          view.open("second", { times: [0], end: 1 });
          view.show(true);
          return asked;
        }"""
    )
    assert asked == ["first", "second"]
