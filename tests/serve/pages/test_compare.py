"""Two networks on one picture."""

from __future__ import annotations

import numpy as np
import pytest
from tests.serve.pages.conftest import PICTURE, analysed


@pytest.fixture(scope="module")
def answers(pages_server):
    return {
        name: pages_server.predict(PICTURE.read_bytes(), f"?model={name}", "image/webp").json()
        for name in ("lite", "full")
    }


def test_differences_are_those_of_the_apis_answers_whichever_stands_first(visit, answers):
    page = visit("/compare?first=full&second=lite")
    state = analysed(page)
    points = {name: np.array(answer["people"][0]["landmarks_px"])[:, :2] for name, answer in answers.items()}
    apart = np.linalg.norm(points["lite"] - points["full"], axis=1)
    assert np.allclose([d["px"] for d in state["differences"]], apart, atol=1e-3)
    rows = [
        float(row) for row in page.locator(".difference").evaluate_all("(rows) => rows.map((row) => row.dataset.px)")
    ]
    assert rows == sorted(rows, reverse=True)
    assert abs(rows[0] - apart.max()) < 0.01
    page.get_by_role("button", name="Exchange sides").click()
    page.evaluate("posetune.stage.draw()")
    assert page.evaluate("[posetune.state.first, posetune.state.second]") == ["lite", "full"]
    assert np.allclose(page.evaluate("posetune.state.differences.map((d) => d.px)"), apart, atol=1e-3)
    assert page.evaluate("posetune.stage.people[0].landmarks_px") == answers["lite"]["people"][0]["landmarks_px"]


def test_the_wipe_shows_one_network_left_and_the_other_right(visit, answers):
    page = visit("/compare?first=full&second=lite")
    analysed(page)
    overlay = """(() => {
      posetune.stage.draw();
      const canvas = document.querySelector(".stage-overlay");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let sum = 0;
      for (let i = 3; i < data.length; i += 4) sum += data[i] > 0 ? i % 9973 : 0;
      return sum;
    })()"""
    handle = page.get_by_role("slider")
    handle.press("Home")
    second = page.evaluate(overlay)
    handle.press("End")
    first = page.evaluate(overlay)
    assert first != second
    assert handle.get_attribute("aria-valuenow") == "100"
    handle.press("ArrowLeft")
    assert handle.get_attribute("aria-valuenow") == "98"
    box, stage = handle.bounding_box(), page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] / 2, box["y"] + 20, steps=3)
    page.mouse.up()
    assert abs(page.evaluate("posetune.stage.wipe") - 0.5) < 0.02


def test_people_are_paired_by_nearness_and_only_once(visit):
    page = visit("/ranges")

    def person(x, y):
        return {"landmarks_px": [[x + 10 * i, y + 30 * i, 0] for i in range(5)], "visibility": [1] * 5, "angles": {}}

    first, second = [person(0, 0), person(300, 0)], [person(304, 2), person(900, 0), person(3, 1)]
    paired = page.evaluate(
        "async ([a, b]) => (await import('/static/js/components/differences.js')).pairs(a, b)", [first, second]
    )
    assert paired == [[0, 2], [1, 0]]
    turned = page.evaluate(
        "async ([a, b]) => (await import('/static/js/components/differences.js')).pairs(b, a)", [first, second]
    )
    assert sorted(turned) == [[0, 1], [2, 0]]
