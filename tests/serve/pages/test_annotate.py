"""Labels are corrected in the page, by hand and by keys, and are in the label file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Error
from tests.helpers.ideal_labeller import label
from tests.helpers.review_set import SWAPPED, UNSURE, saved, standing, write_review_set
from tests.helpers.reviewing import accept, act, moved
from tests.helpers.server import running
from tests.serve.pages.conftest import PAGES
from tests.serve.pages.test_pages import serious_faults

from posetune.label.review import Review
from posetune.landmarks import FLIP, INDEX
from posetune.serve.run import listen

NAME = "clip_000000.jpg"
KNEE = INDEX["left_knee"]
READY = "html[data-status=ready]"


@pytest.fixture(scope="module")
def one_server(tmp_path_factory) -> Iterator[Any]:
    """A server whose set each test gets anew: ``fresh(count)`` puts another in its place."""
    folder = write_review_set(tmp_path_factory.mktemp("set"), 1)
    with Review.open(folder) as review, running(tmp_path_factory.mktemp("data"), review=review) as server:
        yield server


@pytest.fixture
def opened(visit, one_server, tmp_path) -> Iterator[Callable[..., Any]]:
    """``opened(folder, image=…)`` → the page on a set, ready."""
    reviews = []

    def open_page(folder=None, image: str = "", reviewer: str = "ann", blind: bool = False, **context: Any) -> Any:
        if not reviews:
            reviews.append(Review.open(folder or write_review_set(tmp_path / "set"), reviewer=reviewer, blind=blind))
        object.__setattr__(one_server.services.settings, "review", reviews[0])
        page = visit(f"/annotate{image and '?image=' + image}", server=one_server, **context)
        page.wait_for_selector(READY)
        return page

    yield open_page
    for review in reviews:
        review.close()


def state(page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("posetune.state")
    return found


def until(page, condition: str) -> dict[str, Any]:
    """The state once ``condition`` (JavaScript, ``s`` is the state) holds."""
    for _ in range(400):
        if page.evaluate(f"((s) => {condition})(posetune.state)"):
            return state(page)
        page.wait_for_timeout(15)
    raise AssertionError(f"{condition}: {json.dumps(state(page))[:2000]}")


def settled(page) -> dict[str, Any]:
    return until(page, "s.status === 'ready' && s.saved")


def spot(page, index: int, person: int = 0) -> tuple[float, float]:
    """Where a point is on the page."""
    page.evaluate("posetune.stage.draw()")
    x, y = page.evaluate(
        "([p, i]) => { const at = posetune.stage.drawn.points.find((d) => d.person === p && d.index === i), "
        "box = posetune.stage.host.getBoundingClientRect(); return [at.x + box.x, at.y + box.y]; }",
        [person, index],
    )
    return x, y


def drag(page, start: tuple[float, float], dx: float, dy: float) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + dx, start[1] + dy, steps=4)
    page.mouse.up()


def test_a_drag_moves_one_point_and_is_in_the_label_file(opened, tmp_path):
    page = opened()
    before = state(page)["people"][0]["points"]
    drag(page, spot(page, KNEE), 30, 15)
    after = settled(page)
    points = after["people"][0]["points"]
    assert [i for i, (a, b) in enumerate(zip(before, points, strict=True)) if a != b] == [KNEE]
    scale = page.evaluate("posetune.stage.view.scale")
    assert points[KNEE][0] - before[KNEE][0] == pytest.approx(30 / scale, abs=0.01)
    row = saved(tmp_path / "set")["annotations"][0]
    assert row["keypoints"][3 * KNEE : 3 * KNEE + 2] == pytest.approx(points[KNEE][:2])
    assert (row["status"], row["origin"]["reviewer"], row["origin"]["points"][KNEE]) == ("corrected", "ann", "moved")


def test_enter_accepts_and_goes_on_and_s_goes_to_the_doubtful(opened, tmp_path):
    page = opened()
    page.keyboard.press("Enter")
    found = until(page, "s.image.number === 1 && s.status === 'ready' && s.saved")
    assert found["progress"]["done"] == 1
    assert saved(tmp_path / "set")["annotations"][0]["status"] == "verified"
    page.keyboard.press("s")
    first = until(page, "s.image.number > 1 && s.status === 'ready'")["image"]["number"]
    page.keyboard.press("s")
    second = until(page, f"s.image.number !== {first} && s.status === 'ready'")["image"]["number"]
    assert {first, second} == {SWAPPED, UNSURE}


def test_a_swap_is_one_key_and_undo_restores_it_to_the_byte(opened, tmp_path):
    page = opened(image=f"clip_00000{SWAPPED}")
    assert "sides" in [warning["kind"] for warning in state(page)["warnings"]]
    before = saved(tmp_path / "set")
    page.keyboard.press("2")
    assert state(page)["warnings"] == []
    settled(page)
    page.keyboard.press("Control+z")
    assert settled(page)["people"][0]["status"] == "prelabel"
    after = saved(tmp_path / "set")
    assert [after[table] for table in ("images", "annotations")] == [
        before[table] for table in ("images", "annotations")
    ]
    page.keyboard.press("Control+y")
    assert settled(page)["people"][0]["status"] == "corrected"


def test_a_key_does_the_same_wherever_the_focus_is_and_whatever_the_layout(opened):
    page = opened()
    for place in ("#next", "#stage", "#inspector .chip-button", "#all-points summary"):
        page.locator(place).first.focus()
        if place.endswith("summary"):
            continue  # its own keys open it
        before = state(page)["people"][0]["points"][11]
        page.keyboard.press("1")
        after = state(page)["people"][0]["points"][12]
        assert after == before, place
    # A Russian layout says "ы" for the key that says "s" elsewhere; the key is the same.
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyF', key: 'а', bubbles: true }))"
    )
    until(page, "s.image.number === 1 && s.status === 'ready'")
    page.keyboard.press("g")
    page.keyboard.type("5")
    assert state(page)["image"]["number"] == 1, "in a field keys are text"
    page.keyboard.press("Enter")
    assert until(page, "s.image.number === 4 && s.status === 'ready'")["progress"]["done"] == 0


def test_visibility_is_one_key_with_advance_and_outside_asks_once_inside(opened, tmp_path):
    page = opened()
    page.mouse.move(*spot(page, KNEE))
    assert until(page, "s.point")["point"]["name"] == "left_knee"
    page.keyboard.press("q")
    assert state(page)["people"][0]["points"][KNEE][2] == 1
    assert state(page)["point"]["name"] == "right_knee", "on to the next"
    page.keyboard.press("o")
    assert state(page)["question"] == {"kind": "outside", "name": "right_knee"}
    assert state(page)["people"][0]["points"][KNEE + 1][2] == 2
    assert "right knee" in page.locator("#question").inner_text().lower()
    page.keyboard.press("q")
    assert state(page)["question"] is None
    assert state(page)["people"][0]["points"][KNEE + 1][2] == 1
    assert state(page)["point"]["name"] == "left_ankle"
    page.keyboard.press("o")
    page.keyboard.press("o")
    left_ankle = KNEE + 2
    assert settled(page)["people"][0]["points"][left_ankle][2] == 0
    row = saved(tmp_path / "set")["annotations"][0]
    assert row["keypoints"][3 * left_ankle : 3 * left_ankle + 3] == [0, 0, 0]
    assert list(row["outside"]) == ["left_ankle"]
    page.keyboard.press("BracketLeft")
    page.keyboard.press("BracketLeft")
    page.keyboard.press("v")
    assert settled(page)["people"][0]["points"][KNEE + 1][2] == 2


def test_a_point_outside_has_its_handle_on_the_border_and_comes_back(opened):
    page = opened()
    left = page.evaluate("posetune.stage.toScreen(0, 0)[0] + posetune.stage.host.getBoundingClientRect().x")
    start = spot(page, KNEE)
    drag(page, start, left - 60 - start[0], 0)
    out = state(page)["people"][0]["points"][KNEE]
    assert out[0] < 0
    assert out[2] == 0
    x, y = spot(page, KNEE)
    assert x == pytest.approx(left, abs=12)
    drag(page, (x, y), 80, 0)
    back = settled(page)["people"][0]["points"][KNEE]
    assert back[2] == 2
    assert 0 < back[0] < 80


def test_what_looks_wrong_is_said_while_dragging(opened):
    page = opened()
    x, y = spot(page, KNEE)
    other_x, other_y = spot(page, KNEE + 1)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(other_x, other_y, steps=3)
    kinds = [w["kind"] for w in state(page)["warnings"]]
    page.mouse.move(x, y - 250, steps=3)
    far = [w["kind"] for w in state(page)["warnings"]]
    page.mouse.up()
    assert "swap" in kinds
    assert "bone" in far
    settled(page)


def test_the_whole_person_moves_with_shift_alone(opened):
    page = opened()
    before = state(page)["people"][0]["points"]
    middle = spot(page, 11)
    hip = spot(page, 23)
    on_bone = ((middle[0] + hip[0]) / 2, (middle[1] + hip[1]) / 2)
    drag(page, on_bone, 20, 20)
    assert state(page)["people"][0]["points"] == before, "a drag on a bone moves nobody"
    page.keyboard.down("Shift")
    drag(page, on_bone, 20, 10)
    page.keyboard.up("Shift")
    scale = page.evaluate("posetune.stage.view.scale")
    moved = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(before, settled(page)["people"][0]["points"], strict=True)]
    assert all(m == (pytest.approx(20 / scale, abs=0.01), pytest.approx(10 / scale, abs=0.01)) for m in moved)


def test_arrows_nudge_and_undo_goes_back_across_pictures_and_reloads(opened, tmp_path):
    page = opened()
    before = saved(tmp_path / "set")["annotations"][:2]
    start = state(page)["people"][0]["points"][KNEE]
    page.locator(f"#all-points [data-point='{KNEE}']").evaluate("(e) => e.click()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert state(page)["people"][0]["points"][KNEE][:2] == pytest.approx([start[0] + 1, start[1] - 10])
    page.keyboard.press("Enter")
    until(page, "s.image.number === 1 && s.status === 'ready'")
    page.keyboard.press("2")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert until(page, "s.image.number === 0 && s.status === 'ready'")["image"]["done"] is True
    settled(page)
    page.reload()
    page.wait_for_selector(READY)
    assert state(page)["image"]["undo"] == 2
    page.keyboard.press("Control+z")
    until(page, "s.image.undo === 1 && s.saved")
    page.keyboard.press("Control+z")
    until(page, "s.image.undo === 0 && s.saved")
    assert saved(tmp_path / "set")["annotations"][:2] == before


def test_points_are_copied_from_the_frame_before_and_interpolated(opened):
    page = opened(image="clip_000001.jpg")
    page.keyboard.press("c")
    first = until(page, "s.saved && s.people[0].status === 'corrected'")["people"][0]["points"]
    page.keyboard.press("Enter")  # 1 is seen to; 2 comes
    until(page, "s.image.number === 2 && s.status === 'ready'")
    page.evaluate("posetune.session.open('clip_000003.jpg')")
    third = until(page, "s.image.number === 3 && s.status === 'ready'")["people"][0]["points"]
    page.keyboard.press("Shift+Enter")
    until(page, "s.image.done && s.saved")
    page.evaluate("posetune.session.open('clip_000002.jpg')")
    until(page, "s.image.number === 2 && s.status === 'ready'")
    page.keyboard.press("i")
    middle = until(page, "s.saved && s.people[0].source === 'interpolated'")["people"][0]["points"]
    assert middle[KNEE][0] == pytest.approx((first[KNEE][0] + third[KNEE][0]) / 2, abs=0.01)


def test_somebody_is_added_by_a_box_or_a_click_deleted_and_left_out(opened, tmp_path):
    folder = write_review_set(tmp_path / "set", 2)
    (folder / "annotations" / "train.json").unlink()
    page = opened(folder)
    assert state(page)["people"] == []
    box = page.evaluate(
        "(() => { const b = posetune.stage.host.getBoundingClientRect(); "
        "return [posetune.stage.toScreen(60, 60), posetune.stage.toScreen(220, 400)].map(([x, y]) => [x + b.x, y + b.y]); })()"
    )
    page.keyboard.press("n")
    assert state(page)["mode"] == "box"
    drag(page, tuple(box[0]), box[1][0] - box[0][0], box[1][1] - box[0][1])
    found = until(page, "s.people.length === 1 && s.saved")
    assert found["people"][0]["network"]
    assert found["people"][0]["box"][:2] == pytest.approx([60, 60], abs=0.6)
    page.keyboard.press("n")
    page.mouse.click((box[0][0] + box[1][0]) / 2, (box[0][1] + box[1][1]) / 2)
    until(page, "s.people.length === 2 && s.selected === 1 && s.saved")
    page.keyboard.press("Delete")
    until(page, "s.people.length === 1 && s.saved")
    page.keyboard.press("x")
    until(page, "s.people[0].status === 'rejected' && s.saved")
    rows = saved(folder)["annotations"]
    assert [row["status"] for row in rows] == ["rejected"]


def test_while_the_server_is_away_the_work_goes_on_and_a_closed_tab_loses_nothing(opened, tmp_path):
    page = opened()
    page.expected = "Failed to load resource"
    page.route("**/api/v1/annotate/**", lambda route: route.abort())
    page.keyboard.press("2")
    page.keyboard.press("3")
    away = until(page, "s.away && s.waiting === 2")
    assert not away["saved"]
    assert "does not answer" in page.locator("#saved").inner_text()
    assert saved(tmp_path / "set")["annotations"][0]["status"] == "prelabel"
    again = page.context.new_page()  # the tab is gone, another one comes when the server is back
    page.evaluate("window.onbeforeunload = null")
    again.goto(page.url)
    for _ in range(200):
        if saved(tmp_path / "set")["annotations"][0]["status"] == "corrected":
            break
        again.wait_for_timeout(20)
    again.wait_for_selector(READY)
    until(again, "s.saved && s.image.undo === 2")
    again.close()
    page.unroute("**/api/v1/annotate/**")
    assert until(page, "s.saved && !s.away")
    assert len((tmp_path / "set" / "annotations" / "train.history.jsonl").read_text().splitlines()) == 2, "each once"


def test_a_server_that_is_killed_and_started_again_gets_what_was_done_meanwhile(chromium, tmp_path):
    folder = write_review_set(tmp_path / "set", 3)
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]

    def start() -> subprocess.Popen:
        command = [sys.executable, "-m", "posetune", "annotate", folder, "--port", str(port), "--model", "lite"]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)

    server = start()
    page = chromium.new_page()
    try:
        for _ in range(400):
            try:
                page.goto(f"http://127.0.0.1:{port}/annotate")
                break
            except Error:
                page.wait_for_timeout(50)
        page.wait_for_selector(READY)
        page.keyboard.press("2")
        settled(page)
        server.kill()
        server.wait()
        page.keyboard.press("3")
        page.keyboard.press("Control+z")
        page.keyboard.press("1")
        assert until(page, "s.away")["waiting"] == 3
        server = start()
        page.evaluate(
            "(async () => { for (;;) { await posetune.session.pulse(0); if (!posetune.state.away) return; } })()"
        )
        assert settled(page)["image"]["undo"] == 2
        points = state(page)["people"][0]["points"]
    finally:
        page.close()
        server.terminate()
        server.wait(20)
    kept = np.array(saved(folder)["annotations"][0]["keypoints"]).reshape(33, 3)
    assert np.allclose(kept, points)
    assert len((folder / "annotations" / "train.history.jsonl").read_text().splitlines()) == 4


def test_a_second_tab_is_told_and_overwrites_nothing(opened):
    page = opened()
    second = page.context.new_page()
    second.on("console", lambda said: None)
    second.goto(page.url)
    second.wait_for_selector(READY)
    assert state(second)["tabs"] == 2
    assert "another tab" in second.locator("#banner").inner_text()
    page.keyboard.press("2")
    settled(page)
    points = state(page)["people"][0]["points"]
    second.keyboard.press("3")
    second.locator(".toast.bad").wait_for()
    until(second, "s.status === 'ready' && s.saved && s.image.revision === 1")
    assert state(second)["people"][0]["points"] == points
    second.close()


def test_missing_and_unknown_pictures_are_said(opened, tmp_path):
    folder = write_review_set(tmp_path / "set", 3)
    (folder / "images" / NAME).unlink()
    page = opened(folder)
    page.expected = "Failed to load resource"
    assert state(page)["image"]["problem"] == "missing"
    assert "not there any more" in page.locator("#message").inner_text()
    before = state(page)["people"]
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    assert state(page)["people"] == before
    page.keyboard.press("f")
    until(page, "s.image.number === 1 && s.status === 'ready'")
    page.evaluate("posetune.session.open('nobody.jpg')")
    assert "nobody.jpg" in until(page, "s.status === 'error'")["error"]
    page.keyboard.press("f")
    until(page, "s.image.number === 2 && s.status === 'ready'")


def test_a_finger_takes_a_point_within_22_px_and_two_zoom(opened):
    page = opened(width=390, has_touch=True)
    x, y = spot(page, KNEE)
    before = state(page)["people"][0]["points"]
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": px, "y": py, "id": i} for i, (px, py) in enumerate(points)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    page.evaluate(f"window.scrollTo(0, {y - 300})")
    x, y = spot(page, KNEE)
    touch("touchStart", (x + 19, y + 4))
    for step in range(1, 5):
        touch("touchMove", (x + 19 + 6 * step, y + 4))
    touch("touchEnd")
    after = state(page)["people"][0]["points"]
    assert [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [KNEE]
    scale = page.evaluate("posetune.stage.view.scale")
    touch("touchStart", (100, y), (200, y))
    for step in range(1, 5):
        touch("touchMove", (100 - 10 * step, y), (200 + 10 * step, y))
    touch("touchEnd")
    assert page.evaluate("posetune.stage.view.scale") > 1.2 * scale
    assert state(page)["people"][0]["points"] == after


def test_the_points_are_hidden_while_a_key_is_held(opened):
    page = opened()
    page.keyboard.down("h")
    page.evaluate("posetune.stage.draw()")
    assert page.evaluate("posetune.stage.drawn.points.length") == 0
    page.keyboard.up("h")
    page.evaluate("posetune.stage.draw()")
    assert page.evaluate("posetune.stage.drawn.points.length") == 33


def test_every_key_is_in_the_reference_and_has_a_text():
    keys = (PAGES / "js" / "annotate" / "keys.js").read_text("utf-8")
    texts = json.loads((PAGES / "i18n" / "en.json").read_text("utf-8"))
    commands = re.findall(r'does: "(\w+)"', keys)
    assert len(commands) > 30
    assert {f"annotate.do.{command}" for command in commands} <= texts.keys()
    reference = (PAGES.parents[3] / "docs" / "reference" / "annotate.md").read_text("utf-8")
    for letter in set(re.findall(r'code: "Key(\w)"', keys)):
        assert re.search(rf"\b{letter}\b", reference.partition("## Status")[0]), letter


def test_twenty_pre_labelled_pictures_cost_few_actions_and_seconds(opened, tmp_path):
    """Of drawn people: a third right, and each usual mistake of a network in some. Real footage: docs/lab/results/labelling.md."""
    folder = write_review_set(tmp_path / "set", 20)
    content = saved(folder)
    truth = {}
    for number, row in enumerate(content["annotations"]):
        points = standing(130.0 + 3 * number, 220.0)
        truth[f"clip_{number:06d}.jpg"] = points.copy()
        random = np.random.default_rng(number)
        if number % 3 == 1:  # points astray, as many as a network loses
            for index in random.choice(np.arange(13, 33), 1 + number % 5, replace=False):
                points[index, :2] += random.normal(0, 1, 2) * 5 + [45, -25]
        if number % 5 == 2:  # sides exchanged
            region = [range(33), range(11, 23), range(23, 33)][number % 3]
            points[list(region)] = points[FLIP[list(region)]]
        if number % 7 == 3:  # a hidden hand that counts as seen
            truth[f"clip_{number:06d}.jpg"][[17, 19, 21], 2] = 1
        row["keypoints"] = [round(v, 3) if i % 3 < 2 else int(v) for i, v in enumerate(points.ravel().tolist())]
    (folder / "annotations" / "train.json").write_text(json.dumps(content))
    page = opened(folder)
    effort = label(page, truth)
    assert state(page)["progress"]["done"] == 20
    median_actions, median_seconds = effort.median
    assert median_actions <= 8
    assert median_seconds <= 20
    assert any(what[0] in "123" and len(what) <= 6 for what in effort.what), "a swap is one key"
    assert ["Enter"] in effort.what, "what is right is one key"
    for row, true in zip(saved(folder)["annotations"], truth.values(), strict=True):
        points = np.array(row["keypoints"]).reshape(33, 3)
        assert np.linalg.norm(points[:, :2] - true[:, :2], axis=1).max() < 0.16 * 85
        assert (points[:, 2] == true[:, 2]).all()


def test_one_of_several_people_is_chosen_and_only_theirs_changes(opened, tmp_path):
    page = opened(write_review_set(tmp_path / "set", 2, people=2))
    before = state(page)["people"]
    page.keyboard.press("p")
    chosen = state(page)["selected"]
    page.keyboard.press("2")
    after = settled(page)["people"]
    assert after[1 - chosen] == before[1 - chosen]
    assert after[chosen]["points"][13] == before[chosen]["points"][14]
    x, y = spot(page, 25, 1 - chosen)
    page.mouse.click(x, y)
    assert until(page, f"s.selected === {1 - chosen}")["point"]["name"] == "left_knee"
    assert state(page)["people"] == after, "a click moves nothing"


def test_two_reviewers_see_each_other_once_both_have_accepted(opened, one_server, tmp_path):
    folder = write_review_set(tmp_path / "set", 2)
    with Review.open(folder, reviewer="ann") as ann:
        act(ann, people=moved(ann.image(NAME), KNEE, 190, 280))
        accept(ann, NAME, 1)
    page = opened(folder, reviewer="ben", blind=True)
    assert state(page)["people"][0]["points"][KNEE][0] != 190
    assert page.locator("#agreement [data-command=other]").is_disabled()
    page.keyboard.press("a")
    assert state(page)["other"] is None
    page.keyboard.press("Shift+Enter")
    found = until(page, "s.other && s.agreement && s.agreement.people === 1")
    assert found["other"]["people"][0]["points"][KNEE][:2] == [190, 280]
    assert "Left knee" in page.locator("#agreement").inner_text()
    page.keyboard.press("a")
    assert until(page, "s.other.shown")
    assert saved(folder)["annotations"][0]["origin"]["reviewer"] == "ann"


def test_it_is_readable_by_screen_readers(opened):
    page = opened()
    assert not serious_faults(page)
    page.keyboard.press("?")
    page.locator("dialog.keys").wait_for()
    assert not serious_faults(page)


def test_it_fits_a_phone_and_speaks_chinese(opened):
    page = opened(image="clip_000004", width=320, language="zh", theme="light")
    for width in (320, 768):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not serious_faults(page)
    buttons = page.locator("#bench button").all_inner_texts()
    assert not [text for text in buttons if re.search("[A-Za-z]{4,}", text.replace("Enter", ""))]


def test_a_page_that_is_opened_while_the_server_starts_waits_for_it(opened, visit, one_server):
    opened()  # the set
    answers = iter((503, 503))

    def starting(route) -> None:
        detail = json.dumps({"title": "", "status": 503, "detail": "The server is starting; try again in a second."})
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, body=detail, content_type="application/problem+json")

    page = visit("/ranges", server=one_server)
    page.expected = "Failed to load resource"
    page.route("**/api/v1/annotate", starting)
    page.goto(f"{one_server.url}/annotate")
    page.wait_for_selector(READY)


def test_a_server_without_a_set_says_how_to_begin(visit):
    page = visit("/annotate")
    page.wait_for_selector("html[data-status=empty]")
    assert "posetune annotate SET" in page.locator("#how").inner_text()


def test_of_whom_nothing_is_labelled_a_box_says_who_is_meant(opened, tmp_path):
    folder = write_review_set(tmp_path / "set", 1)
    labels = folder / "annotations" / "train.json"
    content = json.loads(labels.read_text())
    content["annotations"][0] |= {"keypoints": [0] * (3 * len(FLIP)), "num_keypoints": 0, "bbox": [100, 120, 60, 90]}
    labels.write_text(json.dumps(content))
    page = opened(folder)
    boxes = """() => { const P = CanvasRenderingContext2D.prototype, own = P.strokeRect, found = [], at = posetune.stage;
      P.strokeRect = (x, y, width, height) => found.push([...at.toImage(x, y), width / at.view.scale, height / at.view.scale]);
      at.draw(); P.strokeRect = own; return found; }"""
    assert page.evaluate(boxes)[-1] == pytest.approx([100, 120, 60, 90], abs=0.01)
    scale = page.evaluate("posetune.stage.view.scale")
    page.keyboard.press("z")
    assert page.evaluate("posetune.stage.view.scale") > 1.2 * scale
    page.keyboard.press("BracketRight")
    for _ in range(5):  # then the points say it
        page.keyboard.press("v")
    settled(page)
    assert page.evaluate(boxes) == []
