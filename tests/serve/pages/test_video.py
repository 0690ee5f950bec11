"""The page Video in Chromium: the frame, its people, its curves and its number are of the same moment, whatever is pressed."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers import mp4
from tests.helpers.clips import write_clip
from tests.helpers.figures import draw_person, room
from tests.helpers.served_videos import followed
from tests.helpers.uneven import moving, write_uneven
from tests.serve.pages.test_pages import serious_faults

FRAMES, STEPS = 40, 40
STATE = "(({ curves, bench, ...rest }) => rest)(posetune.state)"
#: Which number the picture on the screen says, read from the canvas.
NUMBER = """() => {
  const stage = posetune.stage, canvas = stage.below, ratio = canvas.width / canvas.clientWidth, side = stage.size.width / 10;
  const context = canvas.getContext("2d");
  let number = 0;
  for (let bit = 0; bit < 10; bit++) {
    const [x, y] = stage.toScreen((bit + 0.5) * side, side / 2);
    if (context.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data[0] > 127) number |= 1 << bit;
  }
  return number;
}"""
#: Where the cursor stands on the curves, as a time.
CURSOR = """() => {
  const { plot, cursor } = posetune.bench.curves;
  return plot.posToVal(new DOMMatrix(getComputedStyle(cursor).transform).e, "x");
}"""


def until(page, what: str, seconds: float = 40) -> dict[str, Any]:
    """The state when ``what`` holds of it. Playwright's own waiting evaluates strings, which the pages' policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(f"(s => {what})(posetune.state)"):
        assert time.monotonic() < end, (what, page.evaluate(STATE))
        time.sleep(0.02)
    return page.evaluate(STATE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> tuple[Path, list[int]]:
    """A file of variable frame rate, and its times, ms."""
    path = tmp_path_factory.mktemp("clips") / "uneven.webm"
    return path, write_uneven(path, FRAMES)


@pytest.fixture(scope="module")
def job(pages_server, clip) -> str:
    """The id of a job that is done."""
    url, made = followed(pages_server, clip[0].read_bytes(), "?max_people=1&name=walk.webm")
    assert made["state"] == "done"
    return url.rpartition("/")[2]


@pytest.fixture
def bench(visit, job):
    """The workbench of the job, with a video that plays."""
    page = visit(f"/video?job={job}")
    until(page, "s.complete && s.decoder && s.frame === 0")
    return page


def shows(page, frame: int, times: list[int], found: list[dict[str, Any]]) -> None:
    """Picture, people, cursor, slider and angles all are of ``frame``."""
    state = until(page, f"s.frame === {frame}")
    assert page.evaluate(NUMBER) == frame
    assert state["overlay"] == frame
    assert state["people"] == found[frame]["people"]
    assert page.evaluate(CURSOR) == pytest.approx(times[frame] / 1000, abs=0.005)
    assert page.locator("#timeline").get_attribute("aria-valuetext").endswith(f"frame {frame} of {FRAMES - 1}")


def test_random_steps_show_the_right_frame(bench, pages_server, clip, job):
    """benchmarks/video_steps.py does it 300 times."""
    found = pages_server.get(f"/api/v1/jobs/{job}/result").json()["frames"]
    random_ = random.Random(7)
    frame = 0
    for _ in range(STEPS):
        key, by = random_.choice([(".", 1), (",", -1), ("Shift+>", 10), ("Shift+<", -10), ("curve", 0), ("slider", 0)])
        if by:
            bench.keyboard.press(key)
            frame = min(max(frame + by, 0), FRAMES - 1)
        else:
            frame = random_.randrange(FRAMES)
            if key == "slider":
                bench.evaluate(f"timeline.valueAsNumber = {frame}; timeline.dispatchEvent(new Event('input'))")
            else:
                press_curve(bench, frame)
        shows(bench, frame, clip[1], found)


def press_curve(page, frame: int) -> None:
    box = page.locator("#curves .u-over").bounding_box()
    x = page.evaluate(f"posetune.bench.curves.plot.valToPos(posetune.bench.times.inside({frame}), 'x')")
    page.locator("#curves .u-over").scroll_into_view_if_needed()
    box = page.locator("#curves .u-over").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + box["height"] / 2)


