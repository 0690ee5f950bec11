"""Tiles: what may be asked for, and that they cover a picture."""

from __future__ import annotations

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.runtime.tiles import Tiles, grid, side_of, whole


@pytest.mark.parametrize(("along", "share"), [(2, 2 / 3), (3, 1 / 2), (4, 2 / 5)])
def test_so_many_along_the_long_side_overlap_by_half(along, share):
    tiles = grid(along, 900, 300)
    assert {t.side for t in tiles} == {side_of(along, 900, 300)}
    assert tiles[0].side == pytest.approx(share * 900)
    assert [t.cx for t in tiles if t.cy == tiles[0].cy] == pytest.approx([share * 450 * (k + 1) for k in range(along)])


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (500, 500), (2000, 90), (1, 1)])
@pytest.mark.parametrize("along", [2, 4, 7])
def test_every_circle_of_half_a_tile_is_whole_in_one(size, along):
    """So that nobody is lost at a seam: also along the short side."""
    tiles = grid(along, *size)
    side = tiles[0].side
    for axis, length in enumerate(size):
        middles = sorted({(t.cx, t.cy)[axis] for t in tiles})
        assert middles[0] - side / 2 <= 1e-6
        assert middles[-1] + side / 2 >= length - 1e-6
        assert all(gap <= side / 2 + 1e-6 for gap in np.diff(middles))


def test_the_whole_is_what_mediapipe_shows_its_detector():
    assert whole(300, 100) == whole(300, 100)
    assert (whole(300, 100).cx, whole(300, 100).cy, whole(300, 100).side) == (150, 50, 300)


@pytest.mark.parametrize(("given", "along"), [("auto", None), (3, 3), ("4", 4), (Tiles(5), 5)])
def test_names_and_numbers(given, along):
    tiles = Tiles.of(given)
    assert tiles is not None
    assert tiles.along == along
    assert tiles.auto == (along is None)


def test_off_is_none():
    assert Tiles.of("off") is None
    assert Tiles.of(None) is None


def test_fine_levels_have_coarser_ones_above_them():
    assert [Tiles(n).levels() for n in (2, 3, 4, 6, 8)] == [[2], [3], [2, 4], [3, 6], [2, 4, 8]]


@pytest.mark.parametrize("given", [1, 0, -3, 16, "1", "many", 2.5, True, object()])
def test_others_are_refused_in_one_sentence(given):
    with pytest.raises(PosetuneError, match="along the long side"):
        Tiles.of(given)


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf")])
def test_a_budget_is_a_time(budget):
    with pytest.raises(PosetuneError, match="above 0 ms"):
        Tiles.of("auto", budget)


def test_a_budget_goes_with_auto():
    assert Tiles.of("auto", 40) == Tiles(budget_ms=40)
    with pytest.raises(PosetuneError, match='tiles="auto"'):
        Tiles.of(4, 40)
    with pytest.raises(PosetuneError, match="At least one tile"):
        Tiles(most=0)
