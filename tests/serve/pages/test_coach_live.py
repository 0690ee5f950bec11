"""The coach of a camera: counts as it happens, one cue at a time that stands, state by person. Poses go straight into the page."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from tests.helpers.stick_figures import Sample, figure, pose, pressing_up, repeated, squatting
from tests.serve.pages.test_pages import serious_faults

from posetune.coach.ranges import default_ranges
from posetune.serve.pool.picture import person

FPS = 15.0
#: Sees a stream, and gives the page's state after each picture.
SEE = """([name, stream]) => {
  if (name) posetune.coach.choose(name);
  return stream.map(([time, people]) => {
    posetune.coach.see(people, time);
    return { time, ...posetune.state.coach };
  });
}"""


def people(samples: list[Sample], id: int = 1, scale: float = 1.0, at: float = 0.0) -> list:
    """JSON of the pictures, each (seconds, its one person)."""
    content = [(s.time_s + at, [person(pose(s, id, scale), default_ranges())]) for s in samples]
    return json.loads(json.dumps(content).replace("NaN", "null"))


def squats(count: int, deepest: float = 0.75) -> list[Sample]:
    return list(repeated(squatting, count, period_s=1.6, rest_s=0.6, fps=FPS, deepest=deepest))


@pytest.fixture
def camera(visit):
    page = visit("/webcam")
    page.locator("#start:not([disabled])").wait_for(state="attached")
    page.locator("#exercise option[value=squat]").wait_for(state="attached")
    return page


def test_repetitions_are_counted_and_a_cue_stands(camera):
    seen = camera.evaluate(SEE, ["squat", people(squats(5))])
    counts = [s["count"] for s in seen]
    assert counts[-1] == 5
    assert counts == sorted(counts)
    assert {"rest", "moving"} <= {s["phase"] for s in seen}
    cued = [s for s in seen if s["cue"]]
    assert {s["cue"] for s in cued} == {"Go deeper, until the thighs are level."}
    # A cue that comes and goes cannot be read: each stands three seconds, whatever the next repetition does.
    begins = [b["time"] for a, b in pairwise(seen) if b["cue"] and not a["cue"]]
    ends = [b["time"] for a, b in pairwise(seen) if a["cue"] and not b["cue"]]
    assert all(end - begin >= 2.9 for begin, end in zip(begins, ends, strict=False))
    assert len(begins) <= 3
    assert camera.locator("#live-count b").text_content() == "5"
    camera.evaluate("document.getElementById('empty').hidden = !(document.getElementById('bench').hidden = false)")
    assert not serious_faults(camera)


def test_an_exercise_is_found_and_a_switch_begins_at_zero(camera):
    seen = camera.evaluate(SEE, ["auto", people(list(repeated(pressing_up, 3, period_s=1.6, rest_s=0.6, fps=FPS)))])
    assert (seen[0]["exercise"], seen[-1]["exercise"], seen[-1]["count"]) == (None, "pushup", 3)
    assert camera.evaluate(SEE, ["squat", people(squats(1)[:3])])[-1]["count"] == 0


def test_what_is_held_has_a_clock(camera):
    seen = camera.evaluate(SEE, ["plank", people([figure(n / FPS, pressing_up(0.3)) for n in range(90)])])
    assert seen[-1]["phase"] == "holding"
    assert 4 < seen[-1]["held"] < 6
    assert camera.locator("#live-count b").text_content() == "5 s"
    sagging = camera.evaluate(SEE, ["plank", people([figure(n / FPS, pressing_up(0.3, 12)) for n in range(90)])])
    assert sagging[-1]["held"] <= seen[-1]["held"]


def test_others_do_not_count_and_who_comes_back_goes_on(camera):
    mine, other = people(squats(2)), people(squats(4, 1.0), 2, 0.4)
    both = [(t, p + q) for (t, p), (_, q) in zip(mine, other, strict=False)]
    assert camera.evaluate(SEE, ["squat", both])[-1]["count"] == 2
    camera.evaluate("posetune.coach.follow(2)")
    assert camera.evaluate("posetune.state.coach.person") == 2, "who is pressed on is followed"
    camera.evaluate("posetune.coach.follow(1)")
    later = camera.evaluate(SEE, ["", people(squats(1), 7, at=30)])
    assert (later[-1]["count"], later[-1]["person"]) == (3, 7)


def test_people_without_ids_are_followed_by_where_they_are(camera):
    """MediaPipe for the web numbers nobody, and changes their order."""
    left, right = people(squats(1)[:1])[0][1][0], people(squats(1)[:1])[0][1][0]
    right["landmarks_px"] = [[x + 900, y, z] for x, y, z in right["landmarks_px"]]
    for one in (left, right):
        one.pop("id")
    ids = camera.evaluate(
        """async ([left, right]) => {
          const { numbered } = await import("/static/js/coach/live.js");
          let before = [];
          const frames = [[left, right], [right, left], [left], [right, left]];
          return frames.map((people) => (before = numbered(people, before)).map(({ id }) => id));
        }""",
        [left, right],
    )
    assert ids == [[1, 2], [2, 1], [1], [2, 1]]


def test_it_is_off_until_it_is_asked_for_and_speaks_both_languages(camera, visit):
    assert camera.evaluate("posetune.state.coach") is None
    assert camera.locator("#live-count").is_hidden()
    page = visit("/webcam", language="zh")
    page.locator("#exercise option[value=squat]").wait_for(state="attached")
    seen = page.evaluate(SEE, ["squat", people(squats(2))])
    assert any("再蹲低" in s["cue"] for s in seen)
    said = page.evaluate(
        "new Promise((r) => setTimeout(() => r(document.querySelector('[role=status]').textContent), 120))"
    )
    assert said
