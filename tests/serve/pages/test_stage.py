"""The stage by itself: what pages that are still to come build on."""

from __future__ import annotations

import secrets

from tests.helpers.server import running
from tests.serve.pages.conftest import analysed


def test_a_drag_moves_one_point_and_nothing_else(visit):
    page = visit("/")
    analysed(page)
    moved = page.evaluate("""(() => {
      const { stage } = posetune;
      stage.options.editable = true;
      window.told = [];
      for (const type of ["pointdown", "pointmove", "pointup"]) {
        stage.addEventListener(type, (e) => told.push([type, e.detail?.index]));
      }
      const at = stage.drawn.points.find((p) => p.index === 26), box = stage.host.getBoundingClientRect();
      window.before = structuredClone(stage.people);
      return [at.x + box.x, at.y + box.y, stage.view.scale];
    })()""")
    x, y, scale = moved
    page.mouse.move(x + 3, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 20, steps=4)
    page.mouse.up()
    before, after = page.evaluate("[before[0].landmarks_px, posetune.stage.people[0].landmarks_px]")
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert changed == [26]
    assert abs(after[26][0] - before[26][0] - 40 / scale) < 4 / scale
    told = page.evaluate("told")
    assert [told[0], told[-1]] == [["pointdown", 26], ["pointup", 26]]


def test_a_press_beside_the_points_moves_the_picture_instead(visit):
    page = visit("/")
    analysed(page)
    page.evaluate("posetune.stage.options.editable = true, posetune.stage.zoom(3)")
    box = page.locator("#stage").bounding_box()
    before = page.evaluate("[posetune.stage.view.x, posetune.state.people]")
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 68, box["y"] + 8, steps=3)
    page.mouse.up()
    after = page.evaluate("[posetune.stage.view.x, posetune.state.people]")
    assert after[0] > before[0] + 30
    assert after[1] == before[1]


def test_people_of_a_network_with_points_of_its_own_are_drawn_by_their_names(visit):
    page = visit("/")
    analysed(page)
    own = {
        "names": ["right_knee", "handle", "right_hip", "right_ankle"],
        "landmarks_px": [[300, 300, None], [120, 80, None], [300, 200, None], [400, 300, None]],
        "visibility": [1, 1, 1, None], "world": [[None] * 3] * 4, "score": 1, "angles": {"right_knee": 90}, "flags": [],
    }  # fmt: skip
    drawn = page.evaluate(
        "(own) => (posetune.stage.setPeople([own]), posetune.stage.draw(), posetune.stage.drawn)", own
    )
    assert {(line["a"], line["b"]) for line in drawn["lines"]} == {(2, 0), (0, 3)}
    assert [label["text"] for label in drawn["labels"]] == ["90.0°"]
    assert len(drawn["points"]) == 4


def test_a_server_with_a_token_asks_for_it_once_and_goes_on(visit, tmp_path):
    token = secrets.token_urlsafe(32)
    (tmp_path / "token").write_text(token + "\n")
    with running(tmp_path / "data", token_file=tmp_path / "token") as server:
        page = visit("/ranges", server=server)
        page.expected = "Failed to load resource"
        page.get_by_label("Token", exact=True).fill("wrong" * 9)
        page.keyboard.press("Enter")
        page.get_by_text("not this server's token").wait_for()
        assert page.locator("dialog").count() == 1
        page.get_by_label("Token", exact=True).fill(token)
        page.keyboard.press("Enter")
        page.wait_for_selector("html[data-status=ready]")
        assert page.locator("dialog").count() == 0
        page.goto(server.url + "/networks")
        page.wait_for_selector("html[data-status=ready]")