def test_while_it_plays_each_picture_has_its_own_people(bench, pages_server, job):
    found = pages_server.get(f"/api/v1/jobs/{job}/result").json()["frames"]
    bench.locator("[id='speed-0.25']").click()
    bench.evaluate(
        f"""() => {{
          window.played = [];
          const number = {NUMBER};
          posetune.bench.player.addEventListener("frame", () =>
            played.push([posetune.state.frame, number(), posetune.state.people]));
        }}"""
    )
    bench.locator("#play").click()
    assert bench.evaluate("posetune.bench.player.video.playbackRate") == 0.25
    until(bench, "window.played.length > 8")
    bench.locator("#play").click()
    state = until(bench, "!s.playing")
    played = bench.evaluate("played")
    frames = [frame for frame, _, _ in played]
    assert frames == sorted(frames)
    assert [number for _, number, _ in played] == frames
    assert [people for _, _, people in played] == [found[frame]["people"] for frame in frames]
    assert state["frame"] == frames[-1], "the frame that was shown stays"


def test_a_marked_stretch_is_looped(bench):
    for frame, key in ((10, "["), (16, "]")):
        bench.evaluate(f"posetune.bench.player.seek({frame})")
        until(bench, f"s.frame === {frame}")
        bench.keyboard.press(key)
    assert until(bench, "s.looping")["stretch"] == {"from": 10, "to": 16}
    bench.evaluate(
        "window.seen = []; posetune.bench.player.addEventListener('frame', (e) => seen.push(e.detail.index))"
    )
    bench.keyboard.press("Space")
    until(bench, "window.seen.filter((frame, i) => i && frame < window.seen[i - 1]).length > 1")
    bench.keyboard.press("Space")
    assert set(bench.evaluate("seen")) <= set(range(10, 17))


def test_what_is_found_is_seen_before_the_job_is_done(visit, job, pages_server):
    """The first answers are held back to what a job of ten frames would say."""
    done = pages_server.get(f"/api/v1/jobs/{job}").json()
    part = pages_server.get(f"/api/v1/jobs/{job}/result").json()
    page = visit("/video")
    running = {**done, "state": "running", "progress": {"done": 10, "total": FRAMES, "seconds_left": 100.0}}
    held = {**part, "frames": part["frames"][:10], "complete": False}
    page.route(f"**/api/v1/jobs/{job}", lambda route: route.fulfill(json=running))
    page.route("**/result?from=0", lambda route: route.fulfill(json=held))
    page.route("**/result?from=10", lambda route: route.fulfill(json={**held, "frames": []}))
    until(page, "s.status === 'empty'")
    page.locator(f"[data-job='{job}']").click()
    state = until(page, "s.overlay === 0 && s.people.length && s.curves.length && s.curves[0].values[9] !== null")
    assert page.evaluate("posetune.state.curves[0].values[10]") is None
    assert page.locator("#job").inner_text().split("\n")[0:2] == ["Analysis", "Running"]
    assert "10 of 40 frames" in page.locator("#job").inner_text()
    assert "about 2 min left" in page.locator("#job").inner_text()
    page.evaluate("posetune.bench.player.seek(20)")
    assert until(page, "s.frame === 20")["overlay"] == -1
    assert page.get_by_text("This frame has not been looked at yet.").is_visible()
    for pattern in (f"**/api/v1/jobs/{job}", "**/result?from=0", "**/result?from=10"):
        page.unroute(pattern)
    assert until(page, "s.complete && s.overlay === 20")["people"] == part["frames"][20]["people"]
    assert not state["complete"]


def test_upload_to_result(visit, clip):
    page = visit("/video")
    until(page, "s.status === 'empty'")
    page.set_input_files("#file", clip[0])
    state = until(page, "s.complete")
    assert state["job"]["name"] == "uneven.webm"
    assert state["job"]["video"]["variable_rate"]
    assert page.url.endswith(f"/video?job={state['job']['id']}")
    assert page.locator("#network-badge").inner_text() == "Network lite"
    files = page.locator("a[data-download]")
    assert files.count() == 6
    for address in [files.nth(i).get_attribute("href") for i in range(1, 6)]:
        assert page.request.get(page.url.split("/video")[0] + address).ok
    page.locator("#delete").click()
    until(page, "s.status === 'empty'")
    assert page.request.get(page.url.split("/video")[0] + f"/api/v1/jobs/{state['job']['id']}").status == 404


