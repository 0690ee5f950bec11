"""Labels are corrected in the page, by hand and by keys, and are in the label file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.helpers.review_set import SWAPPED, UNSURE, saved, write_review_set
from tests.helpers.server import running
from tests.serve.pages.test_pages import serious_faults

from posetune.label.review import Review
from posetune.landmarks import INDEX

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

    def open_page(folder=None, image: str = "", reviewer: str = "ann", **context: Any) -> Any:
        if not reviews:
            reviews.append(Review.open(folder or write_review_set(tmp_path / "set"), reviewer=reviewer))
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


def test_it_is_readable_by_screen_readers(opened):
    page = opened()
    assert not serious_faults(page)
    page.keyboard.press("?")
    page.locator("dialog.keys").wait_for()
    assert not serious_faults(page)


def test_a_server_without_a_set_says_how_to_begin(visit):
    page = visit("/annotate")
    page.wait_for_selector("html[data-status=empty]")
    assert "posetune annotate SET" in page.locator("#how").inner_text()
