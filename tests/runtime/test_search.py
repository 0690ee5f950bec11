"""Looking in tiles finds those who are too small in the whole, and each of them once."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune import stock
from posetune.runtime.detector import Detector
from posetune.runtime.search import find_everyone
from posetune.runtime.tiles import Tiles, grid
from posetune.runtime.zones import Zones

HIPS = np.array([(200, 300), (560, 420), (1000, 360)])


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(stock.path("detector").read_bytes(), threads=1)


@pytest.fixture(scope="module")
def court() -> np.ndarray:
    """Three people, 150 px tall in 1200: the detector finds none of them in the whole picture."""
    picture = room(1200, 675)
    for hip in HIPS:
        picture = draw_person(picture, tuple(hip), 0.5, arms=0.4)
    return picture


class Counting:
    """A detector that counts how often it looks."""

    def __init__(self, detector: Detector) -> None:
        self._detector, self.count, self.surer_in_tiles = detector, 0, detector.surer_in_tiles

    def looks(self, rgb, windows, *rest):
        self.count += len(windows)
        return self._detector.looks(rgb, windows, *rest)


@pytest.mark.parametrize("tiles", [Tiles(), Tiles(3), Tiles(4), grid(4, 1200, 675)], ids=["auto", "3", "4", "given"])
def test_small_people_are_found_once_each(detector, court, tiles):
    assert detector(court) == []
    found = find_everyone(detector, court, 0.5, tiles)
    apart = np.linalg.norm(np.array([d.points_px[0] for d in found])[:, None] - HIPS, axis=2)
    people = apart.argmin(axis=1).tolist()
    assert len(set(people)) == len(people) >= (2 if tiles == Tiles() else 3)
    assert apart.min(axis=1).max() < 25
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)
    assert all(d.image_size == (1200, 675) and d.crop is not None for d in found)


def test_one_large_person_costs_few_tiles_and_stays_one(detector):
    picture = draw_person(room(460, 580), (230, 290), 1.4)
    counting = Counting(detector)
    found = find_everyone(counting, picture, 0.5, Tiles())
    assert len(found) == 1
    assert counting.count <= 6
    np.testing.assert_allclose(found[0].points_px[0], detector(picture)[0].points_px[0], atol=15)


def test_auto_spends_what_it_may(detector, court):
    for most in (1, 2, 5):
        counting = Counting(detector)
        find_everyone(counting, court, 0.5, Tiles(most=most))
        assert 1 < counting.count <= 1 + most
    counting = Counting(detector)
    find_everyone(counting, court, 0.5, Tiles(budget_ms=1e-6))
    assert counting.count == 1


def test_nobody_is_found_in_nothing(detector):
    for tiles in (Tiles(), Tiles(4)):
        assert find_everyone(detector, np.full((360, 640, 3), 127, np.uint8), 0.5, tiles) == []


def test_zones_say_where(detector, court):
    left = Zones(look=(np.array([(0, 0), (0.6, 0), (0.6, 1), (0, 1)]),))
    for tiles in (Tiles(), Tiles(4)):
        assert len(find_everyone(detector, court, 0.5, tiles, left)) == 2


@pytest.mark.parametrize("size", [(1, 1), (2, 900)])
def test_pictures_smaller_than_a_tile(detector, size):
    for tiles in (Tiles(), Tiles(3)):
        assert find_everyone(detector, np.zeros((size[1], size[0], 3), np.uint8), 0.5, tiles) == []


def test_how_much_surer_in_a_tile_goes_with_the_detector(detector, court):
    many = Detector(stock.detector_of("many"), threads=1)
    assert many.surer_in_tiles > detector.surer_in_tiles > 0
    asked = []
    for one in (detector, many):
        counting = Counting(one)
        counting.looks = lambda rgb, windows, least, *rest, of=one: (
            asked.append(least) or of.looks(rgb, windows, least, *rest)
        )
        find_everyone(counting, court, 0.5, Tiles(3))
    assert asked[0] == asked[2] == 0.5
    np.testing.assert_allclose(asked[1::2], 1 / (1 + np.exp([-detector.surer_in_tiles, -many.surer_in_tiles])))