def test_a_turned_phones_video_that_no_browser_plays(visit, pages_server, tmp_path):
    """MPEG-4 on its side: exact frames at once, and the server's VP8 to play."""
    path = write_clip(tmp_path / "phone.mp4", [np.rot90(picture, 1).copy() for picture in moving(12)])
    mp4.set_rotation(path, 90)
    url, _ = followed(pages_server, path.read_bytes())
    page = visit(f"/video?job={url.rpartition('/')[2]}")
    state = until(page, "s.decoder && s.complete")
    assert (state["job"]["video"]["playable"], state["job"]["video"]["rotation"]) == (False, 90)
    for frame in (11, 3, 4):
        page.evaluate(f"posetune.bench.player.seek({frame})")
        until(page, f"s.frame === {frame}")
        assert page.evaluate(NUMBER) == frame
    page.evaluate(
        f"""() => {{
          window.off = [];
          const number = {NUMBER};
          posetune.bench.player.addEventListener("frame", () => off.push(Math.abs(number() - posetune.state.frame)));
        }}"""
    )
    page.locator("#play").click()
    until(page, "!s.playing && s.frame === 11")
    off = page.evaluate("off")
    assert max(off) <= 1  # a browser that is short of time presents the next frame before it is asked to draw this one
    assert off.count(1) <= 2
    assert off[-1] == 0  # it rests on the exact one
    page.evaluate("posetune.bench.player.seek(5).then(() => posetune.bench.player.play())")
    page.evaluate("posetune.bench.player.video.dispatchEvent(new Event('ended'))")  # without the last frames
    until(page, "!s.playing && s.frame === 11")


def test_without_a_film_it_plays_frame_by_frame(visit, pages_server, tmp_path):
    path = write_clip(tmp_path / "old.mp4", moving(6))
    url, _ = followed(pages_server, path.read_bytes())
    page = visit("/video")
    page.expected = "Failed to load resource"
    page.route(
        "**/proxy.webm",
        lambda route: route.fulfill(status=507, json={"title": "Disk full", "detail": "The disk is full."}),
    )
    until(page, "s.status === 'empty'")
    page.locator(f'[data-job="{url.rpartition("/")[2]}"]').click()
    page.get_by_text("it is shown frame by frame").wait_for()
    page.evaluate("window.seen = []; posetune.bench.player.addEventListener('frame', (e) => seen.push(e.detail.index))")
    page.locator("#play").click()
    until(page, "window.seen.length && !s.playing && s.frame === 5")
    assert sorted(set(page.evaluate("seen"))) == list(range(6))


def test_one_video_after_another(bench, job, clip):
    bench.keyboard.press(".")
    until(bench, "s.frame === 1")
    bench.locator("#another").click()
    until(bench, "s.status === 'empty'")
    bench.locator(f"[data-job='{job}']").click()
    until(bench, "s.complete && s.decoder && s.frame === 0")
    bench.keyboard.press("End")
    until(bench, f"s.frame === {FRAMES - 1}")
    assert bench.evaluate(NUMBER) == FRAMES - 1
    bench.go_back()
    until(bench, "s.status === 'empty'")


def test_of_several_people_one_is_followed(visit, pages_server, tmp_path):
    pictures = [
        draw_person(draw_person(room(480, 288), (130, 165), 0.72, arms=0.3), (345, 160 + n), 0.8) for n in range(5)
    ]
    url, _ = followed(pages_server, write_clip(tmp_path / "two.webm", pictures).read_bytes(), "?max_people=2")
    page = visit(f"/video?job={url.rpartition('/')[2]}")
    state = until(page, "s.complete && s.people.length === 2")
    ids = [person["id"] for person in state["people"]]
    buttons = page.locator("#who button")
    assert sorted(int(text) for text in buttons.all_inner_texts()) == sorted(ids)
    for id in ids:
        buttons.get_by_text(str(id), exact=True).click()
        person = next(person for person in page.evaluate("posetune.state.people") if person["id"] == id)
        state = until(page, f"posetune.bench.who === {id}")
        curves = page.evaluate("posetune.state.curves")
        assert curves[0]["values"][0] == person["angles"][curves[0]["key"]]
        shown = page.evaluate("posetune.stage.people[posetune.stage.selected].id")
        assert shown == id


