"""What ``posetune export --web`` writes, in a real browser: the points are posetune's, and nobody else is asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import numpy as np
import pytest
from tests.browser.site import serve
from tests.helpers.npm_package import unpacked
from tests.helpers.y4m import write_y4m

import posetune
from posetune.cli import main
from posetune.coach.angles import JOINTS, angles_of, visible_joints
from posetune.coach.ranges import default_ranges, flags_of
from posetune.opencv import cv2
from posetune.synthetic.sample import ordinary_pictures

STATE = "window.posetune?.state ?? {}"


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return list(ordinary_pictures("ordinary"))[::6][:2]


@pytest.fixture(scope="module")
def folder(package, tmp_path_factory):
    made = tmp_path_factory.mktemp("export") / "web"
    assert main(["export", "lite", "--web", str(made)]) == 0
    return made


@pytest.fixture(scope="module")
def site(folder) -> Iterator[str]:
    with serve({p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}) as address:
        yield address


def until(page, what: str, seconds: float = 90) -> dict:
    """The state when ``what`` holds of it. Playwright's own waiting evaluates strings, which the page's policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(f"(({{ status, frames, people, error }}) => {what})({STATE})"):
        assert time.monotonic() < end, (what, page.evaluate(STATE), page.said)
        time.sleep(0.05)
    return page.evaluate(STATE)


@pytest.fixture(scope="module")
def page(open_page, site):
    page = open_page(site + "index.html")
    until(page, "status === 'ready'")
    return page


def show(page, picture: np.ndarray, folder) -> list[dict]:
    """The people that the page finds on a picture (H, W, 3) RGB."""
    file = folder / "picture.png"
    cv2.imwrite(str(file), picture[..., ::-1])
    page.evaluate("window.posetune.state.status = 'ready'")
    page.locator("#file").set_input_files(file)
    return until(page, "status === 'picture'")["people"]


def test_points_angles_and_flags_are_posetunes(page, folder, pictures, tmp_path):
    landmarker = posetune.load(folder / "pose.task", threads=1)
    distances = []
    for picture in pictures:
        (found,) = show(page, picture, tmp_path)
        (ours,) = landmarker.predict(picture, 1)
        points = np.array(found["landmarks_px"])
        distances.append(np.linalg.norm(points[:, :2] - ours.landmarks_px[:, :2], axis=1))
        assert np.abs(points[:, 2] - ours.landmarks_px[:, 2]).max() < 5
        assert np.abs(np.array(found["world"]) - ours.world).max() < 0.02
        assert found["angles"] == pytest.approx(angles_of(points), abs=1e-6)
        visibility = np.array(found["visibility"])
        flags = flags_of(found["angles"], visible_joints(visibility), default_ranges())
        assert [(f["joint"], f["kind"], f["limit"]) for f in found["flags"]] == [
            (f.joint, f.kind, f.limit) for f in flags
        ]
    assert np.median(distances) <= 1
    assert np.percentile(distances, 95) <= 2


def test_joints_beyond_their_range_are_told_in_words(page, folder, pictures, tmp_path):
    """The ranges of the folder are data: here no joint may open more than a degree."""
    facts = json.loads((folder / "device.json").read_text())
    facts["ranges"] = {joint: {"min": 0, "max": 1} for joint in JOINTS}
    page.route("**/device.json", lambda route: route.fulfill(body=json.dumps(facts)))
    try:
        page.reload()
        until(page, "status === 'ready'")
        (found,) = show(page, pictures[0], tmp_path)
    finally:
        page.unroute("**/device.json")
    flagged = [flag["joint"] for flag in found["flags"]]
    assert set(flagged) == visible_joints(np.array(found["visibility"])) != set()
    cell = page.locator(f"td[data-joint={flagged[0]}].flagged")
    assert cell.inner_text().endswith("above 1°")
    assert page.get_by_text(f"{len(flagged)} beyond range").is_visible()


def test_a_result_is_readable(page, pictures, tmp_path):
    show(page, pictures[1], tmp_path)
    page.evaluate(f"{(unpacked('axe-core@4.14.0') / 'axe.min.js').read_text('utf-8')}; undefined")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)")
    assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []


def test_it_asks_nobody_else_and_may_not(page, site):
    assert len(page.asked) > 20
    assert all(address.startswith((site, "blob:", "data:")) for address in page.asked), page.asked
    blocked = page.evaluate(
        """async () => {
          const violated = new Promise((resolve) =>
            addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective)));
          await fetch("https://odml.pa.googleapis.com/v1/log", { method: "POST" }).catch(() => {});
          return violated;
        }"""
    )
    assert blocked == "connect-src"
    quiet = [line for line in page.said if "Content Security Policy" in line and "odml" not in line]
    assert quiet == []


def test_texts_are_there_in_both_languages(page):
    page.locator("#language").click()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.locator("#readings h2").inner_text() == "关节角度"
    page.locator("#language").click()


def test_the_camera_is_followed_and_given_back(open_page, site, pictures, tmp_path):
    clip = tmp_path / "camera.y4m"
    write_y4m(clip, [cv2.resize(pictures[0], (480, 480))] * 5)
    fake = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    )
    page = open_page(site + "index.html", *fake)
    until(page, "status === 'ready'")
    page.locator("#camera").click()
    state = until(page, "frames > 5 && people.length > 0")
    assert state["image"] == {"width": 480, "height": 480}
    (found,), (ours,) = (
        state["people"],
        posetune.load("lite", threads=1).predict(cv2.resize(pictures[0], (480, 480)), 1),
    )
    assert np.median(np.linalg.norm(np.array(found["landmarks_px"])[:, :2] - ours.landmarks_px[:, :2], axis=1)) < 6
    assert page.locator("#live-count").is_hidden()
    page.locator("#exercise").select_option("squat")
    coach = until(page, "frames > 10 && window.posetune.state.coach?.phase !== 'unknown'")["coach"]
    assert (coach["exercise"], coach["count"]) == ("squat", 0)
    assert page.locator("#live-count").inner_text().startswith("0")
    page.locator("#stop").click()
    assert page.evaluate(STATE)["coach"] is None
    assert page.locator("#empty").is_visible()
    frames = page.evaluate("window.posetune.state.frames")
    time.sleep(0.3)
    assert page.evaluate("window.posetune.state.frames") == frames


def test_a_camera_that_is_denied_and_one_that_is_gone_get_a_sentence(page):
    """Chromium's headless mode has no camera and denies what it cannot ask for."""
    page.locator("#another").evaluate("(_) => document.querySelector('#camera').click()")
    page.locator("#failed:visible").wait_for()
    assert page.evaluate(STATE)["error"] in ("camera.denied", "camera.none")
    assert page.locator("#retry").is_visible()


def test_without_webgl_it_says_so(open_page, site):
    page = open_page(site + "index.html", "--disable-3d-apis")
    until(page, "status === 'failed'", 20)
    assert "no WebGL" in page.locator("#failed").inner_text()
    assert page.locator("#retry").count() == 0
