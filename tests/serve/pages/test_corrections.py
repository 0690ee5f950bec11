"""A result is put right in the page that analyses pictures, kept with consent, and forgotten."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from tests.helpers.server import running
from tests.serve.pages.conftest import analysed
from tests.serve.pages.test_pages import serious_faults

from posetune.landmarks import INDEX
from posetune.store.corrections import Corrections

KNEE = INDEX["left_knee"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("kept")) as server:
        yield server


@pytest.fixture
def store(server) -> Corrections:
    return Corrections(server.services.engine.database)


def until(page, condition: str) -> dict[str, Any]:
    """The state once ``condition`` (JavaScript, ``s`` is the state) holds."""
    for _ in range(400):
        if page.evaluate(f"((s) => {condition})(posetune.state)"):
            found: dict[str, Any] = page.evaluate("posetune.state")
            return found
        page.wait_for_timeout(15)
    raise AssertionError(f"{condition}: {json.dumps(page.evaluate('posetune.state'))[:2000]}")


def correcting(visit, server, **context):
    page = visit("/", server=server, **context)
    analysed(page)
    page.click("#correct")
    until(page, "s.correcting !== null")
    return page


def drag_knee(page, dx: float, dy: float) -> None:
    x, y = page.evaluate(
        "(i) => { const { stage } = posetune.correcting.editor; stage.draw(); "
        "const at = stage.drawn.points.find((p) => p.index === i), box = stage.host.getBoundingClientRect(); "
        "return [at.x + box.x, at.y + box.y]; }",
        KNEE,
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def test_a_point_is_dragged_given_with_consent_and_forgotten(visit, server, store):
    page = correcting(visit, server)
    assert page.is_hidden("#stage")
    assert page.is_disabled("#give")
    drag_knee(page, 40, 10)
    assert until(page, "s.correcting.moved === 1")["correcting"]["ready"] is False  # nothing goes without consent
    page.check("#correct-agreed")
    page.click("#give")
    given = until(page, "s.correcting === null && s.given.corrections.new === 1")
    assert page.is_visible("#stage")
    found = list(store.find())
    assert len(found) == 1
    assert found[0].touched == "".join("m" if i == KNEE else "u" for i in range(33))
    moved = np.linalg.norm(found[0].points[:, :2] - found[0].shown_points[:, :2], axis=1)
    assert moved[KNEE] > 10
    assert moved[np.arange(33) != KNEE].max() < 0.01
    assert found[0].shown == given["network"]["sha256"]
    assert 0 < found[0].seconds < 60
    page.click("#forget")
    assert len(list(store.find())) == 1  # it asks once
    page.click("#forget")
    until(page, "s.given.pictures === 0 && s.given.corrections.new === undefined")
    assert list(store.find()) == []


def test_keys_alone_do_it(visit, server, store):
    page = correcting(visit, server)
    page.select_option("#correct-point", str(KNEE))
    page.focus("#editor")
    for key in ("Shift+ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    before, after = page.evaluate(
        "(i) => [posetune.correcting.shown[i], posetune.correcting.editor.person.points[i]]", KNEE
    )
    assert np.allclose(np.subtract(after, before), [-10, -1, 0])
    page.click("[data-visibility=hidden]")
    assert page.evaluate("(i) => posetune.correcting.editor.person.points[i][2]", KNEE) == 1
    page.focus("#editor")
    page.keyboard.press("Escape")
    until(page, "s.correcting === null")
    assert list(store.find()) == []


def test_who_looked_at_everything_confirms_the_rest(visit, server, store):
    page = correcting(visit, server, language="zh")
    page.check("#correct-agreed")
    page.check("#correct-looked")
    page.click("#give")
    until(page, "s.correcting === null && s.given.corrections.new === 1")
    assert next(store.find()).touched == "c" * 33
    page.click("#forget")
    page.click("#forget")
    until(page, "s.given.pictures === 0")


def test_every_picture_is_kept_where_that_was_agreed_to(visit, server):
    page = visit("/", server=server)
    analysed(page)
    assert page.evaluate("posetune.state.given.pictures") == 0
    page.check("#keep-pictures")
    until(page, "s.given.pictures === 1")
    with server.services.engine.database.read() as connection:
        from posetune.store.tables import images

        assert [row.traffic for row in connection.execute(images.select())] == [True]


def test_a_refusal_is_said_and_nothing_is_lost(visit, server, monkeypatch):
    from posetune.serve import corrections as keeper

    page = correcting(visit, server)
    monkeypatch.setattr(keeper, "MOST_CORRECTIONS", 0)
    page.expected = "429"  # type: ignore[attr-defined]
    drag_knee(page, 40, 10)
    page.check("#correct-agreed")
    page.click("#give")
    page.wait_for_selector(".toast.bad")
    assert "most that one person may" in page.inner_text(".toast.bad")
    assert until(page, "s.correcting.ready")["correcting"]["moved"] == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_while_correcting(visit, server, width):
    page = correcting(visit, server, width=width)
    assert serious_faults(page) == []


def test_a_server_that_keeps_nothing_offers_nothing(visit, tmp_path):
    with running(tmp_path, corrections=False) as server:
        page = visit("/", server=server)
        analysed(page)
        assert page.query_selector("#correct") is None