def test_a_server_that_goes_away_is_told_and_forgotten_when_it_is_back(bench):
    bench.expected = "Failed to load resource"
    bench.route("**/frames/2*.jpg*", lambda route: route.abort())
    bench.evaluate("posetune.bench.player.seek(25)")
    bench.get_by_text("The server does not answer").first.wait_for()
    assert until(bench, "s.frame === 0")["overlay"] == 0, "the cursor stays with the picture"
    bench.unroute("**/frames/2*.jpg*")
    bench.evaluate("posetune.bench.player.seek(25)")
    until(bench, "s.frame === 25")
    assert bench.locator("#message").is_hidden()


def test_two_networks_on_one_clock(bench, pages_server, job):
    bench.locator("#second").select_option("full")
    bench.locator("#beside").click()
    state = until(bench, "s.second && s.complete", 90)
    assert state["second"]["network"]["name"] == "full"
    bench.evaluate("posetune.bench.player.seek(7)")
    state = until(bench, "s.frame === 7")
    both = [pages_server.get(f"/api/v1/jobs/{j}/result").json()["frames"] for j in (job, state["second"]["id"])]
    assert state["people"] == both[0][7]["people"]
    assert state["others"] == both[1][7]["people"]
    pairs = [(a["people"][0], b["people"][0]) for a, b in zip(*both, strict=True) if a["people"] and b["people"]]
    assert state["compared"] == len(pairs) > 0
    for row in state["differences"]:
        apart = [abs(a["angles"][row["joint"]] - b["angles"][row["joint"]]) for a, b in pairs]
        assert row["degrees"] == pytest.approx(np.mean(apart), abs=1e-6)
    assert bench.locator("#differences .difference").count() == 10
    turned = bench.evaluate(
        """async () => {
          const { differences } = await import("/static/js/video/beside.js");
          const [a, b] = [posetune.state.people[0], posetune.state.others[0]];
          const skeleton = posetune.stage.options.skeleton;
          return [differences([[a, b]], skeleton), differences([[b, a]], skeleton)];
        }"""
    )
    assert turned[0] == turned[1]
    assert len(bench.evaluate("posetune.state.curves")) == 2
    bench.locator("#beside-end").click()
    assert until(bench, "!s.second && s.complete")["others"] is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.mp4", b"", "This file is empty"),
        ("cat.jpg", b"\xff\xd8\xff", "This is a picture"),
        ("notes.txt", b"hello", "no MP4, MOV, WebM, MKV or AVI"),
        ("list.mp4", b"ffconcat version 1.0\nfile other.mp4\n", "a list of other files"),
    ],
)
def test_what_is_no_video_gets_a_sentence(visit, name, content, words):
    page = visit("/video")
    page.expected = "Failed to load resource"
    until(page, "s.status === 'empty'")
    page.set_input_files(
        "#file", {"name": name, "mimeType": "image/jpeg" if name.endswith("jpg") else "", "buffer": content}
    )
    page.locator("#refused:visible").wait_for()
    assert words.lower() in page.locator("#refused").inner_text().lower(), page.locator("#refused").inner_text()


def test_a_job_that_is_gone_gets_a_sentence(visit):
    page = visit("/video?job=" + "a" * 22)
    page.expected = "Failed to load resource"
    page.locator("#refused:visible").wait_for()
    assert "There is no such job" in page.locator("#refused").inner_text()
    assert page.url.endswith("/video")


def test_a_job_is_readable_and_fits_a_phone(visit, job):
    page = visit(f"/video?job={job}", width=320)
    until(page, "s.complete")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate("document.getElementById('stage').clientWidth") <= 320, "the frame is cut off"
    assert not serious_faults(page)
    page.locator("#theme").click()
    assert not serious_faults(page)


def test_a_job_in_chinese(visit, job):
    page = visit(f"/video?job={job}", language="zh")
    until(page, "s.complete")
    assert page.locator("#job h2").inner_text() == "分析"
    assert page.locator("[data-joint=left_knee].chip").inner_text() == "左膝"
