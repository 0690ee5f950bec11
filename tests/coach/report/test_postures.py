from __future__ import annotations

import pytest
from tests.helpers.stick_figures import clip, lifting, repeated

from posetune.coach.ergonomics.scores import Task
from posetune.coach.ergonomics.session import SCREENING, Ergonomics, observed
from posetune.coach.report.postures import About, postures_page, wanted


@pytest.fixture(scope="module")
def found() -> Ergonomics:
    return observed(clip(repeated(lifting, 2, fps=10)), Task(load_kg=12, coupling=2, twisted=True), en1005=True)


def test_the_page_screens_shows_shares_scores_and_what_was_typed_in(found: Ergonomics):
    html = postures_page(found, About("shift.mp4", "full"), dict.fromkeys(wanted(found), "data:image/jpeg;base64,AA"))
    assert SCREENING in html
    for told in (
        "REBA over time",
        "RULA over time",
        "OWAS over time",
        "very high",
        "load 12 kg, coupling poor, trunk twisted",
    ):
        assert told in html
    assert html.count("<img") == len(wanted(found)) > 1
    assert "Faces of people who were found are blurred." in html
    assert 'class="area"' in html


def test_zones_only_where_they_are_asked_for(found: Ergonomics):
    assert "Zones after EN 1005-4" in postures_page(found, About("a"), None)
    without = observed(clip(repeated(lifting, 1, fps=10)), Task())
    assert "Zones after" not in postures_page(without, About("a"), None)


def test_people_are_not_told_apart(found: Ergonomics):
    two = observed(
        [(t, [p[0], p[0].__class__(**{**vars(p[0]), "id": 7})]) for t, p in clip(repeated(lifting, 1, fps=10))], Task()
    )
    assert two.to_json()["people"] == [1, 7]
    html = postures_page(two, About("a"), None)
    assert "person 7" not in html.lower()
    assert "people are not told apart" in html


def test_without_pictures_and_without_people(found: Ergonomics):
    assert "the video was not at hand" in postures_page(found, About("p.json"), None)
    html = postures_page(observed([], Task()), About("empty.mp4"), {})
    assert "Nobody was found" in html
    assert SCREENING in html
