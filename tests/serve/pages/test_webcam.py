"""The page Webcam in Chromium, with a clip as its camera, against a real server."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.y4m import write_y4m
from tests.serve.pages.test_pages import serious_faults
from tests.serve.pages.test_video import until

PERSON = draw_person(room(640, 480), (300, 270), 1.05, arms=0.5)
#: Counts the frames that are under way: sent and not answered.
COUNT = """
window.flying = { now: 0, most: 0, heads: [] };
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (!this.counted) {
    this.counted = true;
    this.addEventListener("message", () => flying.now--);
    this.addEventListener("close", () => (flying.now = 0));
  }
  flying.most = Math.max(flying.most, ++flying.now);
  flying.heads.push([data.size, data.type]);
  return send.call(this, data);
};
"""


@pytest.fixture(scope="module")
def camera(chromium, tmp_path_factory):
    """A browser whose camera shows somebody."""
    clip = tmp_path_factory.mktemp("camera") / "person.y4m"
    write_y4m(clip, [PERSON] * 3)
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    ]
    program = chromium.browser_type
    browser = program.launch(
        executable_path=pytest.importorskip("shutil").which("chromium"), args=["--no-sandbox", *flags]
    )
    yield browser
    browser.close()


@pytest.fixture
def live(camera, pages_server):
    """The page while it runs; at the end nothing was said on its console and its policy was kept."""
    page = camera.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page.set_default_timeout(20_000)
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.add_init_script(COUNT)
    page.goto(pages_server.url + "/webcam")
    page.wait_for_selector("html.ready")
    page.locator("#start").click()
    until(page, "s.frames > 5")
    yield page
    page.close()
    assert not [text for text in wrong if "WebSocket" not in text]


def test_skeletons_come_back_for_the_frames_of_the_camera(live, lite_landmarker):
    state = until(live, "s.people.length === 1 && s.fps > 0")
    assert state["image"] == {"width": 640, "height": 480}
    assert state["network"]["name"] == "lite"
    (ours,) = lite_landmarker.predict(PERSON, 1)
    found = np.array(state["people"][0]["landmarks_px"])[:, :2]
    assert (
        np.median(np.linalg.norm(found - ours.landmarks_px[:, :2], axis=1)) < 6
    )  # JPEG, and followed from frame to frame
    until(live, "document.querySelector('#speed').textContent.includes('frames a second')")
    assert live.evaluate("flying.most") == 1, "one frame in flight"
    assert live.locator("#readings td[data-joint=left_knee]").get_attribute("data-value")


def test_the_picture_is_a_mirror_and_the_numbers_are_not(live):
    until(live, "s.people.length === 1")
    live.evaluate("posetune.stage.draw()")
    at, point, x = live.evaluate(
        """() => {
          const [person] = posetune.stage.people;
          const drawn = posetune.stage.drawn.points.find((p) => p.index === 11);
          return [drawn.x, person.landmarks_px[11][0], posetune.stage.toScreen(640 - person.landmarks_px[11][0], 0)[0]];
        }"""
    )
    mirrored = live.evaluate(f"posetune.stage.view.x + (640 - {point}) * posetune.stage.view.scale")
    assert at == pytest.approx(mirrored, abs=0.5)
    assert at != pytest.approx(x, abs=5)


def test_a_connection_that_is_lost_comes_back(live):
    live.evaluate("posetune.link().socket.close()")
    frames = until(live, "s.status === 'away' || s.frames > 0")["frames"]
    assert until(live, f"s.status === 'live' && s.frames > {frames} + 3")["error"] == ""


def test_a_camera_that_is_unplugged_gets_a_sentence_and_a_retry(live):
    live.evaluate("posetune.camera.stream.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    live.locator("#failed:visible").wait_for()
    assert "unplugged or switched off" in live.locator("#failed").inner_text()
    live.locator("#retry").click()
    until(live, "s.status === 'live' && s.frames > 2")
    assert not live.locator("#failed").is_visible()


def test_what_is_seen_live_is_readable(live):
    until(live, "s.people.length === 1 && s.fps > 0")
    assert not serious_faults(live)


def test_stop_gives_the_camera_back(live):
    live.locator("#stop").click()
    assert live.locator("#start").is_visible()
    assert live.evaluate("posetune.camera.stream") is None
    frames = live.evaluate("posetune.state.frames")
    time.sleep(0.3)
    assert live.evaluate("posetune.state.frames") == frames


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "may not use the camera"),
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "Another program may be using it"),
    ],
)
def test_a_camera_that_does_not_come_gets_a_sentence(visit, error, words):
    page = visit("/webcam")
    page.evaluate(
        f"() => {{ navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}')); }}"
    )
    page.locator("#start").click()
    page.locator("#failed:visible").wait_for()
    assert words in page.locator("#failed").inner_text()
    assert page.locator("#retry").is_visible()


def test_without_https_the_reason_is_told(visit):
    page = visit("/webcam")
    page.evaluate("() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.locator("#start").click()
    page.locator("#failed:visible").wait_for()
    assert "Browsers give a camera only to https or localhost" in page.locator("#failed").inner_text()
