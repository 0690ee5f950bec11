"""Tiles in a video: now and then, where somebody was lost, and not at all where one person is enough."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.tiles import Tiles
from posetune.runtime.video_looks import EVERY, VideoLooks
from posetune.runtime.zones import Zones

LEFT = Zones(look=(np.array([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]),))


@pytest.fixture(scope="module")
def landmarker() -> Landmarker:
    return posetune.load("lite", threads=1)


@pytest.fixture
def looks(landmarker, monkeypatch) -> list[float]:
    """The sides of all windows that are looked at besides whole frames."""
    sides: list[float] = []
    look = landmarker.detector.looks

    def noted(rgb, windows, *rest):
        sides.extend(window.side for window in windows if window.side < max(rgb.shape[:2]))
        return look(rgb, windows, *rest)

    monkeypatch.setattr(landmarker.detector, "looks", noted)
    return sides


def court(people: int = 3, scale: float = 0.5) -> np.ndarray:
    picture = room(1200, 675)
    for hip in ((200, 300), (560, 420), (1000, 360))[:people]:
        picture = draw_person(picture, hip, scale, arms=0.4)
    return picture


def test_small_people_are_followed(landmarker):
    frames = [court()] * 3
    assert [len(people) for people in landmarker.track(frames)] == [0, 0, 0]
    tracked = list(landmarker.track(frames, tiles=3))
    assert [sorted(p.id for p in people) for people in tracked] == [[1, 2, 3]] * 3


def test_one_person_who_is_seen_costs_no_tile(landmarker, looks):
    person = draw_person(room(460, 580), (230, 290), 1.4)
    assert [len(p) for p in landmarker.track([person] * 20, max_people=1, tiles="auto")] == [1] * 20
    assert looks == []


def test_tiles_become_seldom_while_they_find_nobody_else(landmarker, looks):
    view = VideoLooks(landmarker, 5, Tiles(3), None)
    spent = []
    for _ in range(4 * EVERY):
        before = len(looks)
        view.detect(court(0))
        spent.append(len(looks) > before)
    assert [i for i, tiled in enumerate(spent) if tiled] == [0, 2 * EVERY]


def test_a_closer_look_where_somebody_was_lost(landmarker, looks):
    view = VideoLooks(landmarker, 5, Tiles(), None)
    found = view.detect(court(1))
    assert len(found) == 1
    crop = found[0].crop
    assert crop is not None
    nobody = view.predict_crop(court(0), crop)
    assert not view.is_person(nobody)
    looks.clear()
    again = view.detect(court(1))
    assert looks == [pytest.approx(2 * crop.side)]
    assert np.hypot(*(again[0].points_px[0] - found[0].points_px[0])) < 20


def test_zones_end_where_somebody_walks_out(landmarker):
    frames = [draw_person(room(800, 480), (x, 250), 1.1) for x in (250, 330, 500)]
    assert [len(p) for p in landmarker.track(frames, zones=LEFT)] == [1, 1, 0]
